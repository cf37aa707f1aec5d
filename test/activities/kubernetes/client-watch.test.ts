import { mkdtempSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isGone, KubernetesClient, KubernetesError, type WatchEvent } from '../../../activities/kubernetes/client.ts';
import { configMaps } from '../../../activities/kubernetes/resources.ts';
import { eventually } from '../../support/wait.ts';
import { configMap, freshNamespace, type ConfigMap } from './client-scene.ts';

const refused = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

test.concurrent('a hundred watches leave connections for requests', async () => {
  const { client, namespace } = await freshNamespace();
  const { resourceVersion } = await client.list(configMaps, namespace);
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  for (let count = 0; count < 100; count += 1)
    void client.watch(configMaps, { namespace, resourceVersion, signal: stop.signal }, () => undefined).catch(() => undefined);
  await client.create(configMaps, configMap(namespace, 'heard'));
  expect(await client.get(configMaps, namespace, 'heard')).toBeDefined();
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
    const { client, namespace } = await freshNamespace();
    await client.create(configMaps, configMap(namespace, 'before'));
    const { resourceVersion } = await client.list(configMaps, namespace);
    await client.create(configMaps, configMap(namespace, 'a'));
    const { seen, stop, done } = watching(client, namespace, resourceVersion);
    await client.patch(configMaps, namespace, 'a', { data: { x: '1' } });
    await client.delete(configMaps, namespace, 'a');
    await eventually('three events', () => seen.length >= 3);
    stop.abort();
    await done;
    expect(seen).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  test('ends without an error when the server ends it', async () => {
    const { client, namespace } = await freshNamespace();
    const { resourceVersion } = await client.list(configMaps, namespace);
    const { done } = watching(client, namespace, resourceVersion, 1);
    await expect(done).resolves.toBeUndefined();
  });

  test('ends with the error of whoever handles the events', async () => {
    const { client, namespace } = await freshNamespace();
    const { resourceVersion } = await client.list(configMaps, namespace);
    await client.create(configMaps, configMap(namespace, 'a'));
    const signal = new AbortController().signal;
    const failing = client.watch(configMaps, { namespace, resourceVersion, signal }, () => Promise.reject(new Error('not now')));
    await expect(failing).rejects.toThrow('not now');
  });

  test('a version from the future is not believed', async () => {
    const { client, namespace } = await freshNamespace();
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
  const added = { type: 'ADDED', object: configMap('n', 'a') };
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
