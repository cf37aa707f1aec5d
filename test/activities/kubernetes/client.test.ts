import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  isAlreadyExists,
  isConflict,
  isGone,
  KubernetesClient,
  KubernetesError,
  type KubernetesObject,
  type WatchEvent,
} from '../../../activities/kubernetes/client.ts';
import { configMaps, imageStreams, namespaces, prowJobs } from '../../../activities/kubernetes/resources.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import { testStack } from '../../support/stack.ts';
import { eventually } from '../../support/wait.ts';

type ConfigMap = KubernetesObject & { data?: Record<string, string> };
const map = (namespace: string, name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name },
  data,
});

async function fresh() {
  const stack = testStack();
  return { client: stack.kubernetes, namespace: await stack.freshNamespace('client') };
}

const refused = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

test.concurrent('a hundred watches leave connections for requests', async () => {
  const { client, namespace } = await fresh();
  const { resourceVersion } = await client.list(configMaps, namespace);
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  for (let count = 0; count < 100; count += 1)
    void client.watch(configMaps, { namespace, resourceVersion, signal: stop.signal }, () => undefined).catch(() => undefined);
  await client.create(configMaps, map(namespace, 'heard'));
  expect(await client.get(configMaps, namespace, 'heard')).toBeDefined();
});

describe('objects', () => {
  test.concurrent('one that is not there is undefined, and deleting it is no news', async () => {
    const { client, namespace } = await fresh();
    expect(await client.get(configMaps, namespace, 'none')).toBeUndefined();
    expect(await client.delete(configMaps, namespace, 'none')).toBe(false);
  });

  test.concurrent('a second creation says AlreadyExists', async () => {
    const { client, namespace } = await fresh();
    await client.create(configMaps, map(namespace, 'a'));
    const error = await refused(client.create(configMaps, map(namespace, 'a')));
    expect(error).toMatchObject({ name: 'KubernetesError', status: 409, reason: 'AlreadyExists' });
    expect([isAlreadyExists(error), isConflict(error)]).toEqual([true, false]);
  });

  test.concurrent('a write on an old version says Conflict and changes nothing', async () => {
    const { client, namespace } = await fresh();
    const old = await client.create(configMaps, map(namespace, 'a', { by: 'first' }));
    await client.replace(configMaps, { ...old, data: { by: 'second' } });
    const error = await refused(client.replace(configMaps, { ...old, data: { by: 'third' } }));
    expect([isConflict(error), isAlreadyExists(error)]).toEqual([true, false]);
    expect((await client.get<ConfigMap>(configMaps, namespace, 'a'))?.data).toEqual({ by: 'second' });
  });

  test.concurrent('fields that we do not know survive a read and a write', async () => {
    const { client, namespace } = await fresh();
    const unknown = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { namespace, name: 's' },
      spec: { tags: [{ name: 'a', futureField: { x: 1 } }] },
    };
    await client.create<ImageStream>(imageStreams, unknown);
    // A sandbox of another test plays image import for every stream of the cluster, this one too.
    const written = await eventually('a write without conflict', async () => {
      const read = (await client.get<ImageStream>(imageStreams, namespace, 's')) as ImageStream;
      return client.replace(imageStreams, { ...read, metadata: { ...read.metadata, labels: { a: 'b' } } });
    });
    expect(written.spec?.tags?.[0]).toMatchObject({ futureField: { x: 1 } });
  });

  test.concurrent('a JSON patch whose test does not hold is refused with 422', async () => {
    const { client, namespace } = await fresh();
    await client.create(configMaps, map(namespace, 'a', { x: '1' }));
    const patch = (expected: string) => [
      { op: 'test', path: '/data/x', value: expected },
      { op: 'replace', path: '/data/x', value: '2' },
    ];
    expect(await refused(client.patch(configMaps, namespace, 'a', patch('0')))).toMatchObject({ status: 422 });
    expect(await client.patch(configMaps, namespace, 'a', patch('1'))).toMatchObject({ data: { x: '2' } });
  });

  test.concurrent('a merge patch adds, changes and removes', async () => {
    const { client, namespace } = await fresh();
    await client.create(configMaps, map(namespace, 'a', { gone: '1', changed: '1', kept: '1' }));
    const { data } = await client.patch<ConfigMap>(configMaps, namespace, 'a', { data: { gone: null, changed: '2', added: '3' } });
    expect(data).toEqual({ changed: '2', kept: '1', added: '3' });
  });

  test.concurrent('a status is written beside the spec, and the spec beside the status', async () => {
    const { client, namespace } = await fresh();
    const stream: ImageStream = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { namespace, name: 's' },
      spec: { tags: [{ name: 'a' }] },
    };
    await client.create(imageStreams, stream);
    const items = [{ created: '2025-06-01T12:00:00Z', dockerImageReference: 'example.test/a', image: 'sha256:a', generation: 9 }];
    const status = { tags: [{ tag: 'a', items }] };
    const withStatus = await eventually('the status', async () => {
      const current = await client.get<ImageStream>(imageStreams, namespace, 's');
      return current && client.replaceStatus(imageStreams, { ...current, spec: { tags: [] }, status: { ...current.status, ...status } });
    });
    expect(withStatus.spec?.tags?.map(({ name }) => name)).toEqual(['a']);
    const patched = await client.patch<ImageStream>(imageStreams, namespace, 's', {
      status: { tags: [] },
      metadata: { labels: { a: 'b' } },
    });
    expect(patched.status?.tags).toEqual(status.tags);
    expect(
      await client.patch<ImageStream>(imageStreams, namespace, 's', { status: { tags: [] } }, { subresource: 'status' }),
    ).toMatchObject({ status: { tags: [] } });
  });

  test.concurrent('a deletion that names another uid says Conflict and deletes nothing', async () => {
    const { client, namespace } = await fresh();
    const { metadata } = await client.create(configMaps, map(namespace, 'a'));
    expect(isConflict(await refused(client.delete(configMaps, namespace, 'a', { uid: '00000000-0000-0000-0000-000000000000' })))).toBe(
      true,
    );
    expect(await client.delete(configMaps, namespace, 'a', { uid: metadata.uid ?? '' })).toBe(true);
    expect(await client.get(configMaps, namespace, 'a')).toBeUndefined();
  });

  test.concurrent('what the API server refuses as invalid is told in its words', async () => {
    const { client, namespace } = await fresh();
    const error = await refused(client.create(configMaps, map(namespace, 'Not A Name')));
    expect(error).toBeInstanceOf(KubernetesError);
    expect(error).toMatchObject({ status: 422, reason: 'Invalid', message: expect.stringContaining('Not A Name') });
  });

  test.concurrent('server-side apply makes and changes; lists select by label', async () => {
    const { client, namespace } = await fresh();
    const apply = (data: Record<string, string>) =>
      client.patch<ConfigMap>(
        configMaps,
        namespace,
        'a',
        { ...map(namespace, 'a', data), metadata: { namespace, name: 'a', labels: { mine: 'yes' } } },
        { fieldManager: 'test' },
      );
    await apply({ x: '1', y: '1' });
    expect((await apply({ x: '2' })).data).toEqual({ x: '2' });
    await client.create(configMaps, map(namespace, 'b'));
    const { items, resourceVersion } = await client.list<ConfigMap>(configMaps, namespace, { labelSelector: 'mine=yes' });
    expect([items.map(({ metadata }) => metadata.name), resourceVersion]).toEqual([['a'], expect.stringMatching(/^\d+$/)]);
    expect(
      (await client.list<KubernetesObject>(namespaces, undefined, { fieldSelector: `metadata.name=${namespace}` })).items,
    ).toHaveLength(1);
  });
});

describe('a watch', () => {
  function watching(client: KubernetesClient, namespace: string, resourceVersion: string, timeoutSeconds?: number) {
    const seen: string[] = [];
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const options = { namespace, resourceVersion, signal: stop.signal, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) };
    const done = client.watch<ConfigMap>(
      configMaps,
      options,
      ({ type, object }: WatchEvent<ConfigMap>) => void seen.push(type === 'BOOKMARK' ? type : `${type} ${object.metadata.name}`),
    );
    done.catch(() => undefined);
    return { seen, stop, done };
  }

  test('tells every change since the version, and ends when it is stopped', async () => {
    const { client, namespace } = await fresh();
    await client.create(configMaps, map(namespace, 'before'));
    const { resourceVersion } = await client.list(configMaps, namespace);
    await client.create(configMaps, map(namespace, 'a'));
    const { seen, stop, done } = watching(client, namespace, resourceVersion);
    await client.patch(configMaps, namespace, 'a', { data: { x: '1' } });
    await client.delete(configMaps, namespace, 'a');
    await eventually('three events', () => seen.length >= 3);
    stop.abort();
    await done;
    expect(seen).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  test('ends without an error when the server ends it', async () => {
    const { client, namespace } = await fresh();
    const { resourceVersion } = await client.list(configMaps, namespace);
    const { done } = watching(client, namespace, resourceVersion, 1);
    await expect(done).resolves.toBeUndefined();
  });

  test('ends with the error of whoever handles the events', async () => {
    const { client, namespace } = await fresh();
    const { resourceVersion } = await client.list(configMaps, namespace);
    await client.create(configMaps, map(namespace, 'a'));
    const signal = new AbortController().signal;
    const failing = client.watch(configMaps, { namespace, resourceVersion, signal }, () => Promise.reject(new Error('not now')));
    await expect(failing).rejects.toThrow('not now');
  });

  test('a version from the future is not believed', async () => {
    const { client, namespace } = await fresh();
    const signal = new AbortController().signal;
    const error = await refused(client.watch(configMaps, { namespace, resourceVersion: 'not-a-version', signal }, () => undefined));
    expect(error).toBeInstanceOf(KubernetesError);
  });
});

describe('an API server that', () => {
  /** A client of an HTTP server that answers as it likes. */
  async function clientOf(answer: http.RequestListener): Promise<KubernetesClient> {
    const server = http.createServer(answer).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((listening) => server.once('listening', listening));
    const kubeconfig = join(mkdtempSync(join(tmpdir(), 'kubeconfig-')), 'config');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'u', user: {} }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    );
    return KubernetesClient.connect(kubeconfig);
  }
  const line = (event: object) => `${JSON.stringify(event)}\n`;
  const added = { type: 'ADDED', object: map('n', 'a') };
  const watch = (client: KubernetesClient, seen: string[] = []) =>
    client.watch(
      configMaps,
      { resourceVersion: '1', signal: new AbortController().signal },
      ({ object }) => void seen.push(object.metadata.name),
    );

  test('sends a bookmark: it was asked for, and is told like an event', async () => {
    const asked: (string | undefined)[] = [];
    const bookmark = { type: 'BOOKMARK', object: { kind: 'ConfigMap', metadata: { resourceVersion: '77' } } };
    const client = await clientOf((request, response) => {
      asked.push(request.url);
      response.end(line(bookmark));
    });
    const seen: unknown[] = [];
    await client.watch(configMaps, { resourceVersion: '1', signal: new AbortController().signal }, (event) => void seen.push(event));
    expect(seen).toEqual([bookmark]);
    expect(asked).toEqual(['/api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=1&timeoutSeconds=290']);
  });

  test('has forgotten the version says so at once or in the stream: both mean gone', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (2)' };
    const atOnce = await clientOf((_request, response) =>
      response.writeHead(410, { 'content-type': 'application/json' }).end(JSON.stringify(status)),
    );
    const inStream = await clientOf((_request, response) => response.end(line(added) + line({ type: 'ERROR', object: status })));
    const seen: string[] = [];
    expect(isGone(await refused(watch(atOnce)))).toBe(true);
    expect(isGone(await refused(watch(inStream, seen)))).toBe(true);
    expect(seen).toEqual(['a']);
  });

  test('drops the connection in the middle of a watch ends it', async () => {
    const client = await clientOf((_request, response) => {
      response.write(line(added));
      setImmediate(() => response.socket?.destroy());
    });
    const seen: string[] = [];
    // Ended or failed: the caller goes on in both cases, it must only not wait for ever.
    await refused(watch(client, seen));
    expect(seen.length).toBeLessThanOrEqual(1);
  });

  test('drops the connection in the middle of an event does not lose it unnoticed', async () => {
    const client = await clientOf((_request, response) => {
      response.write(line(added) + line(added).slice(0, 20));
      setTimeout(() => response.socket?.destroy(), 20);
    });
    const seen: string[] = [];
    await refused(watch(client, seen));
    expect(seen).toEqual(['a']);
  });

  test('goes silent ends a watch as well, some time after the server should have ended it', async () => {
    const silence = new AbortController();
    const deadlines: number[] = [];
    const clock = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      deadlines.push(ms);
      return silence.signal;
    });
    onTestFinished(() => clock.mockRestore());
    const seen: string[] = [];
    const client = await clientOf((_request, response) => void response.write(line(added)));
    const watched = refused(watch(client, seen));
    await eventually('the event', () => seen.length === 1);
    silence.abort(new Error('it took too long'));
    expect(await watched).toBeInstanceOf(Error);
    expect(deadlines).toEqual([305_000]);
  });

  test('drops the connection in the middle of an answer is an error', async () => {
    const client = await clientOf((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"items":');
      setTimeout(() => response.socket?.destroy(), 20);
    });
    await expect(client.list(configMaps)).rejects.toThrow();
  });

  test('answers with a page of a proxy is quoted', async () => {
    const client = await clientOf((_request, response) => response.writeHead(502).end('<html>Bad Gateway</html>'));
    expect(await refused(client.get(configMaps, 'n', 'a'))).toMatchObject({
      status: 502,
      reason: 'HTTP 502',
      message: '<html>Bad Gateway</html>',
    });
  });
});

describe('several clusters', () => {
  test('resources of one group go to the cluster that is named for it, all others to the first', async () => {
    const asked: string[] = [];
    const server = http.createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('{"items":[],"metadata":{"resourceVersion":"1"}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const elsewhere = join(mkdtempSync(join(tmpdir(), 'waybill-elsewhere-')), 'kubeconfig');
    onTestFinished(() => rmSync(dirname(elsewhere), { recursive: true }));
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'prow', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
      contexts: [{ name: 'prow', context: { cluster: 'prow', user: '' } }],
      'current-context': 'prow',
    };
    writeFileSync(elsewhere, JSON.stringify(config));
    const client = KubernetesClient.connect(testStack().kubeconfig, { elsewhere: { 'prow.k8s.io': elsewhere } });
    expect((await client.list(prowJobs, 'ci')).items).toEqual([]);
    await client.list(namespaces);
    await client.list(imageStreams, 'default');
    expect(asked).toEqual(['/apis/prow.k8s.io/v1/namespaces/ci/prowjobs']);
  });
});
