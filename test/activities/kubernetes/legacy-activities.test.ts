import { expect, test } from 'vitest';
import { legacyActivities } from '../../../activities/kubernetes/legacy-activities.ts';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { events, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ReleasePayload, TagReference } from '../../../domain/payload/kinds.ts';
import { payloadPhase } from '../../../domain/payload/phase.ts';
import { releaseCluster } from './release-cluster.ts';

const verify = { upgrade: { prowJob: { name: 'release-upgrade' } }, soak: { optional: true, prowJob: { name: 'release-soak' } } };
const stable = JSON.stringify({ name: '4-stable', as: 'Stable', alternateImageRepository: 'quay.io/x/y', verify });
const results = JSON.stringify({ upgrade: { state: 'Succeeded', url: '/1' }, soak: { state: 'Failed', url: '/2' } });

const old = (name: string, phase: string, more: Record<string, string> = {}): TagReference => ({
  name,
  annotations: { [annotation.phase]: phase, ...more },
  from: { kind: 'DockerImage', name: `quay.io/release:${name}` },
});

async function scene() {
  const cluster = await releaseCluster();
  const id = { namespace: cluster.namespace, name: 'release' };
  const specTags = [
    old('4.9.1', 'Accepted', { [annotation.verify]: results }),
    old('4.9.2', 'Rejected', { [annotation.reason]: 'VerificationFailed', [annotation.message]: 'aws failed' }),
    old('4.9.3', 'Failed', { [annotation.message]: 'Could not create the release image' }),
    old('4.9.4', 'Ready'),
    { name: 'next', from: { kind: 'DockerImage', name: 'quay.io/release:next' } },
    { name: 'latest', from: { kind: 'ImageStreamTag', name: '4.9.1' } },
  ];
  const tags = ['4.9.1', '4.9.2', '4.9.4'].map((name) => cluster.imported('release', name));
  await cluster.stream('release', { annotations: { [annotation.config]: stable }, specTags, tags });
  const payloads = async () => {
    const { items } = await cluster.client.list<ReleasePayload>(releasePayloads, cluster.namespace);
    return Object.fromEntries(items.map((payload) => [payload.metadata.name, payload]));
  };
  return { cluster, id, payloads, activities: legacyActivities(cluster.dependencies) };
}

test.concurrent('Stable streams of release namespaces are found, others are not', async () => {
  const { cluster, id, activities } = await scene();
  await cluster.source({});
  expect(await activities.listStableStreams()).toEqual([id]);
});

test.concurrent('payload trap 24: finished releases keep their phase, reasons and results; nothing is told and nothing waits', async () => {
  const { cluster, id, payloads, activities } = await scene();
  expect(await activities.migrateLegacyStream(id, false)).toEqual({
    migrated: 3,
    present: 0,
    aliases: 1,
    unfinished: 2,
    withoutResults: ['4.9.2', '4.9.3'].map(
      (name) => `unable to determine job status results for imagestreamtag: ${cluster.namespace}/release:${name}`,
    ),
  });
  const migrated = await payloads();
  expect(Object.entries(migrated).map(([name, payload]) => [name, payloadPhase(payload)])).toEqual([
    ['4.9.1', 'Accepted'],
    ['4.9.2', 'Rejected'],
    ['4.9.3', 'Failed'],
  ]);
  expect(migrated['4.9.2']?.spec.payloadOverride).toEqual({
    override: 'Rejected',
    reason: 'LegacyResult(reason="VerificationFailed",message="aws failed")',
  });
  expect(migrated['4.9.3']?.status?.releaseCreationJobResult).toMatchObject({
    status: 'Failed',
    message: 'Could not create the release image',
  });
  const { status } = migrated['4.9.1'] ?? {};
  expect(status?.blockingJobResults).toMatchObject([{ ciConfigurationName: 'upgrade', state: 'Success', results: [{ state: 'Success' }] }]);
  expect(status?.informingJobResults).toMatchObject([{ ciConfigurationName: 'soak', state: 'Failure' }]);
  expect((await cluster.client.list(events, cluster.namespace)).items).toEqual([]);
});

test.concurrent('a second migration finds nothing to do, one that was interrupted is finished', async () => {
  const { cluster, id, payloads, activities } = await scene();
  await activities.migrateLegacyStream(id, false);
  const before = await payloads();
  await cluster.client.delete(releasePayloads, cluster.namespace, '4.9.2');
  const { status: _, ...unfinished } = before['4.9.1'] ?? ({} as ReleasePayload);
  await cluster.client.delete(releasePayloads, cluster.namespace, '4.9.1');
  await cluster.client.create(releasePayloads, { ...unfinished, metadata: { name: '4.9.1', namespace: cluster.namespace } });
  expect(await activities.migrateLegacyStream(id, false)).toMatchObject({ migrated: 2, present: 1 });
  expect(await activities.migrateLegacyStream(id, false)).toMatchObject({ migrated: 0, present: 3 });
  const after = await payloads();
  expect(Object.values(after).map(payloadPhase)).toEqual(['Accepted', 'Rejected', 'Failed']);
  expect(after['4.9.3']?.metadata.resourceVersion).toBe(before['4.9.3']?.metadata.resourceVersion);
});

test.concurrent('a dry run says the same and does nothing', async () => {
  const { id, payloads, activities } = await scene();
  expect(await activities.migrateLegacyStream(id, true)).toMatchObject({ migrated: 3, aliases: 1, unfinished: 2 });
  expect(await payloads()).toEqual({});
});

test.concurrent('a stream that is gone, or Stable no more, is passed over', async () => {
  const { cluster, activities } = await scene();
  await cluster.source({});
  for (const name of ['none', 'src'])
    expect(await activities.migrateLegacyStream({ namespace: cluster.namespace, name }, false)).toMatchObject({
      migrated: 0,
      unfinished: 0,
    });
});

test.concurrent('an override of a migrated release is followed, and its withdrawal leaves it to the old results', async () => {
  const { cluster, id, payloads, activities } = await scene();
  await activities.migrateLegacyStream(id, false);
  const { syncPayload } = releaseActivities(cluster.dependencies);
  const release = { namespace: cluster.namespace, tag: '4.9.1', target: 'release' };
  const override = (payloadOverride: object | null) =>
    cluster.client.patch(releasePayloads, cluster.namespace, '4.9.1', { spec: { payloadOverride } });
  await override({ override: 'Rejected', reason: 'recalled' });
  expect(await syncPayload(release, {})).toMatchObject({ phase: 'Rejected' });
  await override(null);
  expect(await syncPayload(release, {})).toMatchObject({ phase: 'Accepted' });
  expect((await payloads())['4.9.1']?.status?.blockingJobResults?.[0]?.results).toHaveLength(1);
});
