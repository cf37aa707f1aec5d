import { type Decoder, flag, integer, list, mapOf, type Misfit, optional, struct, text, topOfDocument } from './go-json.ts';
import type { Escalation, JiraNotification, Qualifier, Qualifiers } from './qualifier.ts';

const escalation = struct<Escalation>({
  name: optional(text),
  failures: optional(integer),
  overLastRuns: optional(integer),
  passPercentage: optional(integer),
  overPeriod: optional(text),
  priority: optional(text),
  mentions: optional(list(text)),
  needsInfo: optional(list(text)),
});

const jira = struct<JiraNotification>({
  project: optional(text),
  component: optional(text),
  assignee: optional(text),
  summary: optional(text),
  description: optional(text),
  thread: optional(text),
  escalations: optional(list(escalation)),
});

/** A qualifier as it stands in a release config or in the general configuration. */
export const qualifierDecoder: Decoder<Qualifier> = struct<Qualifier>({
  enabled: optional(flag),
  approval: optional(flag),
  badgeName: optional(text),
  summary: optional(text),
  description: optional(text),
  payloadBadgeStatus: optional(text),
  failureLabels: optional(list(text)),
  notifications: optional(struct<NonNullable<Qualifier['notifications']>>({ jira: optional(jira) })),
});

const file = struct<{ qualifiers: Record<string, Qualifier> }>({ qualifiers: mapOf(qualifierDecoder) });

/**
 * The general configuration of qualifiers, `{ qualifiers: { <id>: … } }`, read strictly.
 *
 * @param document the parsed YAML; an empty one has no qualifiers
 */
export function readQualifiers(document: unknown): { qualifiers: Qualifiers; problems: Misfit[] } {
  const place = topOfDocument();
  const { qualifiers } = (document === null || document === undefined ? file.zero() : file.read(document, place)) ?? { qualifiers: {} };
  return { qualifiers, problems: [...place.problems, ...place.unknown] };
}
