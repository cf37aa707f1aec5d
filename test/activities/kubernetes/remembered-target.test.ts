import { expect, test } from 'vitest';
import type { KubernetesClient } from '../../../activities/kubernetes/client.ts';
import { imageStreams, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import { streamActivities } from '../../../activities/kubernetes/stream-activities.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import { inputHash } from '../../../domain/payload/input-hash.ts';
import type { ImageStream, ReleasePayload, TagReference } from '../../../domain/payload/kinds.ts';
import { noon, noonTag, releaseCluster, type ReleaseCluster } from './release-cluster.ts';

/** A target that has changed, and an API server whose cache has not heard of it. */
async function sceneWithMemory(before: TagsOf, now: TagsOf) {
  const cluster = await releaseCluster();
  await cluster.source({});
  const hash = inputHash(await cluster.readStream('src'));
  await cluster.target(before(cluster, hash));
  const { client } = cluster;
  const remembered = await cluster.readStream('release');
  await cluster.change<ImageStream>(imageStreams, cluster.namespace, 'release', (current) => ({
    ...current,
    metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, changed: 'since' } },
    spec: { ...current.spec, tags: now(cluster, hash) },
  }));
  const get: KubernetesClient['get'] = async <T>(...[resource, namespace, name, age]: Parameters<KubernetesClient['get']>) =>
    age === 'remembered' ? (remembered as T) : client.get<T>(resource, namespace, name, age);
  const id = { namespace: cluster.namespace, name: 'src' };
  return { cluster, id, activities: streamActivities({ ...cluster.dependencies, client: readingBy(client, get) }) };
}

/** A client that reads single objects in another way. */
const readingBy = (client: KubernetesClient, get: KubernetesClient['get']) =>
  new Proxy(client, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (key === 'get') return get;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });

/** Tags of a target, made for the images that the source has. */
type TagsOf = (cluster: ReleaseCluster, hash: string) => TagReference[];
const sameImages: TagsOf = (cluster, hash) => [cluster.releaseTag('same', { [annotation.phase]: 'Accepted', [annotation.hash]: hash })];
const nothing: TagsOf = () => [];
const building: TagsOf = (cluster) => [cluster.releaseTag('building')];
const another: TagsOf = (cluster) => [cluster.releaseTag('other', { [annotation.phase]: 'Accepted' })];

const payloads = async ({ client, namespace }: ReleaseCluster) => (await client.list<ReleasePayload>(releasePayloads, namespace)).items;
const tagNames = async (cluster: ReleaseCluster) => (await cluster.readStream('release')).spec?.tags?.map(({ name }) => name);

test.concurrent.each([
  ['lacks another release', nothing, another, ['other', noonTag]],
  ['has a release that was removed since', sameImages, nothing, [noonTag]],
  ['has a build that was given up since', building, nothing, [noonTag]],
])('a release is created in one look though the target that the API server remembers %s', async (_, remembered, now, tags) => {
  const { cluster, id, activities } = await sceneWithMemory(remembered, now);
  expect(await activities.advanceStream(id, noon)).toMatchObject({ kind: 'usable', created: true });
  expect(await tagNames(cluster)).toEqual(tags);
  expect(await payloads(cluster)).toHaveLength(1);
});

test.concurrent('a release is not created again though the target that the API server remembers lacks it', async () => {
  const { cluster, id, activities } = await sceneWithMemory(nothing, sameImages);
  const found = await activities.advanceStream(id, noon);
  expect([found.kind, 'created' in found]).toEqual(['usable', false]);
  expect(await tagNames(cluster)).toEqual(['same']);
  expect(await payloads(cluster)).toEqual([]);
});

test.concurrent('a stream that a build holds is looked at once', async () => {
  const cluster = await releaseCluster();
  await cluster.source({});
  await cluster.target([cluster.releaseTag('building')]);
  const { client } = cluster;
  const payloadReads: string[] = [];
  const get: KubernetesClient['get'] = async <T>(...given: Parameters<KubernetesClient['get']>) => {
    if (given[0] === releasePayloads) payloadReads.push(given[2]);
    return client.get<T>(...given);
  };
  const { advanceStream } = streamActivities({ ...cluster.dependencies, client: readingBy(client, get) });
  expect(await advanceStream({ namespace: cluster.namespace, name: 'src' }, noon)).toMatchObject({
    hold: { why: expect.any(String) as string },
  });
  expect(payloadReads).toEqual(['building']);
});
