import { expect, it } from 'vitest';
import { configMaps, imageStreams } from '../../../../activities/kubernetes/resources.ts';
import type { ImageStream } from '../../../../domain/payload/kinds.ts';
import { digestOf } from '../../../../infra/oci/image.ts';
import { pushImage } from '../../../../infra/oci/push.ts';
import { recordImagePush } from '../../../../infra/sandbox/images/image-push.ts';
import { changeStream, createStream, dockerImage, failureOf, giveOrders, newest, playedStack, readStream, streamWhen } from '../played.ts';

const stack = playedStack('import');
const elsewhere = `quay.io/x/y@sha256:${'a'.repeat(64)}`;
const pointedAt =
  (name: string, image: string) =>
  (stream: ImageStream): ImageStream => ({
    ...stream,
    spec: {
      ...stream.spec,
      tags: (stream.spec?.tags ?? []).map((tag) => (tag.name === name ? { ...tag, from: { kind: 'DockerImage', name: image } } : tag)),
    },
  });

it('says where a stream is, inside the cluster and outside', async () => {
  const namespace = await stack.freshNamespace('import');
  const { status } = await streamWhen(
    stack,
    await createStream(stack, namespace, 's'),
    'its repositories',
    (stream) => stream.status !== undefined,
  );
  expect(status).toMatchObject({
    dockerImageRepository: `image-registry.openshift-image-registry.svc:5000/${namespace}/s`,
    publicDockerImageRepository: `${stack.registry}/${namespace}/s`,
  });
});

it('imports images: by the digest they are named by, from the local registry, or made from the name', async () => {
  const namespace = await stack.freshNamespace('import');
  const pushed = await pushImage(stack.registry, `${namespace}/inputs`, 'v1', { files: { a: namespace } });
  const created = await createStream(stack, namespace, 's', [
    dockerImage('named', elsewhere),
    dockerImage('local', `${stack.registry}/${namespace}/inputs:v1`),
    dockerImage('far', 'quay.io/x/z:v1'),
  ]);
  const stream = await streamWhen(stack, created, 'three images', ({ status }) => status?.tags?.length === 3);
  expect(newest(stream, 'named')).toMatchObject({ image: `sha256:${'a'.repeat(64)}`, dockerImageReference: elsewhere });
  expect(newest(stream, 'local')).toMatchObject({ image: pushed, dockerImageReference: `${stack.registry}/${namespace}/inputs@${pushed}` });
  expect(newest(stream, 'far')?.image).toBe(digestOf('quay.io/x/z:v1'));
  for (const tag of stream.spec?.tags ?? []) expect(newest(stream, tag.name)?.generation).toBe(tag.generation);
});

it('imports again when a tag is pointed elsewhere, newest first, at a newer generation', async () => {
  const namespace = await stack.freshNamespace('import');
  const created = await createStream(stack, namespace, 's', [dockerImage('a', 'quay.io/x/a:1'), dockerImage('b', 'quay.io/x/b:1')]);
  const first = await streamWhen(stack, created, 'the import', (stream) => newest(stream, 'a') !== undefined);
  await changeStream(stack, created, pointedAt('a', 'quay.io/x/a:2'));
  const second = await streamWhen(
    stack,
    created,
    'the second import',
    (stream) => newest(stream, 'a')?.image === digestOf('quay.io/x/a:2'),
  );
  expect(second.status?.tags?.find(({ tag }) => tag === 'a')?.items?.map(({ image }) => image)).toEqual([
    digestOf('quay.io/x/a:2'),
    digestOf('quay.io/x/a:1'),
  ]);
  expect(newest(second, 'a')?.generation).toBeGreaterThan(newest(first, 'a')?.generation ?? 0);
  expect(newest(second, 'b')).toEqual(newest(first, 'b'));
});

it('takes images from other streams, and waits for a stream that is not there', async () => {
  const namespace = await stack.freshNamespace('import');
  const image = `source@sha256:${'a'.repeat(64)}`;
  const created = await createStream(stack, namespace, 's', [
    { name: 'image', from: { kind: 'ImageStreamImage', name: image } },
    { name: 'tag', from: { kind: 'ImageStreamTag', name: 'source:x' } },
    { name: 'alias', from: { kind: 'ImageStreamTag', name: 'tag' } },
  ]);
  const waiting = await streamWhen(stack, created, 'the failures', (stream) => failureOf(stream, 'alias') !== undefined);
  expect(failureOf(waiting, 'image')).toMatchObject({
    status: 'False',
    reason: 'NotFound',
    message: `imagestreamimages.image.openshift.io "${image}" not found`,
    generation: 1,
  });
  expect(failureOf(waiting, 'tag')).toMatchObject({
    reason: 'NotFound',
    message: 'imagestreamtags.image.openshift.io "source:x" not found',
  });

  await createStream(stack, namespace, 'source', [dockerImage('x', elsewhere)]);
  const healed = await streamWhen(
    stack,
    created,
    'three images',
    (stream) => newest(stream, 'alias') !== undefined && newest(stream, 'image') !== undefined,
  );
  for (const name of ['image', 'tag', 'alias']) {
    expect(newest(healed, name)).toMatchObject({ image: `sha256:${'a'.repeat(64)}`, dockerImageReference: elsewhere });
    expect(failureOf(healed, name)).toBeUndefined();
  }
});

it('only notes where a reference points', async () => {
  const namespace = await stack.freshNamespace('import');
  const created = await createStream(stack, namespace, 's', [{ ...dockerImage('a', 'quay.io/x/a:1'), reference: true }]);
  const stream = await streamWhen(stack, created, 'the reference', (each) => newest(each, 'a') !== undefined);
  expect(newest(stream, 'a')).toMatchObject({ image: '', dockerImageReference: 'quay.io/x/a:1' });
});

it('leaves a tag without a source to those who push it', async () => {
  const namespace = await stack.freshNamespace('import');
  const created = await createStream(stack, namespace, 's', [{ name: 'pushed' }]);
  const atRest = await streamWhen(stack, created, 'its repositories', ({ status }) => status !== undefined);
  expect(atRest.status?.tags ?? []).toEqual([]);
  for (const image of [digestOf('1'), digestOf('2'), digestOf('2')])
    await recordImagePush(stack.kubernetes, { namespace, stream: 's', tag: 'pushed', image });
  const { status } = await readStream(stack, created);
  expect(status?.tags?.[0]?.items?.map(({ dockerImageReference }) => dockerImageReference)).toEqual(
    [2, 1].map((n) => `image-registry.openshift-image-registry.svc:5000/${namespace}/s@${digestOf(String(n))}`),
  );
});

it('fails as ordered, keeps what was imported before, and heals when the order is gone', async () => {
  const namespace = await stack.freshNamespace('import');
  const created = await createStream(stack, namespace, 's', [dockerImage('a', 'quay.io/x/a:1')]);
  await streamWhen(stack, created, 'the import', (stream) => newest(stream, 'a') !== undefined);
  const orders = await giveOrders(stack, 'import-rules', [
    { repository: '^quay\\.io/x/a$', namespace: `^${namespace}$`, outcome: 'fail', message: 'quay is closed' },
  ]);
  await changeStream(stack, created, pointedAt('a', 'quay.io/x/a:2'));
  const failed = await streamWhen(stack, created, 'the failure', (stream) => failureOf(stream, 'a') !== undefined);
  expect(failureOf(failed, 'a')).toMatchObject({
    status: 'False',
    message: 'quay is closed',
    generation: failed.spec?.tags?.[0]?.generation,
  });
  expect(newest(failed, 'a')?.image).toBe(digestOf('quay.io/x/a:1'));

  await stack.kubernetes.delete(configMaps, 'sandbox', orders.metadata.name);
  const healed = await streamWhen(stack, created, 'the import', (stream) => newest(stream, 'a')?.image === digestOf('quay.io/x/a:2'));
  expect(failureOf(healed, 'a')).toBeUndefined();
});

it('takes its time as ordered', async () => {
  const namespace = await stack.freshNamespace('import');
  await giveOrders(stack, 'import-rules', [{ repository: 'slow', namespace: `^${namespace}$`, seconds: 0.5 }]);
  const begun = Date.now();
  const created = await createStream(stack, namespace, 's', [
    dockerImage('slow', 'quay.io/x/slow:1'),
    dockerImage('quick', 'quay.io/x/quick:1'),
  ]);
  const early = await streamWhen(stack, created, 'the quick one', (stream) => newest(stream, 'quick') !== undefined);
  expect(newest(early, 'slow')).toBeUndefined();
  await streamWhen(stack, created, 'the slow one', (stream) => newest(stream, 'slow') !== undefined);
  expect(Date.now() - begun).toBeGreaterThanOrEqual(450);
});

it('says what is wrong with a name that is none', async () => {
  const namespace = await stack.freshNamespace('import');
  const created = await createStream(stack, namespace, 's', [dockerImage('a', 'quay.io/X Y')]);
  const stream = await streamWhen(stack, created, 'the failure', (each) => failureOf(each, 'a') !== undefined);
  expect(failureOf(stream, 'a')).toMatchObject({ reason: 'InvalidReference', message: '"quay.io/X Y" is not a valid image reference' });
});

it('does not write a stream that is at rest', async () => {
  const namespace = await stack.freshNamespace('import');
  const created = await createStream(stack, namespace, 's', [dockerImage('a', 'quay.io/x/a:1'), dockerImage('bad', 'X')]);
  const atRest = await streamWhen(stack, created, 'the import', (stream) => stream.status?.tags?.length === 2);
  await stack.kubernetes.patch(imageStreams, namespace, 's', { metadata: { labels: { touched: 'true' } } });
  // a second stream that is imported afterwards shows that the sandbox has looked at the first one
  const later = await createStream(stack, namespace, 'later', [dockerImage('a', 'quay.io/x/a:1')]);
  await streamWhen(stack, later, 'the later import', (stream) => newest(stream, 'a') !== undefined);
  const { metadata, status } = await readStream(stack, created);
  expect(status).toEqual(atRest.status);
  expect(metadata.generation).toBe(atRest.metadata.generation);
});

it('imports a thousand tags', async () => {
  const namespace = await stack.freshNamespace('import');
  const tags = Array.from({ length: 1000 }, (_, index) => dockerImage(`t${index}`, `quay.io/x/y:${index}`));
  const created = await createStream(stack, namespace, 's', tags);
  const stream = await streamWhen(stack, created, 'all images', ({ status }) => (status?.tags ?? []).length > 0);
  expect(stream.status?.tags).toHaveLength(1000);
});
