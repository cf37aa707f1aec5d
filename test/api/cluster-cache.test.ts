import { describe, expect, onTestFinished, test } from 'vitest';
import { KubernetesError, type KubernetesClient } from '../../activities/kubernetes/client.ts';
import { imageStreams, namespaces, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { ClusterCache, type CacheOptions } from '../../api/cluster-cache.ts';
import { overrideWriter } from '../../api/override.ts';
import type { ImageStream, ReleasePayload } from '../../domain/payload/kinds.ts';
import { label } from '../../domain/payload/annotations.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

const stream = (namespace: string, name: string): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name, namespace },
  spec: { tags: [] },
});
const release = (namespace: string, name: string): ReleasePayload => ({
  apiVersion: 'release.openshift.io/v1alpha1',
  kind: 'ReleasePayload',
  metadata: { name, namespace },
  spec: { payloadCoordinates: { namespace, imagestreamName: 'release', imagestreamTagName: name } },
});

function cacheOf(options: Pick<CacheOptions, 'client' | 'releaseNamespaces'>) {
  const changed: string[] = [];
  const troubles: unknown[] = [];
  const cache = new ClusterCache({
    ...options,
    onChange: ({ metadata }) => changed.push(metadata.name),
    onTrouble: (_resource, error) => troubles.push(error),
  });
  onTestFinished(() => cache.close());
  return { cache, changed, troubles, ready: () => eventually('the cache to be complete', () => cache.ready) };
}

describe('the cache', () => {
  test('knows what was there, and follows what comes, changes and goes', async () => {
    const stack = testStack();
    const client = stack.kubernetes;
    const namespace = await stack.freshNamespace('cache');
    await client.create(imageStreams, stream(namespace, 'first'));
    const { cache, changed, ready } = cacheOf({ client, releaseNamespaces: [namespace] });
    await ready();
    expect([...cache.imageStreams()].map(({ metadata }) => metadata.name)).toEqual(['first']);

    await client.create(releasePayloads, release(namespace, 'r1'));
    await eventually('the payload', () => cache.payload(namespace, 'r1'));
    await client.patch(imageStreams, namespace, 'first', { metadata: { annotations: { a: 'b' } } });
    await eventually('the change', () => cache.imageStream(namespace, 'first')?.metadata.annotations?.['a'] === 'b');
    await client.delete(imageStreams, namespace, 'first');
    await eventually('the end', () => cache.imageStream(namespace, 'first') === undefined);
    expect(changed).toEqual(['first', 'r1', 'first', 'first']);
    expect(cache.state().map(({ resource, ready: known, size }) => [resource, known, size])).toEqual([
      ['imagestreams', true, 0],
      ['releasepayloads', true, 1],
    ]);
  });

  test('lists again when its version is gone, and tells what was missed', async () => {
    const stack = testStack();
    const { kubernetes } = stack;
    const namespace = await stack.freshNamespace('cache-gone');
    await kubernetes.create(releasePayloads, release(namespace, 'gone'));
    await kubernetes.create(releasePayloads, release(namespace, 'kept'));
    let version = 0;
    // The first watch hears nothing of the deletion: by the time it says so, its version is gone.
    const client = Object.create(kubernetes, {
      list: { value: kubernetes.list.bind(kubernetes) },
      watch: {
        value: async (...given: Parameters<KubernetesClient['watch']>) => {
          if (given[0] !== releasePayloads || version++ > 0) return kubernetes.watch(...given);
          await kubernetes.delete(releasePayloads, namespace, 'gone');
          throw new KubernetesError(410, 'Expired', 'too old resource version');
        },
      },
    }) as KubernetesClient;
    const { cache, changed, troubles, ready } = cacheOf({ client, releaseNamespaces: [namespace] });
    await ready();
    const kept = cache.payload(namespace, 'kept');
    await eventually('the deletion', () => cache.payload(namespace, 'gone') === undefined);
    expect(changed).toEqual(['gone', 'kept', 'gone']);
    expect(cache.payload(namespace, 'kept')).toBe(kept);
    expect(troubles).toEqual([]);
  });

  test('goes on after trouble, and says so', async () => {
    const stack = testStack();
    const { kubernetes } = stack;
    const namespace = await stack.freshNamespace('cache-trouble');
    let lists = 0;
    const client = Object.create(kubernetes, {
      list: {
        value: (...given: Parameters<KubernetesClient['list']>) =>
          given[0] === imageStreams && lists++ === 0 ? Promise.reject(new Error('connection refused')) : kubernetes.list(...given),
      },
      watch: { value: kubernetes.watch.bind(kubernetes) },
    }) as KubernetesClient;
    const { ready, troubles } = cacheOf({ client, releaseNamespaces: [namespace] });
    await ready();
    expect(troubles).toEqual([new Error('connection refused')]);
  });

  test('follows labelled namespaces as they come and go', async () => {
    const stack = testStack();
    const client = stack.kubernetes;
    const labelled = await stack.freshNamespace('cache-labelled', { [label.releases]: 'true' });
    const other = await stack.freshNamespace('cache-other');
    for (const namespace of [labelled, other]) await client.create(imageStreams, stream(namespace, 's'));
    const { cache, ready } = cacheOf({ client, releaseNamespaces: 'labelled' });
    await ready();
    expect([cache.imageStream(labelled, 's'), cache.imageStream(other, 's')].map((found) => found?.metadata.namespace)).toEqual([
      labelled,
      undefined,
    ]);
    await client.patch(namespaces, undefined, other, { metadata: { labels: { [label.releases]: 'true' } } });
    await eventually('the namespace that was labelled', () => cache.imageStream(other, 's'));
    await client.patch(namespaces, undefined, labelled, { metadata: { labels: { [label.releases]: null } } });
    await eventually('the namespace that is labelled no more', () => cache.imageStream(labelled, 's') === undefined);
  });
});

test('an override stands in the payload with its author, and only once', async () => {
  const stack = testStack();
  const client = stack.kubernetes;
  const namespace = await stack.freshNamespace('override');
  await client.create(releasePayloads, release(namespace, 'r1'));
  const { write, withdraw } = overrideWriter(client);
  const wanted = { override: 'Accepted', reason: 'because', by: 'alice (admin token)' } as const;
  expect(await write(namespace, 'r1', wanted)).toBe(true);
  expect(await write(namespace, 'r1', wanted)).toBe(false);
  expect(await client.get(releasePayloads, namespace, 'r1')).toMatchObject({
    metadata: { annotations: { 'waybill.dev/override-by': 'alice (admin token)' } },
    spec: { payloadOverride: { override: 'Accepted', reason: 'because' }, payloadCoordinates: { imagestreamName: 'release' } },
  });
  expect(await withdraw(namespace, 'r1', { reason: 'a mistake', by: 'bob (admin token)' })).toBe(true);
  expect(await withdraw(namespace, 'r1', { reason: 'a mistake', by: 'bob (admin token)' })).toBe(false);
  const withdrawn = await client.get<ReleasePayload>(releasePayloads, namespace, 'r1');
  expect(withdrawn?.metadata.annotations).toEqual({ 'waybill.dev/override-withdrawn': 'bob (admin token): a mistake' });
  expect(withdrawn?.spec).not.toHaveProperty('payloadOverride');
});
