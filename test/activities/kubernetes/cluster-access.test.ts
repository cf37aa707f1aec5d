import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { KubernetesClient } from '../../../activities/kubernetes/client.ts';
import { clusterAccess } from '../../../activities/kubernetes/cluster-access.ts';
import { configMaps } from '../../../activities/kubernetes/resources.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A kubeconfig with one context, in a folder that has the files it may name. */
function kubeconfig(cluster: object, user: object, folder = temporaryFolder('kubeconfig')): string {
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, `${name}.pem`), `the ${name}`);
  const path = join(folder, 'config');
  const config = {
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'ocp' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user }],
  };
  writeFileSync(path, stringify(config));
  return path;
}

/** What Kubernetes' own library makes of it. */
async function judged(path: string): Promise<https.RequestOptions> {
  const config = new KubeConfig();
  config.loadFromFile(path);
  const request: https.RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(request);
  delete request.agent;
  return request;
}

describe('a kubeconfig is read as Kubernetes’ library reads it', () => {
  test.each<[string, object, object]>([
    ['a token', { 'certificate-authority-data': base64('ca') }, { token: 'secret' }],
    [
      'a certificate',
      { 'certificate-authority-data': base64('ca') },
      { 'client-certificate-data': base64('c'), 'client-key-data': base64('k') },
    ],
    ['files beside it', { 'certificate-authority': 'ca.pem' }, { 'client-certificate': 'cert.pem', 'client-key': 'key.pem' }],
    ['no check of the server', { 'insecure-skip-tls-verify': true }, { token: 'secret' }],
    ['another name of the server', { 'tls-server-name': 'api.example.com' }, { token: 'secret' }],
    ['nobody in particular', {}, {}],
    ['a user to act as', {}, { token: 'secret', as: 'somebody' }],
    ['an unknown key', { extensions: [] }, { token: 'secret' }],
  ])('%s', async (_, cluster, user) => {
    const path = kubeconfig(cluster, user);
    const { server, signIn } = clusterAccess(path);
    const { agent: _agent, ...options } = await signIn();
    expect([server.href, options]).toEqual(['https://10.0.0.1:6443/', await judged(path)]);
  });
});

test('a plugin signs in', async () => {
  const apiVersion = 'client.authentication.k8s.io/v1';
  const plugin = join(temporaryFolder('plugin'), 'sign-in');
  writeFileSync(
    plugin,
    `#!/bin/sh\necho '${JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token: 'of the plugin' } })}'\n`,
  );
  chmodSync(plugin, 0o755);
  const path = kubeconfig({}, { exec: { apiVersion, command: plugin, interactiveMode: 'Never' } });
  const { headers } = await clusterAccess(path).signIn();
  expect(headers).toMatchObject({ Authorization: 'Bearer of the plugin' });
});

test('a Pod has its service account, whose token is read again', async () => {
  const pod = temporaryFolder('service-account');
  writeFileSync(join(pod, 'token'), 'of the Pod\n');
  writeFileSync(join(pod, 'ca.crt'), 'the ca');
  const env = { HOME: pod, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  const { server, authority, signIn } = clusterAccess(undefined, env, pod);
  expect([server.href, authority?.toString(), await signIn()]).toEqual([
    'https://[fd00::1]/',
    'the ca',
    { ca: Buffer.from('the ca'), headers: { Authorization: 'Bearer of the Pod' } },
  ]);
});

test('KUBECONFIG goes before the file at home, and that before the Pod', () => {
  const first = kubeconfig({ server: 'https://first' }, {});
  const home = temporaryFolder('home');
  mkdirSync(join(home, '.kube'));
  kubeconfig({ server: 'https://second' }, {}, join(home, '.kube'));
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.9', KUBERNETES_SERVICE_PORT: '443' };
  const serverOf = (env: NodeJS.ProcessEnv) => clusterAccess(undefined, { ...pod, ...env }).server.host;
  expect([serverOf({ KUBECONFIG: first, HOME: home }), serverOf({ HOME: home })]).toEqual(['first', 'second']);
});

test.each([
  ['no current cluster', 'current-context: nowhere\ncontexts: []\nclusters: []\nusers: []\n', 'names no current cluster'],
  ['no YAML', '{', ''],
])('a kubeconfig that has %s is refused', (_, text, message) => {
  const path = join(temporaryFolder('kubeconfig'), 'config');
  writeFileSync(path, text);
  expect(() => clusterAccess(path)).toThrow(message);
});

test('a server below a path, as behind a proxy of many clusters, is asked below that path', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('{}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = KubernetesClient.connect(kubeconfig({ server: `http://127.0.0.1:${port}/k8s/clusters/c-1/` }, {}));
  await client.get(configMaps, 'ocp', 'some');
  expect(asked).toEqual(['/k8s/clusters/c-1/api/v1/namespaces/ocp/configmaps/some']);
});

test('a file that is not there is named', () => {
  expect(() => clusterAccess('/none/config')).toThrow('/none/config');
});
