import { expect, test } from 'vitest';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import { addTag, annotateTag } from '../../../activities/kubernetes/tag-writer.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import { releaseCluster, type ReleaseCluster } from './release-cluster.ts';

const names = (stream: ImageStream) => stream.spec?.tags?.map(({ name }) => name);
const annotated = async (cluster: ReleaseCluster, tag = 'a') => (await cluster.readTag(tag))?.annotations;

test.concurrent('a tag is added once; what else stands in the stream stays', async () => {
  const cluster = await releaseCluster();
  const target = await cluster.target([{ name: 'a', annotations: { x: '1' } }]);
  expect(await addTag(cluster.client, target, { name: 'b', annotations: { y: '2' } })).toBe(true);
  expect(await addTag(cluster.client, target, { name: 'b', annotations: { y: '2' } })).toBe(false);
  const after = await cluster.readStream('release');
  expect(names(after)).toEqual(['a', 'b']);
  expect(after.spec?.tags?.map(({ annotations }) => annotations)).toEqual([{ x: '1' }, { y: '2' }]);
});

test.concurrent('a writer in between: nothing is added', async () => {
  const cluster = await releaseCluster();
  const target = await cluster.target();
  const between = await cluster.client.patch<ImageStream>(imageStreams, cluster.namespace, 'release', {
    metadata: { labels: { by: 'another' } },
  });
  expect(await addTag(cluster.client, target, { name: 'a' })).toBe(false);
  expect((await cluster.readStream('release')).metadata.resourceVersion).toBe(between.metadata.resourceVersion);
});

test.concurrent.each([
  ['no spec at all', {}],
  ['no list of tags', { spec: { lookupPolicy: { local: false } } }],
  ['null for tags', { spec: { tags: null } }],
  ['no tag yet', { spec: { tags: [] } }],
])('the first tag of a stream with %s', async (_case, spec) => {
  const cluster = await releaseCluster();
  const stream: ImageStream = {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'release', namespace: cluster.namespace },
    ...spec,
  };
  await cluster.client.create(imageStreams, stream);
  const target = await cluster.importInto('release', []);
  expect(await addTag(cluster.client, target, { name: 'first' })).toBe(true);
  expect(names(await cluster.readStream('release'))).toEqual(['first']);
});

test.concurrent('two writers that decided on the same version: one adds', async () => {
  const cluster = await releaseCluster();
  const target = await cluster.target();
  const added = await Promise.all(['a', 'b'].map((name) => addTag(cluster.client, target, { name })));
  expect(added.toSorted()).toEqual([false, true]);
  expect(names(await cluster.readStream('release'))).toHaveLength(1);
});

test.concurrent('a tag that the API server finds invalid is an error, no change of the world', async () => {
  const cluster = await releaseCluster();
  const target = await cluster.target();
  await expect(addTag(cluster.client, target, { name: '' })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining(' is invalid: '),
  });
});

test.concurrent('core P19: adding to a stream that is gone writes nothing, and says so', async () => {
  const cluster = await releaseCluster();
  const target = await cluster.target();
  await cluster.client.delete(imageStreams, cluster.namespace, 'release');
  expect(await addTag(cluster.client, target, { name: 'a' })).toBe(false);
});

test.concurrent('annotations are set, changed and removed; others stay', async () => {
  const cluster = await releaseCluster();
  await cluster.target([
    { name: 'other', annotations: { phase: 'Ready' } },
    { name: 'a', annotations: { phase: 'Pending', reason: 'x', kept: '1' } },
  ]);
  expect(await annotateTag(cluster.client, cluster.namespace, 'release', 'a', { phase: 'Ready', reason: undefined, added: '2' })).toBe(
    true,
  );
  expect(await annotated(cluster)).toEqual({ phase: 'Ready', kept: '1', added: '2' });
  expect(await annotated(cluster, 'other')).toEqual({ phase: 'Ready' });
});

test.concurrent('a value without text removes its key', async () => {
  const cluster = await releaseCluster();
  await cluster.target([{ name: 'a', annotations: { phase: 'Rejected', message: 'x' } }]);
  await annotateTag(cluster.client, cluster.namespace, 'release', 'a', { message: '' });
  expect(await annotated(cluster)).toEqual({ phase: 'Rejected' });
});

test.concurrent('an annotation without text that somebody set stays: `keep` counts by being there', async () => {
  const cluster = await releaseCluster();
  await cluster.target([{ name: 'a', annotations: { [annotation.keep]: '', phase: 'Pending' } }]);
  await annotateTag(cluster.client, cluster.namespace, 'release', 'a', { phase: 'Ready' });
  expect(await annotated(cluster)).toEqual({ [annotation.keep]: '', phase: 'Ready' });
});

test.concurrent('a tag without annotations gets its first', async () => {
  const cluster = await releaseCluster();
  await cluster.target([{ name: 'a' }]);
  await annotateTag(cluster.client, cluster.namespace, 'release', 'a', { phase: 'Ready' });
  expect(await annotated(cluster)).toEqual({ phase: 'Ready' });
});

test.concurrent('what is there already is not written again', async () => {
  const cluster = await releaseCluster();
  const { metadata } = await cluster.target([{ name: 'a', annotations: { phase: 'Ready' } }]);
  expect(await annotateTag(cluster.client, cluster.namespace, 'release', 'a', { phase: 'Ready', reason: undefined })).toBe(true);
  expect((await cluster.readStream('release')).metadata.resourceVersion).toBe(metadata.resourceVersion);
});

test.concurrent('a tag or a stream that vanished is told', async () => {
  const cluster = await releaseCluster();
  await cluster.target([{ name: 'a' }]);
  expect(await annotateTag(cluster.client, cluster.namespace, 'release', 'b', { phase: 'Ready' })).toBe(false);
  expect(await annotateTag(cluster.client, cluster.namespace, 'none', 'a', { phase: 'Ready' })).toBe(false);
});

test.concurrent('a tag that changed its place in the list keeps its own annotations', async () => {
  const cluster = await releaseCluster();
  await cluster.target([
    { name: 'b', annotations: { own: 'b' } },
    { name: 'a', annotations: { own: 'a' } },
  ]);
  const remove = (name: string) =>
    cluster.change<ImageStream>(imageStreams, cluster.namespace, 'release', (stream) => ({
      ...stream,
      spec: { ...stream.spec, tags: (stream.spec?.tags ?? []).filter((tag) => tag.name !== name) },
    }));
  await Promise.all([remove('b'), annotateTag(cluster.client, cluster.namespace, 'release', 'a', { phase: 'Ready' })]);
  expect(await annotated(cluster)).toEqual({ own: 'a', phase: 'Ready' });
});

test.concurrent('two writers of one tag, twenty times: nothing is lost', async () => {
  const cluster = await releaseCluster();
  await cluster.target([{ name: 'a' }]);
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(
      ['left', 'right'].map((side) =>
        annotateTag(cluster.client, cluster.namespace, 'release', 'a', { [side]: `${round}`, [`${side}-${round}`]: 'x' }),
      ),
    );
    expect(await annotated(cluster)).toMatchObject({ left: `${round}`, right: `${round}` });
  }
  expect(Object.keys((await annotated(cluster)) ?? {})).toHaveLength(42);
});
