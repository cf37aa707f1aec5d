import { describe, expect, test } from 'vitest';
import { prowJobs, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import type { ReleasePayload } from '../../../domain/payload/kinds.ts';
import { noon, noonTag } from './release-cluster.ts';
import { aws, entry, nameOf, results, verificationScene } from './verification-scene.ts';

describe('a round', () => {
  test.concurrent('plans the first run of every entry', async () => {
    const { round } = await verificationScene({
      ...aws,
      gcp: entry('e2e-gcp', { optional: true }),
      off: entry('e2e-off', { disabled: true }),
    });
    const { state, start, ...rest } = await round();
    expect(state).toMatchObject({ phase: 'Ready', jobs: { total: 2, pending: 2, blocking: 1, blockingDone: 0 } });
    expect(start).toEqual([
      { name: nameOf('aws'), verify: 'aws', kind: 'single', definition: 'e2e-aws', specJob: 'e2e-aws', attempt: 0 },
      { name: nameOf('gcp'), verify: 'gcp', kind: 'single', definition: 'e2e-gcp', specJob: 'e2e-gcp', attempt: 0 },
    ]);
    expect(rest).toEqual({ waitingForRetry: [], running: 0, blockingPending: ['aws'] });
  });

  test.concurrent('of a payload that is gone: nothing', async () => {
    const { cluster, round } = await verificationScene(aws);
    await cluster.client.delete(releasePayloads, cluster.namespace, noonTag);
    expect(await round()).toMatchObject({ state: { exists: false }, start: [] });
  });

  test.concurrent('before the build plans nothing', async () => {
    const { cluster, id, activities } = await verificationScene(aws);
    await cluster.client.delete(
      { group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job', namespaced: true },
      cluster.jobNamespace,
      noonTag,
    );
    expect(await activities.planVerificationRound(id, {}, noon)).toMatchObject({ state: { phase: 'Pending' }, start: [] });
  });

  test.concurrent('starts nothing that runs, and says since when it runs', async () => {
    const { cluster, round, start } = await verificationScene(aws);
    await start();
    await cluster.runProwJob(nameOf('aws'), 'pending');
    const since = (await cluster.prowJob(nameOf('aws')))?.metadata.creationTimestamp;
    expect(await round()).toMatchObject({ start: [], running: 1, nextOverdue: since, blockingPending: ['aws'] });
  });

  test.concurrent.each([
    ['pending', 'Pending', 'Ready'],
    ['success', 'Success', 'Accepted'],
    ['failure', 'Failure', 'Rejected'],
    ['aborted', 'Aborted', 'Rejected'],
    ['error', 'Error', 'Rejected'],
  ])('records a ProwJob in state %s as %s: the payload is %s', async (state, recorded, phase) => {
    const { cluster, round, start } = await verificationScene(aws);
    await start();
    await cluster.runProwJob(nameOf('aws'), state);
    expect((await round()).state.phase).toBe(phase);
    expect((await results(cluster))[0]?.results).toEqual([
      {
        coordinates: { name: nameOf('aws'), namespace: cluster.prowNamespace, cluster: 'build01' },
        state: recorded,
        startTime: '2025-06-01T12:10:00Z',
        humanProwResultsURL: `https://prow.example.test/${nameOf('aws')}`,
        ...(state === 'pending' ? {} : { completionTime: '2025-06-01T12:30:00Z' }),
      },
    ]);
  });

  test.concurrent('does not count a run that waits for a cluster', async () => {
    const { cluster, round, start } = await verificationScene(aws);
    await start();
    await cluster.client.patch(prowJobs, cluster.prowNamespace, nameOf('aws'), {
      status: { state: 'scheduling', url: null, build_id: null },
    });
    const { start: again } = await round();
    expect(again).toEqual([]);
  });

  test.concurrent('plans retries: the first at once, the next after two minutes', async () => {
    const { cluster, round, start } = await verificationScene({ aws: entry('e2e-aws', { maxRetries: 2 }) });
    await start();
    await cluster.runProwJob(nameOf('aws'), 'failure');
    const ended = Date.UTC(2025, 5, 1, 12, 30);
    const second = await round({}, ended);
    expect(second.start.map(({ name, attempt }) => [name, attempt])).toEqual([[nameOf('aws', '-1'), 1]]);
    await start(second.start);
    await cluster.runProwJob(nameOf('aws', '-1'), 'failure', '2025-06-01T12:40:00Z');
    const at = '2025-06-01T12:42:00.000Z';
    expect(await round({}, Date.UTC(2025, 5, 1, 12, 40))).toMatchObject({
      start: [],
      retryAt: at,
      waitingForRetry: [{ verify: 'aws', at }],
    });
    const third = await round({}, Date.parse(at));
    expect(third.start.map(({ name }) => name)).toEqual([nameOf('aws', '-2')]);
    await start(third.start);
    await cluster.runProwJob(nameOf('aws', '-2'), 'success', '2025-06-01T12:50:00Z');
    expect((await round()).state).toMatchObject({ phase: 'Accepted', jobs: { succeeded: 1 } });
  });

  test.concurrent('counts a run with nothing to test as succeeded, once', async () => {
    const { cluster, round, start } = await verificationScene({ upgrade: entry('e2e-upgrade', { upgrade: true }) });
    const { notRun } = await start();
    const state = (await round({ notRun: notRun.map(({ run }) => run) })).state;
    expect(state).toMatchObject({ phase: 'Accepted', jobs: { succeeded: 1 } });
    const before = await results(cluster);
    await round({ notRun: notRun.map(({ run }) => run) });
    expect(await results(cluster)).toEqual(before);
    expect(await cluster.prowJobNames()).toEqual([]);
  });

  test.concurrent('counts an overdue run as failed; one that ends late after all counts', async () => {
    const { cluster, round, start } = await verificationScene({ ...aws, gcp: entry('e2e-gcp') });
    await start();
    await cluster.runProwJob(nameOf('aws'), 'pending');
    const overdueIfBegunBy = Date.now();
    await cluster.runProwJob(nameOf('gcp'), 'success');
    expect(await round({ overdueIfBegunBy })).toMatchObject({
      state: { phase: 'Rejected', jobs: { failed: 1, succeeded: 1 } },
      running: 0,
    });
    expect((await results(cluster))[0]?.results).toMatchObject([{ state: 'Error' }]);
    await cluster.runProwJob(nameOf('aws'), 'success');
    expect((await round({ overdueIfBegunBy })).state).toMatchObject({ jobs: { failed: 0, succeeded: 2 } });
  });

  test.concurrent('waits for no deadline of what stays though it is overdue: a run of no entry', async () => {
    const { cluster, round, start } = await verificationScene(aws);
    await start();
    const ours = await cluster.prowJob(nameOf('aws'));
    const { labels = {}, annotations = {} } = ours?.metadata ?? {};
    const metadata = { name: 'somebody-elses', namespace: cluster.prowNamespace, labels, annotations };
    await cluster.client.create(prowJobs, { ...ours!, metadata, spec: { ...ours!.spec, job: 'somebody-elses' } });
    await cluster.runProwJob(nameOf('aws'), 'success');
    expect(await round()).toMatchObject({ state: { phase: 'Accepted' }, running: 1, nextOverdue: expect.any(String) });
    const late = await round({ overdueIfBegunBy: Date.now() });
    expect(late).toMatchObject({ state: { phase: 'Accepted' }, running: 1 });
    expect(late.nextOverdue).toBeUndefined();
  });

  test.concurrent('P12: async entries are not waited for where nothing blocks', async () => {
    const { cluster, round, start } = await verificationScene({
      gcp: entry('e2e-gcp', { optional: true }),
      slow: entry('e2e-aws', { optional: true, async: true }),
    });
    await start();
    await cluster.runProwJob(nameOf('gcp'), 'failure');
    expect((await round()).state.phase).toBe('Accepted');
  });

  test.concurrent('brings back an entry that somebody removed by hand, with its runs', async () => {
    const { cluster, round, start } = await verificationScene(aws);
    await start();
    await cluster.runProwJob(nameOf('aws'), 'success');
    await round();
    await cluster.changeStatus<ReleasePayload>(releasePayloads, cluster.namespace, noonTag, ({ status = {} }) => ({
      ...status,
      blockingJobResults: [],
      conditions: [],
    }));
    expect((await round()).state.phase).toBe('Accepted');
    expect((await results(cluster))[0]).toMatchObject({ ciConfigurationName: 'aws', state: 'Success', results: [{ state: 'Success' }] });
  });

  test.concurrent('keeps the last state of a run whose ProwJob was collected', async () => {
    const { cluster, round, start } = await verificationScene(aws);
    await start();
    await cluster.runProwJob(nameOf('aws'), 'failure');
    await round();
    await cluster.client.delete(prowJobs, cluster.prowNamespace, nameOf('aws'));
    expect(await round()).toMatchObject({ state: { phase: 'Rejected' }, start: [] });
  });

  test.concurrent('starts a ProwJob again that was deleted by hand before it ended', async () => {
    const { cluster, round, start } = await verificationScene(aws);
    await start();
    await cluster.runProwJob(nameOf('aws'), 'pending');
    await round();
    await cluster.client.delete(prowJobs, cluster.prowNamespace, nameOf('aws'));
    const { start: again, running } = await round();
    expect([again.map(({ name }) => name), running]).toEqual([[nameOf('aws')], 0]);
    await start(again);
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws')]);
  });
});
