import type { HistoryRun } from '../domain/payload/job-history.ts';

/** Where the runs of jobs in earlier releases are known. OpenShift keeps them in BigQuery; the cluster knows those of its payloads. */
export interface JobHistory {
  /**
   * @param stream name in the release config
   * @param since epoch milliseconds
   * @returns finished runs by job, newest first; an entry for every job
   */
  runsOf(namespace: string, stream: string, jobs: readonly string[], since: number): Promise<Record<string, HistoryRun[]>>;
}
