import { type EntryRuns, entryRuns } from './entry-runs.ts';
import { isFinished } from './job-state.ts';
import type { JobRunResult, ReleasePayload, VerificationJobStatus } from './kinds.ts';
import { legacyDataSource } from './legacy-results.ts';
import { retryDelay } from './retry-backoff.ts';
import { verificationStatus } from './verification-status.ts';
import type { VerificationRun } from './verification-run.ts';

export interface VerificationPlanInput {
  /** in phase Ready, its status reconciled */
  payload: ReleasePayload;
  /** names of the ProwJobs that exist now */
  existing: ReadonlySet<string>;
  /** epoch milliseconds */
  now: number;
}

export interface VerificationPlan {
  /** sorted by entry; analysis runs before their aggregator */
  start: VerificationRun[];
  /** RFC 3339; when the first entry's back-off ends */
  retryAt?: string;
  /** entries whose next attempt has to wait, and until when (RFC 3339) */
  waitingForRetry: { verify: string; at: string }[];
}

/**
 * Decides which verification runs to start now.
 *
 * The order of attempts and their delays are OpenShift's (openshift/release-controller,
 * cmd/release-controller/sync_verify.go). The entries are those of the payload's spec. A run whose ProwJob was deleted
 * before it ended is started again under its name; one that ended, or still exists, never is. Where results are not
 * read from ProwJobs, none is started.
 */
export function planVerification({ payload, existing, now }: VerificationPlanInput): VerificationPlan {
  if (payload.spec.payloadVerificationConfig?.payloadVerificationDataSource === legacyDataSource) return { start: [], waitingForRetry: [] };
  const steps = entryRuns(payload).map((entry) => nextOf(entry, recordedOf(payload, entry), existing, now));
  const waitingForRetry = steps.flatMap(({ waiting }) => waiting ?? []);
  const retryAt = waitingForRetry.map(({ at }) => at).toSorted()[0];
  return { start: steps.flatMap(({ start }) => start), ...(retryAt !== undefined && { retryAt }), waitingForRetry };
}

interface Step {
  start: VerificationRun[];
  waiting?: { verify: string; at: string };
}

/** What the payload's status says about an entry: of its attempts, and of its analysis runs. */
interface Recorded {
  job: VerificationJobStatus;
  finished: ReadonlySet<string>;
}

function recordedOf({ status }: ReleasePayload, { verify, list }: EntryRuns): Recorded {
  const named = (jobs: VerificationJobStatus[] | null | undefined) =>
    jobs?.find(({ ciConfigurationName }) => ciConfigurationName === verify);
  const [blocking, informing] = [named(status?.blockingJobResults), named(status?.informingJobResults)];
  const runs = [...(blocking?.results ?? []), ...(informing?.results ?? [])];
  const job = (list === 'blocking' ? blocking : informing) ?? { ciConfigurationName: verify, ciConfigurationJobName: '' };
  return { job, finished: new Set(runs.filter(isFinished).flatMap(nameOf)) };
}

function nameOf({ coordinates }: JobRunResult): string[] {
  return coordinates?.name === undefined ? [] : [coordinates.name];
}

function nextOf(entry: EntryRuns, recorded: Recorded, existing: ReadonlySet<string>, now: number): Step {
  const isFree = ({ name }: VerificationRun) => !existing.has(name) && !recorded.finished.has(name);
  const { state, retries = 0, transitionTime } = verificationStatus(recorded.job);
  if (entry.attempts.length === 0) return { start: entry.analysis.filter(isFree) };
  if (state === 'Succeeded') return { start: [] };
  if (state === 'Pending') return { start: unfinishedRuns(entry, recorded).filter(isFree) };

  const next = entry.attempts.find(({ name }) => !recorded.finished.has(name));
  if (next === undefined || retries + 1 > entry.maxRetries || !isFree(next)) return { start: [] };
  const delay = retryDelay(retries + 1, transitionTime === undefined ? undefined : Date.parse(transitionTime), now);
  if (delay === 0) return { start: [next] };
  return { start: [], waiting: { verify: entry.verify, at: new Date(now + delay).toISOString() } };
}

/**
 * The runs that should exist while an entry is undecided: its present attempt (the first, or those recorded and not
 * ended) and, until an aggregator has ended once, the runs that it judges. A retry runs the aggregator alone.
 */
function unfinishedRuns(entry: EntryRuns, { job, finished }: Recorded): VerificationRun[] {
  const recorded = new Set((job.results ?? []).flatMap(nameOf));
  const started = entry.attempts.filter(({ name }) => recorded.has(name));
  const present = recorded.size === 0 ? entry.attempts.slice(0, 1) : started;
  const judgedBefore = entry.attempts.some(({ name }) => finished.has(name));
  return [...(judgedBefore ? [] : entry.analysis), ...present];
}
