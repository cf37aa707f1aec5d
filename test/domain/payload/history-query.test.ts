import { expect, it } from 'vitest';
import { type AskedJob, intervalMs } from '../../../domain/payload/history-interval.ts';
import { historyKey, historyOf, historyQuery, type HistoryRow } from '../../../domain/payload/history-query.ts';

const project = 'openshift-ci';
const since = (interval: string) => `prowjob_start >= DATETIME_SUB(CURRENT_DATETIME(), INTERVAL ${interval})`;
const usual = `(prowjob_job_name IN UNNEST(@default_jobs) AND ${since('14 DAY')})`;

it('audit 60: without jobs there is no query', () => {
  expect(historyQuery(project, [])).toBeUndefined();
});

it('asks one table for verification runs that have ended, job by job, newest first', () => {
  expect(historyQuery(project, [{ job: 'aws' }])?.sql.split('\n')).toEqual([
    'SELECT release_verify_tag, prowjob_job_name, prowjob_state, prowjob_url, prowjob_start, prowjob_completion',
    'FROM `openshift-ci.ci_analysis_us.jobs`',
    "WHERE manager = 'release-controller'",
    'AND is_release_verify = TRUE',
    'AND prowjob_completion IS NOT NULL',
    `AND (${usual})`,
    'ORDER BY prowjob_job_name, prowjob_completion DESC',
  ]);
});

it.each<[string, AskedJob[], string, Record<string, unknown>]>([
  ['audit 61: jobs without an interval share a parameter', [{ job: 'aws' }, { job: 'gcp' }], usual, { default_jobs: ['aws', 'gcp'] }],
  [
    'audit 62: jobs with an interval have a condition each',
    [
      { job: 'aws', interval: '2 DAY' },
      { job: 'gcp', interval: '7 DAY' },
    ],
    `(prowjob_job_name = @filtered_name_0 AND ${since('2 DAY')}) OR (prowjob_job_name = @filtered_name_1 AND ${since('7 DAY')})`,
    { filtered_name_0: 'aws', filtered_name_1: 'gcp' },
  ],
  [
    'audit 63: jobs of both kinds are asked for together',
    [{ job: 'aws' }, { job: 'metal', interval: '36 HOUR' }, { job: 'gcp' }],
    `${usual} OR (prowjob_job_name = @filtered_name_0 AND ${since('36 HOUR')})`,
    { default_jobs: ['aws', 'gcp'], filtered_name_0: 'metal' },
  ],
])('%s', (_name, jobs, conditions, parameters) => {
  const query = historyQuery(project, jobs);
  expect(query?.sql).toContain(`\nAND (${conditions})\n`);
  expect(query?.parameters).toEqual(parameters);
});

it.each(['1 DAY; DROP TABLE jobs--', '1 WEEK', '-1 DAY', 'DAY', '', '1 DAY\n', '1  DAY'])('audit 64: %j is no interval', (interval) => {
  expect(() => historyQuery(project, [{ job: 'aws', interval }])).toThrow(`invalid SQL interval "${interval}" for job "aws"`);
  expect(() => intervalMs({ job: 'aws', interval })).toThrow('invalid SQL interval');
});

it('audit 69: the same jobs in another order are the same question, with another interval they are not', () => {
  const [aws, gcp, metal] = [{ job: 'aws' }, { job: 'gcp' }, { job: 'metal', interval: '2 DAY' }];
  expect(historyKey([metal, gcp, aws])).toBe('aws,gcp|metal=2 DAY');
  expect(historyKey([aws, metal, gcp])).toBe(historyKey([metal, gcp, aws]));
  expect(historyKey([{ job: 'aws', interval: '2 DAY' }])).not.toBe(historyKey([aws]));
  expect(historyKey([])).toBe('|');
});

it('audit 32: a row that lacks job, result or end, or whose run goes on, tells nothing; the others count', () => {
  const row = (state: string | null, completion: string | null, job: string | null = 'aws'): HistoryRow => ({
    prowjob_job_name: job,
    prowjob_state: state,
    prowjob_completion: completion,
  });
  const rows = [
    row('success', '2025-06-01T10:00:00.5'),
    row('failure', '2025-06-01 09:00:00'),
    row('aborted', '2025-06-01T08:00:00'),
    row('pending', '2025-06-01T07:00:00'),
    row('success', null),
    row(null, '2025-06-01T07:00:00'),
    row('success', '2025-06-01T07:00:00', null),
    row('success', '2025-06-01T07:00:00', 'other'),
    row('error', 'yesterday'),
  ];
  expect(historyOf(rows, [{ job: 'aws' }, { job: 'none' }])).toEqual({
    aws: [
      { succeeded: true, completedAt: '2025-06-01T10:00:00.5Z' },
      { succeeded: false, completedAt: '2025-06-01T09:00:00Z' },
      { succeeded: false, completedAt: '2025-06-01T08:00:00Z' },
    ],
    none: [],
  });
});
