import { describe, expect, it } from 'vitest';
import type { ProwJob, VerificationJobStatus } from '../../../domain/payload/kinds.ts';
import { safeProwJobName } from '../../../domain/payload/prow-job-name.ts';
import type { JobLists } from '../../../domain/payload/run-matching.ts';
import { hadNothingToRun, recordRuns, type RunFacts } from '../../../domain/payload/run-results.ts';
import type { VerificationRun } from '../../../domain/payload/verification-run.ts';
import { later, now, prowJobOf, tag } from './payload-builder.ts';

const entry = (name: string, job: string, more: Partial<VerificationJobStatus> = {}): VerificationJobStatus => ({
  ciConfigurationName: name,
  ciConfigurationJobName: job,
  ...more,
});
const listsOf = (lists: Partial<JobLists>): JobLists => ({ blocking: [], informing: [], upgrade: [], ...lists });
const record = (lists: JobLists, prowJobs: ProwJob[], facts: Partial<RunFacts> & { tag?: string } = {}) =>
  recordRuns(lists, facts.tag ?? tag, 'ci', { prowJobs, notRun: [], now, ...facts });
const namesIn = (jobs: readonly VerificationJobStatus[]) =>
  jobs.map(({ results }) => (results ?? []).map(({ coordinates }) => coordinates?.name));

const aws = listsOf({ blocking: [entry('aws', 'periodic-aws', { maxRetries: 2 })] });
const awsRuns = (...prowJobs: ProwJob[]) => record(aws, prowJobs).blocking[0]?.results;

describe('matching', () => {
  it('payload 73: retries stand under their entry', () => {
    const jobs = ['', '-1', '-2'].map((retry) => prowJobOf(`${tag}-aws${retry}`, 'failure'));
    expect(namesIn(record(aws, jobs).blocking)).toEqual([[`${tag}-aws`, `${tag}-aws-1`, `${tag}-aws-2`]]);
  });

  it('finds a shortened name by its hash', () => {
    const verify = 'aggregated-azure-ovn-upgrade-4.20-micro-with-a-long-name';
    const name = safeProwJobName(`${tag}-${verify}`, '2');
    const lists = listsOf({ blocking: [entry('azure', 'j'), entry(verify, 'j')] });
    expect(namesIn(record(lists, [prowJobOf(name, 'success', { job: 'j' })]).blocking)).toEqual([[], [name]]);
  });

  it('needs the same job name', () => {
    expect(awsRuns(prowJobOf(`${tag}-aws`, 'success', { job: 'other' }))).toBeUndefined();
  });

  it('needs the name of the entry', () => {
    expect(awsRuns(prowJobOf(`${tag}-aws-serial`, 'success'))).toBeUndefined();
    expect(awsRuns(prowJobOf('c3b0f1f2-8d2a-4d5e-9a3e-000000000000', 'success'))).toBeUndefined();
  });

  it('looks at blocking jobs before informing ones', () => {
    const lists = listsOf({ blocking: [entry('aws', 'periodic-aws')], informing: [entry('aws', 'periodic-aws')] });
    const { blocking, informing } = record(lists, [prowJobOf(`${tag}-aws`, 'success')]);
    expect([namesIn(blocking), namesIn(informing)]).toEqual([[[`${tag}-aws`]], [[]]]);
  });

  it('reads names that follow no grammar', () => {
    const odd = '4.20.0-0.nightly-arm64-priv-2025-06-01-021500';
    const { blocking } = record(aws, [prowJobOf(`${odd}-aws`, 'success', { payload: odd })], { tag: odd });
    expect(namesIn(blocking)).toEqual([[`${odd}-aws`]]);
  });

  it.each([
    ['another release', { payload: '4.20.0-0.nightly-2025-06-02-000000' }, {}],
    ['no verification', {}, { 'release.openshift.io/verify': 'false' }],
  ])('leaves out a ProwJob of %s', (_name, shape, labels) => {
    const job = prowJobOf(`${tag}-aws`, 'success', shape);
    Object.assign(job.metadata.labels ?? {}, labels);
    expect(awsRuns(job)).toBeUndefined();
  });

  it('tells the aggregator from the runs that it judges', () => {
    const lists = listsOf({ blocking: [entry('x', 'x-agg')], informing: [entry('x', 'periodic-x', { analysisJobCount: 2 })] });
    const { blocking, informing } = record(lists, [
      prowJobOf(`${tag}-x-analysis-0`, 'success', { job: 'periodic-x', analysis: true }),
      prowJobOf(`${tag}-x-analysis-1`, 'pending', { job: 'periodic-x', analysis: true }),
      prowJobOf(`${tag}-x-aggregator`, 'failure', { job: 'x-agg' }),
      prowJobOf(`${tag}-x-aggregator-1`, 'pending', { job: 'x-agg' }),
    ]);
    expect(namesIn(blocking)).toEqual([[`${tag}-x-aggregator`, `${tag}-x-aggregator-1`]]);
    expect(namesIn(informing)).toEqual([[`${tag}-x-analysis-0`, `${tag}-x-analysis-1`]]);
  });
});

describe('upgrade runs', () => {
  it.each([
    ['4.10.18', 'upgrade-minor'],
    ['4.11.10', 'upgrade'],
  ])('payload 74: from %s is an %s', (from, type) => {
    const stable = '4.11.22';
    const lists = listsOf({ upgrade: [entry('aws-ovn', 'upgrade-job')] });
    const prowJobs = ['', '-1'].map((retry) =>
      prowJobOf(`${stable}-upgrade-from-${from}-aws-ovn${retry}`, 'success', { job: 'upgrade-job', payload: stable }),
    );
    const results = record(lists, prowJobs, { tag: stable }).upgrade[0]?.results;
    expect(results?.map(({ upgradeType }) => upgradeType)).toEqual([type, type]);
  });

  it('from another major version have no type', () => {
    const lists = listsOf({ upgrade: [entry('aws', 'periodic-aws')] });
    const job = prowJobOf('5.0.1-upgrade-from-4.22.0-aws', 'success', { payload: '5.0.1' });
    const [run] = record(lists, [job], { tag: '5.0.1' }).upgrade[0]?.results ?? [];
    expect(run).toMatchObject({ state: 'Success' });
    expect(run).not.toHaveProperty('upgradeType');
  });
});

describe('a run', () => {
  it('carries what the ProwJob says', () => {
    expect(awsRuns(prowJobOf(`${tag}-aws`, 'success', { completionTime: now, url: 'https://prow/1' }))).toEqual([
      {
        coordinates: { name: `${tag}-aws`, namespace: 'ci', cluster: 'build01' },
        startTime: '2025-06-01T02:30:00Z',
        completionTime: now,
        state: 'Success',
        humanProwResultsURL: 'https://prow/1',
      },
    ]);
  });

  it.each([
    ['aborted', 'Aborted'],
    ['error', 'Error'],
    ['failure', 'Failure'],
    ['pending', 'Pending'],
    ['success', 'Success'],
    ['triggered', 'Triggered'],
    ['anything', 'Unknown'],
  ])('%s is recorded as %s', (state, recorded) => {
    expect(awsRuns(prowJobOf(`${tag}-aws`, state))?.[0]?.state).toBe(recorded);
  });

  it('payload 77: is none while it waits for a cluster', () => {
    expect(awsRuns(prowJobOf(`${tag}-aws`, 'scheduling'))).toBeUndefined();
  });

  const after = (...prowJobs: ProwJob[]) => prowJobs.reduce<JobLists>((lists, job) => record(lists, [job]), aws).blocking[0]?.results;

  it('is brought up to date, also when its cluster changes', () => {
    const runs = after(prowJobOf(`${tag}-aws`, 'pending'), prowJobOf(`${tag}-aws`, 'success', { cluster: 'build02' }));
    expect(runs).toHaveLength(1);
    expect(runs?.[0]).toMatchObject({ state: 'Success', coordinates: { cluster: 'build02' } });
  });

  it('stays when its ProwJob is gone', () => {
    const lists = record(aws, [prowJobOf(`${tag}-aws`, 'pending')]);
    expect(record(lists, [])).toEqual(lists);
  });

  it('that ended is not reopened by a ProwJob that has not', () => {
    expect(after(prowJobOf(`${tag}-aws`, 'failure'), prowJobOf(`${tag}-aws`, 'pending'))?.[0]?.state).toBe('Failure');
  });
});

describe('runs with nothing to test', () => {
  const run: VerificationRun = {
    name: `${tag}-aws`,
    verify: 'aws',
    kind: 'single',
    definition: 'periodic-aws',
    specJob: 'periodic-aws',
    attempt: 0,
  };
  const synthetic = {
    coordinates: { name: `${tag}-aws`, namespace: 'ci', cluster: '' },
    startTime: now,
    completionTime: now,
    state: 'Success',
    humanProwResultsURL: '',
  };

  it('succeed, and say so', () => {
    const results = record(aws, [], { notRun: [{ run }] }).blocking[0]?.results;
    expect(results).toEqual([synthetic]);
    expect(results?.map(hadNothingToRun)).toEqual([true]);
  });

  it('are recorded once', () => {
    const lists = record(aws, [], { notRun: [{ run }] });
    expect(record(lists, [], { notRun: [{ run }], now: later })).toEqual(lists);
  });

  it('do not hide a ProwJob that runs after all', () => {
    const { blocking } = record(aws, [prowJobOf(`${tag}-aws`, 'pending')], { notRun: [{ run }] });
    expect(blocking[0]?.results?.map(({ state }) => state)).toEqual(['Pending']);
  });

  it('end a run whose ProwJob was deleted', () => {
    const lists = record(aws, [prowJobOf(`${tag}-aws`, 'pending')]);
    expect(record(lists, [], { notRun: [{ run }] }).blocking[0]?.results).toEqual([synthetic]);
  });
});
