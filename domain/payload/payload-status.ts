import { rulings, writeConditions } from './conditions.ts';
import { creationResult, mirrorResult } from './creation-result.ts';
import { seededLists, sortedJobs } from './job-lists.ts';
import { jobState } from './job-state.ts';
import type { Job, ReleasePayload, ReleasePayloadStatus, VerificationJobStatus } from './kinds.ts';
import { legacyDataSource, type LegacyRelease, recordLegacyResults } from './legacy-results.ts';
import { recordOverdue } from './overdue-runs.ts';
import type { Qualifiers } from './qualifier.ts';
import { qualifiersSummary } from './qualifiers-summary.ts';
import { type JobLists, mapEntries } from './run-matching.ts';
import { recordRuns, type RunFacts } from './run-results.ts';
import { isMirrorPending, judge } from './verdict.ts';

/** What the cluster says about one payload now. */
export interface PayloadFacts extends RunFacts {
  /** the Job that builds the release; null when it was looked for and is not there */
  creationJob: Job | null;
  /** newest termination message of a failed build container */
  creationFailure?: string;
  /** the Job that copies the release to an alternate repository */
  mirrorJob: Job | null;
  /** why no mirror Job can be made: the mirror counts as failed */
  mirrorFailure?: string;
  /** ProwJob names of runs past their deadline: recorded as errors where they have not ended */
  overdue: readonly string[];
  /** names of verify entries that nothing waits for */
  asyncEntries: readonly string[];
  /** of a payload whose results stand in its tag */
  legacy?: LegacyRelease;
  /** the general configuration of qualifiers; without one the summary stays as it is stored */
  qualifiers?: Qualifiers;
  /** names of upgrade entries that will have a run, so that one without is still to come */
  expectedUpgrades?: readonly string[];
}

/**
 * The status that a payload should have: every fact recorded, every condition derived, in stored order.
 *
 * This one function replaces the status controllers of openshift/release-controller
 * (pkg/cmd/release-payload-controller). Applied to its own answer with the same facts it changes nothing
 * (`sameStatus`), also not with a later `now`. Fields we do not know pass through.
 */
export function reconcileStatus(payload: ReleasePayload, facts: PayloadFacts): ReleasePayloadStatus {
  const stored = payload.status ?? {};
  const creation = creationResult(payload, facts.creationJob, facts.creationFailure, facts.legacy);
  const mirror = mirrorResult(payload, facts.mirrorJob, facts.mirrorFailure);
  const lists = currentLists(payload, facts);
  const verdict = judge({
    creation,
    mirrorPending: isMirrorPending(mirrorJobName(payload), mirror, stored.conditions ?? []),
    ...(payload.spec.payloadOverride && { override: payload.spec.payloadOverride }),
    blocking: lists.blocking,
    awaited: awaitedJobs(lists, facts),
  });

  const { qualifiersSummary: storedSummary, ...rest } = stored;
  return {
    ...rest,
    conditions: writeConditions(stored.conditions ?? [], rulings(creation, mirror, verdict), facts.now),
    releaseCreationJobResult: creation,
    ...keep('releaseMirrorJobResult', mirror),
    ...keep('blockingJobResults', filled(lists.blocking)),
    ...keep('informingJobResults', filled(lists.informing)),
    ...keep('upgradeJobResults', filled(lists.upgrade)),
    ...keep('qualifiersSummary', facts.qualifiers ? qualifiersSummary(payload, facts.qualifiers, lists) : storedSummary),
  };
}

function mirrorJobName({ spec }: ReleasePayload): string | undefined {
  return spec.payloadCreationConfig?.releaseMirrorCoordinates?.releaseMirrorJobName;
}

/** Runs are read from ProwJobs only where the payload says so; those of a legacy payload are read from its tag. */
function currentLists(payload: ReleasePayload, facts: PayloadFacts): JobLists {
  const seeded = seededLists(payload);
  const lists = recordedFrom(payload.spec.payloadVerificationConfig?.payloadVerificationDataSource, seeded, payload, facts);
  const withState = mapEntries(lists, (job) => ({ ...job, state: jobState(job) }));
  return {
    blocking: sortedJobs(withState.blocking),
    informing: sortedJobs(withState.informing),
    upgrade: sortedJobs(withState.upgrade),
  };
}

function recordedFrom(dataSource: string | undefined, seeded: JobLists, payload: ReleasePayload, facts: PayloadFacts): JobLists {
  if (dataSource === 'BuildFarmLookup') return recordAll(seeded, payload, facts);
  const fromTag = dataSource === legacyDataSource ? facts.legacy : undefined;
  return fromTag === undefined ? seeded : recordLegacyResults(seeded, payload.metadata.name, fromTag);
}

function recordAll(lists: JobLists, { metadata, spec }: ReleasePayload, facts: PayloadFacts): JobLists {
  const namespace = spec.payloadCreationConfig?.prowCoordinates?.namespace ?? '';
  const recorded = recordRuns(lists, metadata.name, namespace, facts);
  return recordOverdue(recorded, metadata.name, namespace, facts.overdue, facts.now);
}

/** The jobs that a payload without blocking jobs waits for: no asynchronous ones, and no upgrades that nobody starts. */
function awaitedJobs({ informing, upgrade }: JobLists, facts: PayloadFacts): VerificationJobStatus[] {
  const { asyncEntries, expectedUpgrades = [] } = facts;
  return [
    ...informing.filter(({ ciConfigurationName }) => !asyncEntries.includes(ciConfigurationName)),
    ...upgrade.filter(({ ciConfigurationName, results }) => expectedUpgrades.includes(ciConfigurationName) || (results ?? []).length > 0),
  ];
}

/** An empty list is left as it is stored: absent, null or empty. */
function filled<T>(list: readonly T[]): T[] | undefined {
  return list.length === 0 ? undefined : [...list];
}

function keep<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}

/** Whether two statuses say the same, so that no write is needed. A field that is absent, undefined or null is one and the same. */
export function sameStatus(a: ReleasePayloadStatus | undefined, b: ReleasePayloadStatus | undefined): boolean {
  return isSame(a ?? {}, b ?? {});
}

function isSame(a: unknown, b: unknown): boolean {
  if ((a ?? null) === (b ?? null)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return false;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => isSame(left[key], right[key]));
}
