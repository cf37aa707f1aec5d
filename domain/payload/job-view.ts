import { seededLists } from './job-lists.ts';
import { countRuns } from './job-state.ts';
import type { JobRunResult, ReleasePayload, VerificationJobStatus } from './kinds.ts';
import type { JobCounts, JobKind, JobView, ReleaseSummary, RunView } from './release-view.ts';
import { retryDelay } from './retry-backoff.ts';
import { hadNothingToRun } from './run-results.ts';
import { rfc3339 } from './tag-name.ts';
import { verificationStatus } from './verification-status.ts';

const nothingToRun = 'nothing to upgrade from: counted as succeeded';

/** All jobs of a payload: blocking, informing, then upgrade jobs; those that nothing is recorded of yet are pending. */
export function jobViews(payload: ReleasePayload): JobView[] {
  const { blocking, informing, upgrade } = seededLists(payload);
  return [
    ...blocking.map((job) => jobView(job, 'blocking')),
    ...informing.map((job) => jobView(job, 'informing')),
    ...upgrade.map((job) => jobView(job, 'upgrade')),
  ];
}

function jobView(job: VerificationJobStatus, kind: JobKind): JobView {
  const { state, url, retries = 0 } = verificationStatus(job);
  const runs = job.results ?? [];
  const analysisRuns = job.analysisJobCount ?? 0;
  return {
    name: job.ciConfigurationName,
    job: job.ciConfigurationJobName,
    kind,
    // a job whose runs have all failed reads as failed to release-controller's clients; it may have attempts left
    state: state === 'Failed' && job.state === 'Pending' ? 'Pending' : state,
    retries,
    maxRetries: job.maxRetries ?? 0,
    ...(analysisRuns > 0 && { analysisRuns }),
    url,
    runs: runs.map(runView).toSorted((a, b) => compareText(a.started ?? '', b.started ?? '') || compareText(a.name, b.name)),
    ...(runs.some(hadNothingToRun) && { note: nothingToRun }),
  };
}

function runView(run: JobRunResult): RunView {
  return {
    name: run.coordinates?.name ?? '',
    state: run.state ?? 'Unknown',
    url: run.humanProwResultsURL ?? '',
    ...(run.startTime && { started: run.startTime }),
    ...(run.completionTime && { completed: run.completionTime }),
  };
}

export function summarize(jobs: readonly JobView[]): ReleaseSummary {
  const of = (kind: JobKind) => counts(jobs.filter((job) => job.kind === kind));
  return { all: counts(jobs), blocking: of('blocking'), informing: of('informing'), upgrade: of('upgrade') };
}

function counts(jobs: readonly JobView[]): JobCounts {
  const inState = (state: JobView['state']) => jobs.filter((job) => job.state === state).length;
  return { total: jobs.length, succeeded: inState('Succeeded'), failed: inState('Failed'), pending: inState('Pending') };
}

/** `aws (periodic-aws)`; the job alone where both are the same. */
export function nameOfJob({ name, job }: JobView): string {
  return name === job ? name : `${name} (${job})`;
}

/**
 * How one job stands, as the predicate of a sentence about it.
 *
 * @param now epoch milliseconds
 */
export function standingOf(job: JobView, now: number): string {
  if (job.note !== undefined) return job.note;
  if (job.state === 'Succeeded') return 'succeeded';
  if (job.analysisRuns !== undefined) return analysisStanding(job, job.analysisRuns);
  const attempts = job.maxRetries + 1;
  const latest = job.runs.at(-1);
  if (latest === undefined) return 'has not started';
  if (job.state === 'Failed') return `failed${job.runs.length > 1 ? ` in all ${job.runs.length} attempts` : ''}${link(job.url)}`;
  const attempt = attempts > 1 ? `, attempt ${job.runs.length} of ${attempts}` : '';
  if (latest.completed === undefined) return `is running${attempt}${link(latest.url)}`;
  return job.runs.length < attempts ? retryStanding(job, latest, now) : `has not shown its result yet${link(latest.url)}`;
}

function analysisStanding({ runs, state, url }: JobView, wanted: number): string {
  const { success, failed } = countRuns(runs);
  const sample = `${success} of its ${wanted} runs succeeded, ${failed} failed`;
  return state === 'Failed' ? `failed: ${sample}${link(url)}` : `is running: ${sample} so far`;
}

function retryStanding(job: JobView, latest: JobView['runs'][number], now: number): string {
  const retry = job.runs.length;
  const delay = retryDelay(retry, latest.completed === undefined ? undefined : Date.parse(latest.completed), now);
  const when = delay === 0 ? 'starts now' : `starts at ${rfc3339(now + delay)}`;
  return `failed${link(latest.url)}; attempt ${retry + 1} of ${job.maxRetries + 1} ${when}`;
}

function link(url: string): string {
  return url === '' ? '' : `: ${url}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
