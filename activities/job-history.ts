import type { AskedJob } from '../domain/payload/history-interval.ts';
import type { HistoryRun } from '../domain/payload/job-history.ts';

/** Where the runs of jobs in earlier releases are known: OpenShift keeps them in BigQuery; the cluster knows those of its payloads. */
export interface JobHistory {
  /**
   * Reads only, so safe to repeat.
   *
   * @param stream by its name in the release config
   * @param now epoch milliseconds
   * @returns finished runs by job, newest first; an entry for every job
   * @throws Error (retried) where the runs can not be had now
   */
  runsOf(stream: HistoryStream, jobs: readonly AskedJob[], now: number): Promise<Record<string, HistoryRun[]>>;
}

export interface HistoryStream {
  namespace: string;
  stream: string;
}
