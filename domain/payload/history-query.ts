import { type AskedJob, checkedInterval } from './history-interval.ts';
import type { HistoryRun } from './job-history.ts';

/** A query of BigQuery, in its standard SQL, with its named parameters. */
export interface HistoryQuery {
  sql: string;
  parameters: Record<string, string | string[]>;
}

const columns = ['release_verify_tag', 'prowjob_job_name', 'prowjob_state', 'prowjob_url', 'prowjob_start', 'prowjob_completion'];

/**
 * Asks the table in which OpenShift's CI keeps the runs of its jobs (openshift/release-controller, pkg/bigquery/prowjobs.go) for
 * those that verified a release and have ended: of all streams, in whatever namespace. Jobs with an interval of their own
 * have a condition each.
 *
 * @param project of Google's cloud, which holds the table
 * @returns undefined where there is nothing to ask
 * @throws Error for an interval that is none
 */
export function historyQuery(project: string, jobs: readonly AskedJob[]): HistoryQuery | undefined {
  if (jobs.length === 0) return undefined;
  const usual = jobs.filter(({ interval }) => interval === undefined).map(({ job }) => job);
  const special = jobs.filter(({ interval }) => interval !== undefined);
  const conditions = [
    ...(usual.length === 0 ? [] : [condition('IN UNNEST(@default_jobs)', { job: '' })]),
    ...special.map((asked, index) => condition(`= @filtered_name_${index}`, asked)),
  ];
  return {
    sql: [
      `SELECT ${columns.join(', ')}`,
      `FROM \`${project}.ci_analysis_us.jobs\``,
      `WHERE manager = 'release-controller'`,
      'AND is_release_verify = TRUE',
      // A run that goes on has no result yet. Upstream counts it as failed.
      'AND prowjob_completion IS NOT NULL',
      `AND (${conditions.join(' OR ')})`,
      'ORDER BY prowjob_job_name, prowjob_completion DESC',
    ].join('\n'),
    parameters: {
      ...(usual.length === 0 ? {} : { default_jobs: usual }),
      ...Object.fromEntries(special.map(({ job }, index) => [`filtered_name_${index}`, job])),
    },
  };
}

function condition(isAsked: string, asked: AskedJob): string {
  const since = `DATETIME_SUB(CURRENT_DATETIME(), INTERVAL ${checkedInterval(asked)})`;
  return `(prowjob_job_name ${isAsked} AND prowjob_start >= ${since})`;
}

/** The same for the same jobs, in whatever order they are asked for. */
export function historyKey(jobs: readonly AskedJob[]): string {
  const usual = jobs.filter(({ interval }) => interval === undefined).map(({ job }) => job);
  const special = jobs.flatMap(({ job, interval }) => (interval === undefined ? [] : `${job}=${interval}`));
  return `${usual.toSorted().join(',')}|${special.toSorted().join(',')}`;
}

/** A row of the answer. Any column may be NULL. */
export interface HistoryRow {
  prowjob_job_name: string | null;
  prowjob_state: string | null;
  /** without a zone; UTC is meant */
  prowjob_completion: string | null;
}

const endStates = new Set(['success', 'failure', 'error', 'aborted']);

/**
 * The runs that the rows tell of, in their order. A row without job, end or result tells nothing.
 *
 * @returns an entry for every job, also one without runs
 */
export function historyOf(rows: readonly HistoryRow[], jobs: readonly AskedJob[]): Record<string, HistoryRun[]> {
  const histories = new Map<string, HistoryRun[]>(jobs.map(({ job }) => [job, []]));
  for (const { prowjob_job_name: job, prowjob_state: state, prowjob_completion: completion } of rows) {
    const completedAt = `${(completion ?? '').replace(' ', 'T')}Z`;
    if (job === null || state === null || !endStates.has(state) || Number.isNaN(Date.parse(completedAt))) continue;
    histories.get(job)?.push({ succeeded: state === 'success', completedAt });
  }
  return Object.fromEntries(histories);
}
