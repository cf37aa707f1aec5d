import type { Escalation, JiraNotification, Qualifier, Qualifiers } from './qualifier.ts';

/**
 * The general configuration of a qualifier with a job's override laid over it: texts that are not empty, flags and label
 * lists that are given replace, and escalations of the same name are replaced whole
 * (openshift/release-controller, pkg/releasequalifiers/merge.go).
 */
export function mergeQualifier(general: Qualifier, override: Qualifier): Qualifier {
  const { notifications: before, ...base } = general;
  const { notifications: after, ...over } = override;
  const jira = mergeJira(before?.jira, after?.jira);
  const notifications = before ?? after;
  return {
    ...base,
    ...given(over),
    ...(notifications === undefined ? {} : { notifications: jira === undefined ? {} : { jira } }),
  };
}

/** Qualifiers that a job names, merged; an id that the general configuration does not have counts for nothing. */
export function mergeQualifiers(general: Qualifiers, overrides: Qualifiers): Record<string, Qualifier> {
  const known = Object.entries(overrides).filter(([id]) => Object.hasOwn(general, id));
  return Object.fromEntries(known.map(([id, override]) => [id, mergeQualifier(general[id] ?? {}, override)]));
}

function mergeJira(general: JiraNotification | undefined, override: JiraNotification | undefined): JiraNotification | undefined {
  if (override === undefined) return general;
  const { escalations, ...texts } = override;
  const merged = mergeEscalations(general?.escalations ?? [], escalations ?? []);
  return { ...general, ...given(texts), ...(merged.length > 0 ? { escalations: merged } : {}) };
}

function mergeEscalations(general: readonly Escalation[], overrides: readonly Escalation[]): Escalation[] {
  const byName = new Map([...general, ...overrides].map((escalation) => [escalation.name ?? '', escalation]));
  return [...byName].toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, escalation]) => escalation);
}

/** Without empty texts, which say nothing. */
function given<T extends object>(override: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(override).filter(([, value]) => value !== '' && value !== undefined && value !== null),
  ) as Partial<T>;
}
