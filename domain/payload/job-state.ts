import type { AggregateState, JobRunResult, VerificationJobStatus } from './kinds.ts';

/**
 * The state of one verification job and of a set of them.
 *
 * The rules are OpenShift's (openshift/release-controller, pkg/cmd/release-payload-controller/job_state_controller.go
 * and pkg/releasepayload/jobstatus/helpers.go): one success settles an ordinary job, whatever else its runs did.
 */

export type RunClass = 'pending' | 'success' | 'failed' | 'undetermined';

const classOfState = new Map<string, RunClass>([
  ['Pending', 'pending'],
  ['Triggered', 'pending'],
  ['Scheduling', 'pending'],
  ['Success', 'success'],
  ['Failure', 'failed'],
  ['Aborted', 'failed'],
  ['Error', 'failed'],
]);

/** What a run's recorded state means for its job; a state that nobody knows decides nothing. */
export function classOfRun(run: JobRunResult): RunClass {
  return classOfState.get(run.state ?? '') ?? 'undetermined';
}

/** Whether a run has reached its end: it will not be started again. */
export function isFinished(run: JobRunResult): boolean {
  const runClass = classOfRun(run);
  return runClass === 'success' || runClass === 'failed';
}

/** How many runs there are of each class. */
export function countRuns(runs: readonly JobRunResult[]): Record<RunClass, number> {
  const counts = { pending: 0, success: 0, failed: 0, undetermined: 0 };
  for (const run of runs) counts[classOfRun(run)] += 1;
  return counts;
}

/** The aggregate state of one job from its recorded runs. */
export function jobState(job: VerificationJobStatus): AggregateState {
  const runs = job.results ?? [];
  if (runs.length === 0) return 'Unknown';
  const analysisCount = job.analysisJobCount ?? 0;
  return analysisCount > 0 ? analysisState(runs, analysisCount) : attemptsState(runs, job.maxRetries ?? 0);
}

/** Statistical jobs: three in five must succeed, measured against the configured count, not against the runs there are. */
function analysisState(runs: readonly JobRunResult[], count: number): AggregateState {
  if (runs.length < count) return 'Unknown';
  const { success, pending } = countRuns(runs);
  if (success * 5 >= count * 3) return 'Success';
  return pending > 0 ? 'Pending' : 'Failure';
}

/** A failed job stays pending while it has attempts left. */
function attemptsState(runs: readonly JobRunResult[], maxRetries: number): AggregateState {
  const { success, pending, failed } = countRuns(runs);
  if (success > 0) return 'Success';
  if (pending > 0) return 'Pending';
  if (failed === 0) return 'Unknown';
  return runs.length < maxRetries + 1 ? 'Pending' : 'Failure';
}

/**
 * The state of a set of jobs, in any order. There is no failing fast: a job that is pending or undecided outranks
 * one that failed. The empty set is `Unknown`.
 */
export function aggregateState(jobs: readonly VerificationJobStatus[]): AggregateState {
  const states = jobs.map((job) => job.state ?? '');
  if (states.includes('Pending')) return 'Pending';
  if (states.length === 0 || states.some((state) => state !== 'Success' && state !== 'Failure')) return 'Unknown';
  return states.includes('Failure') ? 'Failure' : 'Success';
}
