import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { imageLabels, MalformedImage } from '../../activities/image-labels.ts';
import { Unreachable } from '../../activities/registry-requests.ts';
import { pushImage } from '../../infra/oci/push.ts';
import { Registry } from '../../infra/sandbox/images/registry.ts';
import { testStack } from '../support/stack.ts';

const manifest = 'application/vnd.oci.image.manifest.v1+json';
const index = 'application/vnd.oci.image.index.v1+json';
const digestOf = (body: string) => `sha256:${createHash('sha256').update(body).digest('hex')}`;

test('the labels of an image', async () => {
  const { registry, freshName } = testStack();
  const repository = freshName('labels');
  const digest = await pushImage(registry, repository, 'v1', { files: {}, labels: { a: '1', b: '2' } });
  expect(await imageLabels(`${registry}/${repository}@${digest}`)).toEqual({ a: '1', b: '2' });
});

test('of an image for several platforms those for amd64; one without amd64 is no release', async () => {
  const { registry, freshName } = testStack();
  const repository = freshName('labels');
  const parts = await Promise.all(
    ['arm64', 'amd64'].map(async (architecture) => ({
      mediaType: manifest,
      digest: await pushImage(registry, repository, architecture, { files: {}, labels: { architecture }, architecture }),
      size: 0,
      platform: { os: 'linux', architecture },
    })),
  );
  const put = async (tag: string, manifests: object[]) => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: index, manifests }));
    await new Registry(registry).putManifest(repository, tag, { mediaType: index, bytes });
    return `${registry}/${repository}@${digestOf(bytes.toString())}`;
  };
  expect(await imageLabels(await put('both', parts))).toEqual({ architecture: 'amd64' });
  await expect(imageLabels(await put('arm', parts.slice(0, 1)))).rejects.toThrow(MalformedImage);
});

test('what is not there, or does not answer: worth another try', async () => {
  const { registry, freshName } = testStack();
  for (const host of [`${registry}/${freshName('none')}`, '127.0.0.1:1/x/y'])
    await expect(imageLabels(`${host}@${digestOf('nothing')}`)).rejects.toThrow(Unreachable);
});

test.each<[string, string, string]>([
  ['no JSON', '<html>', ''],
  ['no config', '{}', ''],
  [
    'labels that are no texts',
    JSON.stringify({ config: { digest: digestOf('{"config":{"Labels":{"a":1}}}') } }),
    '{"config":{"Labels":{"a":1}}}',
  ],
])('what is no image: not worth another try (%s)', async (_name, body, config) => {
  const host = await serve((path) => ({ body: path.includes('/manifests/') ? body : config }));
  await expect(imageLabels(`${host}/a/b@${digestOf(body)}`)).rejects.toThrow(MalformedImage);
});

test('what is not what its digest says is no image', async () => {
  const host = await serve(() => ({ body: '{}' }));
  await expect(imageLabels(`${host}/a/b@${digestOf('other')}`)).rejects.toThrow(MalformedImage);
});

test.each([`no-registry@${digestOf('')}`, 'quay.io/a/b:1', '', 'not an image'])('%j names no image by digest', async (spec) => {
  await expect(imageLabels(spec)).rejects.toThrow(MalformedImage);
});

test('a registry that wants a token even from strangers is given one', async () => {
  const config = JSON.stringify({ config: { Labels: { a: '1' } } });
  const body = JSON.stringify({ config: { digest: digestOf(config) } });
  const host = await serve((path, { host: self = '', authorization }) => {
    if (path.startsWith('/token')) return { body: JSON.stringify({ token: 'for strangers' }) };
    if (authorization === 'Bearer for strangers') return { body: path.includes('/manifests/') ? body : config };
    return { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${self}/token",service="s",scope="repository:a/b:pull"` } };
  });
  expect(await imageLabels(`${host}/a/b@${digestOf(body)}`)).toEqual({ a: '1' });
});

type Answer = { status?: number; headers?: Record<string, string>; body?: string };

async function serve(answer: (path: string, headers: http.IncomingHttpHeaders) => Answer): Promise<string> {
  const server = http.createServer((request, response) => {
    const { status = 200, headers = {}, body = '' } = answer(request.url ?? '', request.headers);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
