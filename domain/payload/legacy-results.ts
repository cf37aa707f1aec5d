import { annotation } from './annotations.ts';
import type { ImageStream, JobRunResult, TagReference, VerificationJobStatus } from './kinds.ts';
import { nameHash } from './prow-job-name.ts';
import type { JobLists } from './run-matching.ts';

/** Payloads of releases that are older than payloads: their results stand in the tag. */
export const legacyDataSource = 'ImageStreamTagAnnotation';

/** What a legacy payload is made from. */
export interface LegacyRelease {
  /** by name of verify entry */
  results: Record<string, LegacyResult>;
  /** an image was imported under the tag, or pushed to it */
  hasImage: boolean;
  /** the tag says that the release could not be built, and why */
  failure?: string;
}

interface LegacyResult {
  state?: string;
  url?: string;
}

const prowPages = 'https://prow.ci.openshift.org/view/gs/test-platform-results/logs';
const stateOf = new Map([
  ['Succeeded', 'Success'],
  ['Failed', 'Failure'],
  ['Pending', 'Pending'],
]);

/**
 * The verification results in a tag's annotation, as release-controller wrote them before there were payloads.
 *
 * @param place `<namespace>/<image stream>:<tag>`, for the messages
 * @returns what is wrong, where it can not be read
 */
export function readLegacyResults({ annotations }: Pick<TagReference, 'annotations'>, place: string): LegacyRelease['results'] | string {
  const text = annotations?.[annotation.verify] ?? '';
  if (text === '') return `unable to determine job status results for imagestreamtag: ${place}`;
  try {
    const value = JSON.parse(text) as LegacyRelease['results'] | null;
    if (typeof value === 'object' && !Array.isArray(value)) return value ?? {};
  } catch {
    // told below
  }
  return `unable to unmarshal VerificationStatusMap for imagestreamtag: ${place}`;
}

/**
 * Records the results under their entries, blocking first, then informing, never upgrades. A result has no name, so one
 * whose state or page changed is another run (openshift/release-controller,
 * pkg/cmd/release-payload-controller/legacy_job_status_controller.go).
 */
export function recordLegacyResults(lists: JobLists, tag: string, { results }: LegacyRelease): JobLists {
  const runs = new Map<VerificationJobStatus, JobRunResult[]>();
  for (const [name, result] of Object.entries(results)) {
    const entry = [...lists.blocking, ...lists.informing].find((candidate) => isNamed(candidate, name, tag));
    if (entry !== undefined) runs.set(entry, [...(runs.get(entry) ?? []), runOf(result)]);
  }
  const record = (entry: VerificationJobStatus) => withRuns(entry, runs.get(entry) ?? []);
  return { blocking: lists.blocking.map(record), informing: lists.informing.map(record), upgrade: lists.upgrade };
}

function isNamed({ ciConfigurationName }: VerificationJobStatus, name: string, tag: string): boolean {
  return ciConfigurationName === name || name.includes(nameHash(`${tag}-${ciConfigurationName}`));
}

function runOf({ state = '', url = '' }: LegacyResult): JobRunResult {
  return { state: stateOf.get(state) ?? 'Unknown', humanProwResultsURL: url.startsWith('/') ? `${prowPages}${url}` : url };
}

function withRuns(entry: VerificationJobStatus, runs: readonly JobRunResult[]): VerificationJobStatus {
  const known = entry.results ?? [];
  const anew = runs.filter((run) => !known.some((one) => one.state === run.state && one.humanProwResultsURL === run.humanProwResultsURL));
  return anew.length === 0 ? entry : { ...entry, results: [...known, ...anew] };
}

/**
 * The override that keeps an old release's verdict, since its jobs are not judged again
 * (cmd/release-controller/legacy_results.go). A tag without a verdict has none.
 */
export function legacyOverride({ annotations }: Pick<TagReference, 'annotations'>): { override: string; reason: string } | undefined {
  const of = (key: string) => annotations?.[key] ?? '';
  const override = { Accepted: 'Accepted', Rejected: 'Rejected', Failed: 'Rejected' }[of(annotation.phase)];
  if (override === undefined) return undefined;
  const [reason, message] = [of(annotation.reason), of(annotation.message)].map((text) => JSON.stringify(text));
  return { override, reason: `LegacyResult(reason=${reason},message=${message})` };
}

/** What a release that is older than its payload left behind in its tag and stream. */
export function legacyRelease(target: ImageStream, tag: TagReference): LegacyRelease {
  const results = readLegacyResults(tag, tag.name);
  const imported = target.status?.tags?.find(({ tag: name }) => name === tag.name)?.items ?? [];
  const failed = tag.annotations?.[annotation.phase] === 'Failed';
  return {
    results: typeof results === 'string' ? {} : results,
    hasImage: imported.length > 0 || (tag.reference === true && tag.from?.kind === 'DockerImage'),
    ...(failed && { failure: tag.annotations?.[annotation.message] || 'Release creation Job failed' }),
  };
}

/** What becomes of a tag in the migration: only releases with a verdict are migrated, others are driven as they are. */
export function legacyFate(tag: TagReference): 'migrate' | 'alias' | 'unfinished' {
  if (tag.from?.kind === 'ImageStreamTag') return 'alias';
  return legacyOverride(tag) === undefined ? 'unfinished' : 'migrate';
}
