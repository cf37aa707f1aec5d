import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  isAlreadyExists,
  isConflict,
  KubernetesClient,
  KubernetesError,
  type KubernetesObject,
} from '../../../activities/kubernetes/client.ts';
import { configMaps, imageStreams, namespaces, prowJobs } from '../../../activities/kubernetes/resources.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import { testStack } from '../../support/stack.ts';
import { eventually } from '../../support/wait.ts';
import { configMap, freshNamespace, type ConfigMap } from './client-scene.ts';

const refused = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('objects', () => {
  test.concurrent('one that is not there is undefined, and deleting it is no news', async () => {
    const { client, namespace } = await freshNamespace();
    expect(await client.get(configMaps, namespace, 'none')).toBeUndefined();
    expect(await client.delete(configMaps, namespace, 'none')).toBe(false);
  });

  test.concurrent('a second creation says AlreadyExists', async () => {
    const { client, namespace } = await freshNamespace();
    await client.create(configMaps, configMap(namespace, 'a'));
    const error = await refused(client.create(configMaps, configMap(namespace, 'a')));
    expect(error).toMatchObject({ name: 'KubernetesError', status: 409, reason: 'AlreadyExists' });
    expect([isAlreadyExists(error), isConflict(error)]).toEqual([true, false]);
  });

  test.concurrent('a write on an old version says Conflict and changes nothing', async () => {
    const { client, namespace } = await freshNamespace();
    const old = await client.create(configMaps, configMap(namespace, 'a', { by: 'first' }));
    await client.replace(configMaps, { ...old, data: { by: 'second' } });
    const error = await refused(client.replace(configMaps, { ...old, data: { by: 'third' } }));
    expect([isConflict(error), isAlreadyExists(error)]).toEqual([true, false]);
    expect((await client.get<ConfigMap>(configMaps, namespace, 'a'))?.data).toEqual({ by: 'second' });
  });

  test.concurrent('fields that we do not know survive a read and a write', async () => {
    const { client, namespace } = await freshNamespace();
    const unknown = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { namespace, name: 's' },
      spec: { tags: [{ name: 'a', futureField: { x: 1 } }] },
    };
    await client.create<ImageStream>(imageStreams, unknown);
    const read = (await client.get<ImageStream>(imageStreams, namespace, 's')) as ImageStream;
    const written = await client.replace(imageStreams, { ...read, metadata: { ...read.metadata, labels: { a: 'b' } } });
    expect(written.spec?.tags?.[0]).toMatchObject({ futureField: { x: 1 } });
  });

  test.concurrent('what is written whole, or patched, may be answered by its metadata alone', async () => {
    const { client, namespace } = await freshNamespace();
    const old = await client.create(configMaps, configMap(namespace, 'a', { by: 'first' }));
    const replaced = await client.replace(configMaps, { ...old, data: { by: 'second' } }, { answer: 'metadata' });
    const patched = await client.patch<ConfigMap>(configMaps, namespace, 'a', { data: { and: 'third' } }, { answer: 'metadata' });
    expect([replaced, patched].map((answer) => [answer.metadata.name, 'data' in answer])).toEqual([
      ['a', false],
      ['a', false],
    ]);
    expect((await client.get<ConfigMap>(configMaps, namespace, 'a'))?.data).toEqual({ by: 'second', and: 'third' });
  });

  test.concurrent('what the API server remembers comes to be as it is', async () => {
    const { client, namespace } = await freshNamespace();
    expect(await client.get(configMaps, namespace, 'a', 'remembered')).toBeUndefined();
    await client.create(configMaps, configMap(namespace, 'a', { by: 'first' }));
    const remembered = await eventually('the memory', () => client.get<ConfigMap>(configMaps, namespace, 'a', 'remembered'));
    expect(remembered.data).toEqual({ by: 'first' });
  });

  test.concurrent('a JSON patch whose test does not hold is refused with 422', async () => {
    const { client, namespace } = await freshNamespace();
    await client.create(configMaps, configMap(namespace, 'a', { x: '1' }));
    const patch = (expected: string) => [
      { op: 'test', path: '/data/x', value: expected },
      { op: 'replace', path: '/data/x', value: '2' },
    ];
    expect(await refused(client.patch(configMaps, namespace, 'a', patch('0')))).toMatchObject({ status: 422 });
    expect(await client.patch(configMaps, namespace, 'a', patch('1'))).toMatchObject({ data: { x: '2' } });
  });

  test.concurrent('a merge patch adds, changes and removes', async () => {
    const { client, namespace } = await freshNamespace();
    await client.create(configMaps, configMap(namespace, 'a', { gone: '1', changed: '1', kept: '1' }));
    const { data } = await client.patch<ConfigMap>(configMaps, namespace, 'a', { data: { gone: null, changed: '2', added: '3' } });
    expect(data).toEqual({ changed: '2', kept: '1', added: '3' });
  });

  test.concurrent('a status is written beside the spec, and the spec beside the status', async () => {
    const { client, namespace } = await freshNamespace();
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
    const { client, namespace } = await freshNamespace();
    const { metadata } = await client.create(configMaps, configMap(namespace, 'a'));
    expect(isConflict(await refused(client.delete(configMaps, namespace, 'a', { uid: '00000000-0000-0000-0000-000000000000' })))).toBe(
      true,
    );
    expect(await client.delete(configMaps, namespace, 'a', { uid: metadata.uid ?? '' })).toBe(true);
    expect(await client.get(configMaps, namespace, 'a')).toBeUndefined();
  });

  test.concurrent('what the API server refuses as invalid is told in its words', async () => {
    const { client, namespace } = await freshNamespace();
    const error = await refused(client.create(configMaps, configMap(namespace, 'Not A Name')));
    expect(error).toBeInstanceOf(KubernetesError);
    expect(error).toMatchObject({ status: 422, reason: 'Invalid', message: expect.stringContaining('Not A Name') });
  });

  test.concurrent('server-side apply makes and changes; lists select by label', async () => {
    const { client, namespace } = await freshNamespace();
    const apply = (data: Record<string, string>) =>
      client.patch<ConfigMap>(
        configMaps,
        namespace,
        'a',
        { ...configMap(namespace, 'a', data), metadata: { namespace, name: 'a', labels: { mine: 'yes' } } },
        { fieldManager: 'test' },
      );
    await apply({ x: '1', y: '1' });
    expect((await apply({ x: '2' })).data).toEqual({ x: '2' });
    await client.create(configMaps, configMap(namespace, 'b'));
    const { items, resourceVersion } = await client.list<ConfigMap>(configMaps, namespace, { labelSelector: 'mine=yes' });
    expect([items.map(({ metadata }) => metadata.name), resourceVersion]).toEqual([['a'], expect.stringMatching(/^\d+$/)]);
    expect(
      (await client.list<KubernetesObject>(namespaces, undefined, { fieldSelector: `metadata.name=${namespace}` })).items,
    ).toHaveLength(1);
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
