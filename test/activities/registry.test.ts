import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { digestOf } from '../../activities/registry.ts';
import { pushImage } from '../../infra/oci/push.ts';
import { releasePair } from '../support/pushed-release.ts';
import { testStack } from '../support/stack.ts';

test('the digest that a tag points at now', async () => {
  const { registry, freshName } = testStack();
  const repository = `${freshName('digest')}/deep/path`;
  const pushed = await pushImage(registry, repository, 'v1', { files: { a: '1' } });
  expect(await digestOf(`${registry}/${repository}:v1`)).toBe(pushed);
  const moved = await pushImage(registry, repository, 'v1', { files: { a: '2' } });
  expect([moved === pushed, await digestOf(`${registry}/${repository}:v1`)]).toEqual([false, moved]);
});

test('audit trap 9: the digest of a list is the list’s own', async () => {
  const { repository, digest, pushList } = await releasePair();
  const list = await pushList();
  expect([list === digest, await digestOf(`${repository}:multi`)]).toEqual([false, list]);
});

test('a tag or a repository that is not there, or a registry that does not answer: unknown', async () => {
  const { registry, freshName } = testStack();
  const repository = freshName('digest');
  await pushImage(registry, repository, 'v1', { files: {} });
  for (const spec of [`${registry}/${repository}:v2`, `${registry}/${freshName('none')}:v1`, '127.0.0.1:1/x:v1'])
    expect(await digestOf(spec)).toBeUndefined();
});

test.each(['', 'no-registry', 'registry.example.test/no-tag', 'registry.example.test/x@sha256:abc/'])(
  '%j is no pull spec: unknown',
  async (spec) => {
    expect(await digestOf(spec)).toBeUndefined();
  },
);

test('asks for indexes and manifests by HEAD; an answer without a digest is unknown', async () => {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const accepts = (request.headers.accept ?? '').split(', ').length;
    response.writeHead(200, request.url?.endsWith('/told') ? { 'docker-content-digest': `sha256:${accepts}` } : {}).end();
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await digestOf(`${host}/a/b:told`)).toBe('sha256:4');
  expect(await digestOf(`${host}/a/b:silent`)).toBeUndefined();
  expect(asked).toEqual(['HEAD /v2/a/b/manifests/told', 'HEAD /v2/a/b/manifests/silent']);
});
