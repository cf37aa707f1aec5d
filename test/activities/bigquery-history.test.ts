import { describe, expect, onTestFinished, test } from 'vitest';
import { bigQueryHistory, type BigQueryOptions } from '../../activities/bigquery-history.ts';
import { playBigQuery, type BigQueryRules } from '../../infra/sandbox/bigquery/bigquery.ts';
import type { JobRow } from '../../infra/sandbox/bigquery/query.ts';

const projectId = 'openshift-ci';
const stream = { namespace: 'ocp', stream: '4.20' };
const now = new Date('2025-06-15T00:00:00Z');

const run = (
  prowjob_job_name: string | null,
  prowjob_state: string | null,
  completion: string | null,
  other: Partial<JobRow> = {},
): JobRow => ({
  manager: 'release-controller',
  is_release_verify: true,
  release_verify_tag: null,
  prowjob_job_name,
  prowjob_state,
  prowjob_url: null,
  prowjob_start: completion ?? '2025-06-14T23:00:00',
  prowjob_completion: completion,
  ...other,
});

async function scene(rules: Partial<BigQueryRules> = {}, options: Partial<BigQueryOptions> = {}) {
  const bigquery = await playBigQuery({ project: projectId, now: () => now, ...rules });
  onTestFinished(() => bigquery.close());
  const history = bigQueryHistory({ projectId, endpoint: bigquery.url, ...options });
  return { bigquery, runsOf: (...jobs: { job: string; interval?: string }[]) => history.runsOf(stream, jobs, now.getTime()) };
}

test('the runs of each job within its time, newest first', async () => {
  const { bigquery, runsOf } = await scene();
  bigquery.table.push(
    run('aws', 'failure', '2025-06-13T10:00:00'),
    run('aws', 'success', '2025-06-14T10:00:00.25'),
    run('aws', 'success', '2025-05-31T23:59:59'),
    run('gcp', 'error', '2025-06-14T10:00:00'),
    run('gcp', 'success', '2025-06-12T10:00:00'),
    run('other', 'success', '2025-06-14T10:00:00'),
    run('aws', 'success', '2025-06-14T10:00:00', { manager: 'somebody' }),
    run('aws', 'success', '2025-06-14T10:00:00', { is_release_verify: false }),
  );
  expect(await runsOf({ job: 'aws' }, { job: 'gcp', interval: '2 DAY' }, { job: 'none' })).toEqual({
    aws: [
      { succeeded: true, completedAt: '2025-06-14T10:00:00.25Z' },
      { succeeded: false, completedAt: '2025-06-13T10:00:00Z' },
    ],
    gcp: [{ succeeded: false, completedAt: '2025-06-14T10:00:00Z' }],
    none: [],
  });
  expect(bigquery.asked).toEqual([{ default_jobs: ['aws', 'none'], filtered_name_0: 'gcp' }]);
});

test('audit 60: without jobs nothing is asked', async () => {
  const { bigquery, runsOf } = await scene();
  expect(await runsOf()).toEqual({});
  expect(bigquery.requests).toEqual([]);
});

test('audit 32: runs that go on are not there, and NULL in any column does no harm', async () => {
  const { bigquery, runsOf } = await scene();
  bigquery.table.push(
    run('aws', 'pending', null),
    run('aws', null, '2025-06-14T12:00:00'),
    run(null, 'success', '2025-06-14T11:00:00'),
    run('aws', 'success', '2025-06-14T10:00:00'),
    run('aws', 'success', '2025-06-14T09:00:00', { prowjob_start: null }),
  );
  expect(await runsOf({ job: 'aws' })).toEqual({ aws: [{ succeeded: true, completedAt: '2025-06-14T10:00:00Z' }] });
});

test('an answer of several pages is read to its end', async () => {
  const { bigquery, runsOf } = await scene({ pageSize: 2 });
  const hours = ['05', '04', '03', '02', '01'];
  bigquery.table.push(...hours.map((hour) => run('aws', 'success', `2025-06-14T${hour}:00:00`)));
  const { aws = [] } = await runsOf({ job: 'aws' });
  expect(aws.map(({ completedAt }) => completedAt.slice(11, 13))).toEqual(hours);
  expect(bigquery.requests).toEqual(['POST queries', 'GET queries/job_1', 'GET queries/job_1']);
});

test('a name that looks like SQL is a name', async () => {
  const { bigquery, runsOf } = await scene();
  const job = "x') OR TRUE --";
  bigquery.table.push(run('aws', 'success', '2025-06-14T10:00:00'), run(job, 'failure', '2025-06-14T10:00:00'));
  expect(await runsOf({ job })).toEqual({ [job]: [{ succeeded: false, completedAt: '2025-06-14T10:00:00Z' }] });
});

describe('trouble is told once, and later it is over', () => {
  test.each([
    ['out of order', { fail: 503 }, {}, 'told to fail'],
    ['not allowed', { fail: 403 }, {}, 'told to fail'],
    ['a query that takes too long', { unfinished: true }, {}, 'The query did not complete before 30000ms'],
    ['no answer', { silent: true }, { patienceMs: 50 }, 'no answer within 0.05 s'],
  ])('%s', async (_name, order, options, why) => {
    const { bigquery, runsOf } = await scene();
    const impatient = bigQueryHistory({ projectId, endpoint: bigquery.url, ...options });
    bigquery.order(order);
    await expect(impatient.runsOf(stream, [{ job: 'aws' }], 0)).rejects.toThrow(
      `the history of jobs can not be read from BigQuery project openshift-ci: ${why}`,
    );
    expect(bigquery.requests).toHaveLength(1);
    expect(await runsOf({ job: 'aws' })).toEqual({ aws: [] });
  });

  test('on a later page', async () => {
    const { bigquery, runsOf } = await scene({ pageSize: 1 });
    bigquery.table.push(run('aws', 'success', '2025-06-14T10:00:00'), run('aws', 'success', '2025-06-14T09:00:00'));
    bigquery.order({});
    bigquery.order({ fail: 503 });
    await expect(runsOf({ job: 'aws' })).rejects.toThrow('told to fail');
    expect((await runsOf({ job: 'aws' }))['aws']).toHaveLength(2);
  });

  test('a project that is not there', async () => {
    const { runsOf } = await scene({ project: 'another-project' });
    await expect(runsOf({ job: 'aws' })).rejects.toThrow('Access Denied: Project openshift-ci');
  });
});
