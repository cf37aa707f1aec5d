import { classOfRun } from './job-state.ts';
import type { JobRunResult, ReleasePayload, VerificationJobStatus } from './kinds.ts';
import { hadNothingToRun } from './run-results.ts';

/** How one verify entry stands, as the release-controller's API and its retry rule see it. Empty values are absent. */
export interface VerificationStatus {
  state: 'Succeeded' | 'Failed' | 'Pending';
  /** of the first successful run, else of the one that started last; may be empty */
  url: string;
  /** attempts after the first */
  retries?: number;
  /** of all other runs, by start */
  previousAttemptURLs?: string[];
  /** RFC 3339; when the run that started last ended */
  transitionTime?: string;
}

/**
 * Status by name of verify entry. Where a name stands for an informing and a blocking job (an aggregated entry), the
 * blocking one speaks; upgrade jobs are not in it (openshift/release-controller, pkg/releasepayload/utils.go).
 */
export function verificationStatuses({ status }: ReleasePayload): Record<string, VerificationStatus> {
  const jobs = [...(status?.informingJobResults ?? []), ...(status?.blockingJobResults ?? [])];
  return Object.fromEntries(jobs.map((job) => [job.ciConfigurationName, verificationStatus(job)]));
}

/** The status of one job. */
export function verificationStatus(job: VerificationJobStatus): VerificationStatus {
  const runs = job.results ?? [];
  const byStart = runs.toSorted((a, b) => startOf(a) - startOf(b));
  const latest = byStart.at(-1);
  const chosen = runs.find(({ state }) => state === 'Success') ?? latest;
  const retries = retriesOf(runs.length, job.maxRetries ?? 0);
  const others = byStart
    .filter((run) => run !== chosen)
    .map(urlOf)
    .filter((url) => url !== '');
  return {
    state: stateOf(job, runs, chosen),
    url: chosen === undefined ? '' : urlOf(chosen),
    ...(retries > 0 && { retries }),
    ...(others.length > 0 && { previousAttemptURLs: others }),
    ...(latest?.completionTime && { transitionTime: latest.completionTime }),
  };
}

/**
 * A success without a page to show is not yet believed, unless there was nothing to run; a pending job whose runs have
 * all failed reads as failed, which is what asks for its next attempt.
 */
function stateOf(job: VerificationJobStatus, runs: readonly JobRunResult[], chosen: JobRunResult | undefined): VerificationStatus['state'] {
  if (job.state === 'Failure') return 'Failed';
  if (job.state === 'Success' || job.state === 'Unknown') {
    const shown = chosen !== undefined && (urlOf(chosen) !== '' || hadNothingToRun(chosen));
    return shown ? 'Succeeded' : 'Pending';
  }
  const allFailed = (job.maxRetries ?? 0) > 0 && runs.length > 0 && runs.every((run) => classOfRun(run) === 'failed');
  return allFailed ? 'Failed' : 'Pending';
}

function retriesOf(runs: number, maxRetries: number): number {
  return Math.max(0, Math.min(runs - 1, maxRetries));
}

function urlOf({ humanProwResultsURL }: JobRunResult): string {
  return humanProwResultsURL ?? '';
}

function startOf({ startTime }: JobRunResult): number {
  return startTime ? Date.parse(startTime) : 0;
}
