import { describe, expect, test } from 'vitest';
import { annotateOneTag, removeTags, servesImageStreamTags } from '../../../activities/kubernetes/image-stream-tags.ts';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import { frontedStack } from '../../support/front.ts';
import { releaseCluster, type ReleaseCluster } from './release-cluster.ts';

const fronted = frontedStack();

async function scene() {
  const cluster = await releaseCluster();
  const specTags = ['a', 'b', 'c'].map((name) => ({ name, annotations: { own: name } }));
  const stream = await cluster.target(
    specTags,
    ['a', 'b'].map((tag) => cluster.imported('release', tag)),
  );
  return { cluster, stream };
}

const names = async (cluster: ReleaseCluster) => {
  const { spec, status } = await cluster.readStream('release');
  return [spec?.tags?.map(({ name }) => name).join(), status?.tags?.map(({ tag }) => tag).join()];
};

describe.each([
  ['where imagestreamtags are served', true],
  ['where they are not', false],
])('%s', (_name, served) => {
  const clientOf = (cluster: ReleaseCluster) => (served ? fronted().client : cluster.client);

  test.concurrent('discovery says so', async () => {
    expect(await servesImageStreamTags(clientOf(await releaseCluster()))).toBe(served);
  });

  test.concurrent('tags go with spec and status, and again changes nothing', async () => {
    const { cluster, stream } = await scene();
    expect(await removeTags(clientOf(cluster), stream, ['a', 'c'])).toBe(true);
    expect(await names(cluster)).toEqual(['b', 'b']);
    const { metadata } = await cluster.readStream('release');
    expect(await removeTags(clientOf(cluster), await cluster.readStream('release'), ['a', 'c'])).toBe(true);
    expect((await cluster.readStream('release')).metadata.resourceVersion).toBe(metadata.resourceVersion);
  });

  test.concurrent('what a removal that died half-way left is finished', async () => {
    const { cluster } = await scene();
    const half = await cluster.change<ImageStream>(imageStreams, cluster.namespace, 'release', (current) => ({
      ...current,
      spec: { ...current.spec, tags: (current.spec?.tags ?? []).filter(({ name }) => name !== 'a') },
    }));
    await removeTags(clientOf(cluster), half, ['a']);
    expect(await names(cluster)).toEqual(['b,c', 'b']);
  });

  test.concurrent('a stream that was made anew keeps its tags', async () => {
    const { cluster, stream } = await scene();
    await cluster.client.delete(imageStreams, cluster.namespace, 'release');
    await cluster.target([{ name: 'a' }], [cluster.imported('release', 'a')]);
    await removeTags(clientOf(cluster), stream, ['a']).catch(() => undefined);
    expect(await names(cluster)).toEqual(['a', 'a']);
  });

  test.concurrent('one tag is annotated, with an image or without; one that is gone is no trouble', async () => {
    const { cluster } = await scene();
    for (const tag of ['a', 'c', 'none'])
      await annotateOneTag(clientOf(cluster), cluster.namespace, 'release', tag, { 'soft-delete': '2025-06-01T12:00:00Z' });
    expect((await cluster.readStream('release')).spec?.tags?.map(({ annotations }) => annotations)).toEqual([
      { own: 'a', 'soft-delete': '2025-06-01T12:00:00Z' },
      { own: 'b' },
      { own: 'c', 'soft-delete': '2025-06-01T12:00:00Z' },
    ]);
  });
});

test.concurrent('without imagestreamtags a stream that changed since the decision is decided on again', async () => {
  const { cluster, stream } = await scene();
  await cluster.client.patch(imageStreams, cluster.namespace, 'release', { metadata: { labels: { by: 'another' } } });
  expect(await removeTags(cluster.client, stream, ['a'])).toBe(false);
  expect(await names(cluster)).toEqual(['a,b,c', 'a,b']);
});
