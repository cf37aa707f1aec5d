import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { imageStreams, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { startServer } from '../../api/server.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

test('serves what is in the cluster, as it is now', async () => {
  const stack = testStack();
  const { kubernetes } = stack;
  const namespace = await stack.freshNamespace('serve');
  const name = stack.freshName('4.20.0-0.test');
  const source = { source: `${namespace}/art`, name };
  await kubernetes.create(imageStreams, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'art', namespace, annotations: { [annotation.config]: JSON.stringify({ name, to: 'release' }) } },
  });
  const status = { dockerImageRepository: '', publicDockerImageRepository: 'registry/art', tags: [{ tag: 'cli', items: [] }] };
  await kubernetes.patch(imageStreams, namespace, 'art', { status }, { subresource: 'status' });
  await kubernetes.create(imageStreams, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'release', namespace },
  });

  const log = pino({ level: 'silent' });
  const server = await startServer(stack.settings({ WAYBILL_RELEASE_NAMESPACES: namespace, WAYBILL_SERVE_PORT: '0' }), log);
  onTestFinished(() => server.close());
  const get = (path: string) => fetch(`${server.address}${path}`);
  await eventually('the server to be ready', async () => (await get('/readyz')).ok);
  expect(await (await get('/api/v1/releasestreams/all')).json()).toEqual({ [name]: null });

  const events = (await get('/api/waybill/v1/events')).body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await events?.read())?.value).toContain(': connected');
  const tag = `${name}-2026-01-01-000000`;
  const annotations = {
    [annotation.source]: source.source,
    [annotation.name]: name,
    [annotation.creationTimestamp]: '2026-01-01T00:00:00Z',
  };
  await kubernetes.patch(imageStreams, namespace, 'release', { spec: { tags: [{ name: tag, annotations }] } });
  expect((await events?.read())?.value).toBe(`event: changed\ndata: {"streams":["${name}"],"releases":[]}\n\n`);
  await kubernetes.create(releasePayloads, {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name: tag, namespace },
    spec: { payloadCoordinates: { namespace, streamName: name, imagestreamName: 'release', imagestreamTagName: tag } },
  });
  await eventually(
    'the release',
    async () => ((await (await get(`/api/waybill/v1/releases/${tag}`)).json()) as { phase?: string }).phase === 'Pending',
  );
  expect(await (await get('/metrics')).text()).toContain('waybill_cache_objects{resource="releasepayloads"} 1');
});
