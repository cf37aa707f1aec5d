import { type AskedJob, intervalMs } from './history-interval.ts';
import { isFinished } from './job-state.ts';
import type { ReleasePayload } from './kinds.ts';
import { hadNothingToRun } from './run-results.ts';

/** One run of a job that has ended. */
export interface HistoryRun {
  succeeded: boolean;
  /** RFC 3339 */
  completedAt: string;
}

/**
 * The finished runs of some jobs, newest first, from what payloads say about them. A run that still goes on, or that had
 * nothing to test, tells nothing about its job.
 *
 * @param now epoch milliseconds
 * @returns an entry for every job, also one without runs
 */
export function jobHistory(payloads: readonly ReleasePayload[], jobs: readonly AskedJob[], now: number): Record<string, HistoryRun[]> {
  const histories = new Map(jobs.map((asked) => [asked.job, { since: now - intervalMs(asked), runs: [] as HistoryRun[] }]));
  for (const { status } of payloads)
    for (const entry of [...(status?.blockingJobResults ?? []), ...(status?.informingJobResults ?? [])]) {
      const history = histories.get(entry.ciConfigurationJobName);
      if (history === undefined) continue;
      for (const run of entry.results ?? []) {
        const { completionTime } = run;
        const counts = completionTime && isFinished(run) && !hadNothingToRun(run) && Date.parse(completionTime) >= history.since;
        if (counts) history.runs.push({ succeeded: run.state === 'Success', completedAt: completionTime });
      }
    }
  const newestFirst = (a: HistoryRun, b: HistoryRun) => Date.parse(b.completedAt) - Date.parse(a.completedAt);
  return Object.fromEntries([...histories].map(([job, { runs }]) => [job, runs.toSorted(newestFirst)]));
}

/** Names of jobs of which a run has ended between two states of a payload. */
export function endedJobs(before: ReleasePayload, after: Pick<ReleasePayload, 'status'>): string[] {
  const ended = ({ status }: Pick<ReleasePayload, 'status'>) =>
    [...(status?.blockingJobResults ?? []), ...(status?.informingJobResults ?? [])].flatMap(({ ciConfigurationJobName: job, results }) =>
      (results ?? []).filter((run) => isFinished(run)).map((run) => ({ job, key: `${job} ${run.coordinates?.name} ${run.state}` })),
    );
  const known = new Set(ended(before).map(({ key }) => key));
  return [...new Set(ended(after).flatMap(({ job, key }) => (known.has(key) ? [] : [job])))].toSorted();
}
