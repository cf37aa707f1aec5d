import { describe, expect, test } from 'vitest';
import type { KubernetesClient } from '../../../activities/kubernetes/client.ts';
import { reimport, reimportActivities } from '../../../activities/kubernetes/reimport.ts';
import { ReleaseNamespaces } from '../../../activities/kubernetes/release-namespaces.ts';
import { configMaps, imageStreams } from '../../../activities/kubernetes/resources.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import { frontedStack } from '../../support/front.ts';
import { mortal } from '../../support/mortal-client.ts';
import { eventually } from '../../support/wait.ts';
import {
  createStream,
  dockerImage,
  failureOf,
  giveOrders,
  newest,
  playedStack,
  readStream,
  streamWhen,
} from '../../infra/sandbox/played.ts';

const stack = playedStack('reimport');
const fronted = frontedStack();

/** A stream whose tag `cli` can not be imported until orders are taken back. */
async function scene() {
  const namespace = await stack.freshNamespace('reimport');
  const orders = await giveOrders(stack, 'import-rules', [{ namespace: `^${namespace}$`, repository: 'broken', outcome: 'fail' }]);
  const stream = await createStream(stack, namespace, 'input', [
    dockerImage('cli', 'quay.io/broken/cli:1'),
    dockerImage('etcd', 'quay.io/works/etcd:1'),
    { name: 'alias', from: { kind: 'ImageStreamTag', name: 'etcd' } },
  ]);
  await streamWhen(
    stack,
    stream,
    'a failed import',
    (current) => failureOf(current, 'cli') !== undefined && newest(current, 'etcd') !== undefined,
  );
  const heal = () => stack.kubernetes.patch(configMaps, 'sandbox', orders.metadata.name, { data: { 'rules.yaml': '[]' } });
  return { namespace, stream, id: { namespace, name: 'input' }, heal };
}

const clients: [string, () => KubernetesClient][] = [
  ['a stream alone', () => stack.kubernetes],
  ['imagestreamimports', () => fronted().client],
];

describe.each(clients)('by %s', (_, client) => {
  test('a failed tag is imported again', async () => {
    const { stream, id, heal } = await scene();
    const triedAt = (current: ImageStream) => failureOf(current, 'cli')?.generation ?? 0;
    const before = await readStream(stack, stream);
    await reimport(client(), id);
    const again = await streamWhen(stack, stream, 'another try', (current) => triedAt(current) > triedAt(before));
    expect(newest(again, 'etcd')).toEqual(newest(before, 'etcd'));

    await heal();
    // The played system learns of the order a moment later; a tag that it has imported meanwhile is asked for no more.
    await eventually('an import that works', async () => (await reimport(client(), id)).every(({ ok }) => ok));
    await streamWhen(
      stack,
      stream,
      'the image',
      (current) => newest(current, 'cli') !== undefined && failureOf(current, 'cli') === undefined,
    );
    expect(await reimport(client(), id)).toEqual([]);
  });

  test('a tag that is none of the stream, or points at a tag, is refused by name', async () => {
    const { id } = await scene();
    expect(await reimport(client(), id, ['alias', 'none', 'etcd'])).toEqual([
      { tag: 'etcd', ok: true },
      { tag: 'alias', ok: false, message: 'it is no tag that points at an image' },
      { tag: 'none', ok: false, message: 'it is no tag that points at an image' },
    ]);
    expect(await reimport(client(), { ...id, name: 'none' })).toEqual([]);
  });
});

test.each(clients)('by %s a worker that dies when it has asked leaves it to the next one, which asks again', async (_, client) => {
  const { stream, id, heal } = await scene();
  const other = newest(await readStream(stack, stream), 'etcd');
  await heal();
  await expect(reimport(mortal(client()), id, ['cli'])).rejects.toThrow('killed');
  expect(await reimport(client(), id, ['cli'])).toEqual([{ tag: 'cli', ok: true }]);
  const { spec } = await streamWhen(stack, stream, 'the image', (current) => newest(current, 'cli') !== undefined);
  expect(spec?.tags?.map(({ name }) => name)).toEqual(['cli', 'etcd', 'alias']);
  expect(newest(await readStream(stack, stream), 'etcd')).toEqual(other);
});

test('with imagestreamimports the answer tells why it failed again', async () => {
  const { id } = await scene();
  expect(await reimport(fronted().client, id, ['cli'])).toEqual([
    { tag: 'cli', ok: false, message: 'dockerimage.image.openshift.io "quay.io/broken/cli:1" not found' },
  ]);
});

test('with imagestreamimports a stream that is written meanwhile is asked for again', async () => {
  const { id } = await scene();
  const { client } = fronted();
  let others = 2;
  const contended = Object.assign(Object.create(client) as KubernetesClient, {
    get: client.get.bind(client),
    raw: client.raw.bind(client),
    create: async (...given: Parameters<KubernetesClient['create']>) => {
      others -= 1;
      if (others >= 0) await client.patch(imageStreams, id.namespace, id.name, { metadata: { labels: { written: String(others) } } });
      return client.create(...given);
    },
  });
  expect(await reimport(contended, id, ['etcd'])).toEqual([{ tag: 'etcd', ok: true }]);
});

test('failed imports are found in streams with a release config, not at their end of life', async () => {
  const { namespace, id } = await scene();
  const { findFailedImports } = reimportActivities({
    client: stack.kubernetes,
    releaseNamespaces: new ReleaseNamespaces(stack.kubernetes, [namespace]),
  });
  const configure = (config: object) =>
    stack.kubernetes.patch(imageStreams, namespace, id.name, {
      metadata: { annotations: { [annotation.config]: JSON.stringify(config) } },
    });
  expect(await findFailedImports()).toEqual([]);
  await configure({ name: 'x', to: 'release' });
  expect(await findFailedImports()).toMatchObject([{ namespace, stream: 'input', tag: 'cli' }]);
  await configure({ name: 'x', to: 'release', endOfLife: true });
  expect(await findFailedImports()).toEqual([]);
});
