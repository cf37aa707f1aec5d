import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { periodicActivities } from '../../../activities/kubernetes/periodic-activities.ts';
import { ReleaseNamespaces } from '../../../activities/kubernetes/release-namespaces.ts';
import { imageStreams, prowJobs } from '../../../activities/kubernetes/resources.ts';
import { periodicSchedules } from '../../../activities/periodic-schedules.ts';
import { annotation, label } from '../../../domain/payload/annotations.ts';
import { uuidOf } from '../../../domain/payload/periodic.ts';
import { workflowIds } from '../../../workflows/ids.ts';
import { testStack } from '../../support/stack.ts';
import { definition } from '../../support/release-configs.ts';
import { releaseCluster, streamName, type ReleaseCluster } from './release-cluster.ts';

const hour = 3_600_000;
const now = Date.UTC(2030, 0, 1, 12);
const prowJob = (name: string) => ({ prowJob: { name } });

let client: Client;
beforeAll(async () => {
  client = new Client({ connection: await Connection.connect({ address: testStack().temporal }) });
});
afterAll(() => client.connection.close());

async function scene(periodic: object, { accepted = ['b', 'a'] as string[], config = {} } = {}) {
  const cluster = await releaseCluster();
  await cluster.define({ ...definition('soak'), labels: { team: 'x' }, annotations: { note: 'y' } }, 'other');
  await cluster.source({ periodic, ...config });
  const tags = accepted.map((name, age) =>
    cluster.releaseTag(`${streamName}-${name}`, {
      [annotation.phase]: 'Accepted',
      [annotation.creationTimestamp]: `2025-06-0${9 - age}T12:00:00Z`,
    }),
  );
  await cluster.target([...tags, cluster.releaseTag(`${streamName}-newest`, { [annotation.creationTimestamp]: '2025-07-01T12:00:00Z' })]);
  const activities = periodicActivities(cluster.dependencies, periodicSchedules(client));
  const stream = { namespace: cluster.namespace, name: 'src' };
  const schedule = (entry: string) => client.schedule.getHandle(workflowIds.periodic(stream.namespace, stream.name, entry));
  const described = async (entry: string) => {
    const found = await schedule(entry)
      .describe()
      .catch(() => undefined);
    return found && { calendars: found.spec.calendars?.length ?? 0, intervals: found.spec.intervals };
  };
  const start = (entry: string, firing: string, at = now) => activities.startPeriodic({ ...stream, entry }, firing, at);
  const configure = (more: object) => {
    const text = JSON.stringify({ name: streamName, to: 'release', ...more });
    return cluster.client.patch(imageStreams, cluster.namespace, 'src', { metadata: { annotations: { [annotation.config]: text } } });
  };
  return { cluster, activities, stream, schedule, described, start, configure };
}

/** A run of `soak` for this stream, as verification or a periodic made it. */
const earlier = async (cluster: ReleaseCluster, startTime: string, ended = true) => {
  await cluster.client.create(prowJobs, {
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata: {
      name: 'earlier',
      namespace: cluster.prowNamespace,
      labels: { [label.verify]: 'true', [annotation.prowJob]: 'soak' },
      annotations: { [annotation.source]: `${cluster.namespace}/src` },
    },
    spec: { type: 'periodic', job: 'soak' },
  });
  const status = { state: ended ? 'success' : 'pending', startTime, ...(ended ? { completionTime: startTime } : {}) };
  await cluster.client.patch(prowJobs, cluster.prowNamespace, 'earlier', { status });
};

describe('the schedules of a stream', () => {
  test.concurrent('are created, changed and removed with its config', async () => {
    const { activities, stream, described, configure } = await scene({
      daily: { cron: '0 6 * * *', ...prowJob('soak') },
      both: { cron: '0 0 1 * MON', ...prowJob('soak') },
      soak: { interval: '24h', ...prowJob('soak') },
      neither: prowJob('soak'),
      jobless: { cron: '@daily' },
    });
    const made = await activities.reconcilePeriodics(stream, [], now);
    expect(made).toEqual({
      names: ['both', 'daily', 'soak'],
      problems: [
        { entry: 'jobless', message: `${streamName}: periodic jobless: must name a prowJob` },
        { entry: 'neither', message: `${streamName}: periodic neither: must specify a cron or interval` },
      ],
    });
    expect([(await described('daily'))?.calendars, (await described('both'))?.calendars]).toEqual([1, 2]);
    expect(await described('soak')).toMatchObject({ calendars: 0, intervals: [{ every: 24 * hour, offset: 12 * hour }] });

    await configure({ periodic: { soak: { interval: '1h', ...prowJob('soak') } } });
    expect(await activities.reconcilePeriodics(stream, made.names, now)).toEqual({ names: ['soak'], problems: [] });
    expect([await described('daily'), await described('both')]).toEqual([undefined, undefined]);
    expect(await described('soak')).toMatchObject({ intervals: [{ every: hour }] });

    await configure({ endOfLife: true, periodic: { soak: { interval: '1h', ...prowJob('soak') } } });
    expect(await activities.reconcilePeriodics(stream, ['soak'], now)).toEqual({ names: [], problems: [] });
    expect(await described('soak')).toBeUndefined();
  });

  test.concurrent('go when the stream goes', async () => {
    const { cluster, activities, stream, described } = await scene({ daily: { cron: '@daily', ...prowJob('soak') } });
    await activities.reconcilePeriodics(stream, [], now);
    await cluster.client.delete(imageStreams, cluster.namespace, 'src');
    expect(await activities.reconcilePeriodics(stream, ['daily'], now)).toEqual({ names: [], problems: [] });
    expect(await described('daily')).toBeUndefined();
  });

  test.concurrent('go when the stream is driven by somebody else, and no firing runs', async () => {
    const { cluster, activities, stream, described } = await scene({ daily: { cron: '@daily', ...prowJob('soak') } });
    await activities.reconcilePeriodics(stream, [], now);
    const releaseNamespaces = new ReleaseNamespaces(cluster.client, [cluster.namespace], [`${cluster.namespace}/other`]);
    const others = periodicActivities({ ...cluster.dependencies, releaseNamespaces }, periodicSchedules(client));
    expect(await others.startPeriodic({ ...stream, entry: 'daily' }, 'one', now)).toEqual({ kind: 'gone' });
    expect(await others.reconcilePeriodics(stream, ['daily'], now)).toEqual({ names: [], problems: [] });
    expect(await described('daily')).toBeUndefined();
  });

  test.concurrent('are left alone while the config says the same: paused ones stay paused, placed ones where they are', async () => {
    const { activities, stream, schedule, described } = await scene({ soak: { interval: '24h', ...prowJob('soak') } });
    await activities.reconcilePeriodics(stream, [], now);
    await schedule('soak').pause('on holiday');
    await activities.placePeriodic({ ...stream, entry: 'soak' }, 24 * hour, now + 5 * hour);
    await activities.reconcilePeriodics(stream, ['soak'], now);
    expect((await schedule('soak').describe()).state).toMatchObject({ paused: true, note: 'on holiday' });
    expect(await described('soak')).toMatchObject({ intervals: [{ every: 24 * hour, offset: 17 * hour }] });
  });

  test.concurrent('an interval is counted from the start of the latest run', async () => {
    const { cluster, activities, stream, described } = await scene({ soak: { interval: '24h', ...prowJob('soak') } });
    await earlier(cluster, '2030-01-01T07:30:00Z');
    await activities.reconcilePeriodics(stream, [], now);
    expect(await described('soak')).toMatchObject({ intervals: [{ every: 24 * hour, offset: 7.5 * hour }] });
  });

  test.concurrent('removing and placing what is gone is no trouble', async () => {
    const { activities, stream } = await scene({});
    await activities.removePeriodic({ ...stream, entry: 'none' });
    await activities.placePeriodic({ ...stream, entry: 'none' }, hour, now);
  });
});

describe('a firing', () => {
  test.concurrent('P3: runs the job for the newest accepted release, once', async () => {
    const { cluster, start } = await scene({ soak: { interval: '24h', ...prowJob('soak') } });
    const first = await start('soak', 'one');
    expect(first).toEqual({
      kind: 'started',
      run: uuidOf('one'),
      tag: `${streamName}-b`,
      next: { intervalMs: 24 * hour, at: now + 24 * hour },
    });
    expect(await start('soak', 'one')).toEqual(first);
    expect(await cluster.prowJobNames()).toEqual([uuidOf('one')]);
    const job = await cluster.prowJob(uuidOf('one'));
    expect(job?.metadata.labels).toMatchObject({ team: 'x', [label.verify]: 'true' });
    expect(job?.metadata.labels).not.toHaveProperty([label.payload]);
    expect(job?.metadata.annotations).toMatchObject({
      note: 'y',
      [annotation.tag]: `${streamName}-b`,
      [annotation.source]: `${cluster.namespace}/src`,
      [annotation.architecture]: 'amd64',
    });
    expect(job?.spec).toMatchObject({ type: 'periodic', job: 'soak', cluster: 'build01' });
  });

  test.concurrent('upgrades by default from the accepted release before', async () => {
    const { cluster, start } = await scene({ soak: { cron: '@daily', upgrade: true, ...prowJob('soak') } });
    expect(await start('soak', 'one')).toEqual({ kind: 'started', run: uuidOf('one'), tag: `${streamName}-b` });
    const job = await cluster.prowJob(uuidOf('one'));
    expect(job?.metadata.annotations).toMatchObject({ [annotation.fromTag]: `${streamName}-a` });
    expect(job?.spec.pod_spec?.containers?.[0]?.env).toContainEqual({
      name: 'RELEASE_IMAGE_INITIAL',
      value: `${cluster.publicRepository('release')}:${streamName}-a`,
    });
  });

  test.concurrent('while the latest run is active: lost for a cron time, put off for an interval', async () => {
    const { cluster, start } = await scene({
      soak: { interval: '1h', ...prowJob('soak') },
      daily: { cron: '@daily', ...prowJob('soak') },
    });
    await earlier(cluster, '2030-01-01T07:30:00Z', false);
    expect(await start('daily', 'one')).toEqual({ kind: 'active', run: 'earlier', again: false });
    expect(await start('soak', 'two')).toEqual({ kind: 'active', run: 'earlier', again: true });
  });

  test.concurrent('of an interval too short after the latest start comes later', async () => {
    const { cluster, start } = await scene({ soak: { interval: '6h', ...prowJob('soak') } });
    await earlier(cluster, '2030-01-01T07:30:00Z');
    const at = Date.UTC(2030, 0, 1, 13, 30);
    expect(await start('soak', 'one')).toEqual({ kind: 'early', next: { intervalMs: 6 * hour, at } });
    expect(await start('soak', 'one', at)).toMatchObject({ kind: 'started' });
  });

  test.concurrent.each([
    [
      'no accepted release',
      { soak: { interval: '6h', ...prowJob('soak') } },
      { accepted: [] },
      `no accepted tags found for release ${streamName}`,
    ],
    ['no such job', { soak: { interval: '6h', ...prowJob('none') } }, {}, 'the prow job none is not valid: no job with that name'],
    [
      'nothing to upgrade from',
      { soak: { interval: '6h', upgrade: true, ...prowJob('soak') } },
      { accepted: ['b'] },
      `failed to get previous release spec and tag for release ${streamName} tag ${streamName}-b: fewer than 2 accepted releases of ${streamName}`,
    ],
    [
      'an unknown source',
      { soak: { interval: '6h', upgrade: true, upgradeFrom: 'PreviousMicro', ...prowJob('soak') } },
      {},
      `failed to get previous release spec and tag for release ${streamName} tag ${streamName}-b: release ${streamName} has job soak which defines invalid upgradeFrom: PreviousMicro`,
    ],
  ])('with %s says so, and waits', async (_name, periodic, more, message) => {
    const { cluster, start } = await scene(periodic, more);
    expect(await start('soak', 'one')).toMatchObject({ kind: 'blocked', problem: { message }, again: true });
    expect(await cluster.prowJobNames()).toEqual([]);
  });

  test.concurrent('of an entry that left the config, or of a stream that is gone: gone', async () => {
    const { cluster, start, configure } = await scene({ soak: { interval: '6h', ...prowJob('soak') } });
    expect(await start('other', 'one')).toEqual({ kind: 'gone' });
    await configure({ endOfLife: true, periodic: { soak: { interval: '6h', ...prowJob('soak') } } });
    expect(await start('soak', 'one')).toEqual({ kind: 'gone' });
    await cluster.client.delete(imageStreams, cluster.namespace, 'src');
    expect(await start('soak', 'one')).toEqual({ kind: 'gone' });
  });
});
