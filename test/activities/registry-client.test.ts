import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cleaningActions, RepositoryClient } from '../../activities/registry-client.ts';
import { Registries } from '../../activities/registry-requests.ts';
import { digestOf } from '../../activities/registry.ts';
import { pushImage } from '../../infra/oci/push.ts';
import { password, tokenRegistry, user } from '../support/private-registry.ts';
import { testStack } from '../support/stack.ts';

const created = '2024-01-01T00:00:00Z';

/** A repository of the real registry with these tags, each its own image. */
async function repository(...tags: string[]) {
  const { registry, freshName } = testStack();
  const path = freshName('cleanup');
  for (const tag of tags) await pushImage(registry, path, tag, { files: { tag }, created });
  const name = `${registry}/${path}`;
  return { registry, path, name, client: new RepositoryClient(name) };
}

describe('the real registry', () => {
  test('lists tags, tells when their images were made, and takes one away', async () => {
    const { client, name } = await repository('a', 'b');
    expect(await client.tags()).toEqual(['a', 'b']);
    expect(await client.created('a')).toBe(created);
    await client.deleteTag('a');
    await client.deleteTag('a');
    expect([await client.tags(), await digestOf(`${name}:a`)]).toEqual([['b'], undefined]);
  });

  test('an image that another tag points at stays', async () => {
    const { client, name, registry, path } = await repository();
    for (const tag of ['kept', 'gone']) await pushImage(registry, path, tag, { files: { same: '1' }, created });
    const before = await digestOf(`${name}:kept`);
    await client.deleteTag('gone');
    expect([await client.tags(), await digestOf(`${name}:kept`)]).toEqual([['kept'], before]);
  });

  test('what is not there has no tags and no age', async () => {
    const { client } = await repository();
    expect([await client.tags(), await client.created('none')]).toEqual([[], undefined]);
  });
});

type Handler = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void;

async function serve(handler: Handler): Promise<string> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => handler(request, response, Buffer.concat(chunks).toString()));
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = (response: http.ServerResponse, body: unknown, headers: Record<string, string> = {}) =>
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

describe('a registry that', () => {
  test('has several pages is read to the last', async () => {
    const host = await serve((request, response) => {
      const last = new URL(request.url ?? '', 'http://x').searchParams.get('last');
      if (last === null) json(response, { tags: ['a'] }, { link: '</v2/r/tags/list?n=1&last=a>; rel="next"' });
      else if (last === 'a') json(response, { tags: null }, { link: '</v2/r/tags/list?n=1&last=b>; rel=next' });
      else json(response, { tags: ['c'] });
    });
    expect(await new RepositoryClient(`${host}/r`).tags()).toEqual(['a', 'c']);
  });

  test('wants a token is asked for one that is good for the whole clean-up', async () => {
    const [{ host, asked }, { path }] = await Promise.all([tokenRegistry(), repository('a', 'b')]);
    const credentials = { named: 'a test', of: async () => ({ username: user, password }) };
    const client = new RepositoryClient(`${host}/${path}`, new Registries({ credentials, actions: cleaningActions }));
    await client.deleteTag('a');
    expect(await client.tags()).toEqual(['b']);
    expect(asked).toEqual([{ by: user, scope: `repository:${path}:pull,push,delete` }]);
  });

  test('has a token that was given beforehand gets it', async () => {
    const host = await serve((request, response) => {
      if (request.headers.authorization === 'Bearer t') json(response, { tags: ['a'] });
      else response.writeHead(401, { 'www-authenticate': 'Bearer realm="x"' }).end();
    });
    const credentials = { named: 'a test', of: async () => ({ token: 't' }) };
    expect(await new RepositoryClient(`${host}/r`, new Registries({ credentials })).tags()).toEqual(['a']);
  });

  test('sends us on to another one does not have that told who we are', async () => {
    const told: (string | undefined)[] = [];
    const elsewhere = await serve((request, response) => {
      told.push(request.headers.authorization);
      json(response, { tags: ['b'] });
    });
    const host = await serve((request, response) => {
      if (request.headers.authorization !== 'Bearer t') response.writeHead(401, { 'www-authenticate': 'Bearer realm="x"' }).end();
      else json(response, { tags: ['a'] }, { link: `<http://${elsewhere}/v2/r/tags/list?last=a>; rel="next"` });
    });
    const credentials = { named: 'a test', of: async () => ({ token: 't' }) };
    expect(await new RepositoryClient(`${host}/r`, new Registries({ credentials })).tags()).toEqual(['a', 'b']);
    expect(told).toEqual([undefined]);
  });

  test('is busy is asked again when it says', async () => {
    let answers = 0;
    const host = await serve((_, response) => {
      answers += 1;
      if (answers < 3) response.writeHead(429, { 'retry-after': '0' }).end();
      else json(response, { tags: ['a'] });
    });
    expect(await new RepositoryClient(`${host}/r`).tags()).toEqual(['a']);
  });

  test('deletes by digest only gets an image of its own under the tag, and that is deleted', async () => {
    const asked: string[] = [];
    let manifest = '';
    const host = await serve((request, response, body) => {
      const { method, url = '' } = request;
      asked.push(`${method} ${url.split('?')[0]?.replace(/sha256:\w+/, 'DIGEST')}`);
      if (method === 'DELETE') return void response.writeHead(url.includes('sha256:') ? 202 : 405).end();
      if (method === 'POST') return void response.writeHead(202, { location: '/v2/r/blobs/uploads/1?state=x' }).end();
      if (url.includes('/manifests/')) manifest = body;
      response.writeHead(201).end();
    });
    await new RepositoryClient(`${host}/r`).deleteTag('old');
    expect(asked).toEqual([
      'DELETE /v2/r/manifests/old',
      'POST /v2/r/blobs/uploads/',
      'PUT /v2/r/blobs/uploads/1',
      'PUT /v2/r/manifests/old',
      'DELETE /v2/r/manifests/DIGEST',
    ]);
    expect(JSON.parse(manifest)).toMatchObject({ schemaVersion: 2, layers: [] });
  });

  test('has an index tells the age of an image in it', async () => {
    const manifests = [{ digest: 'sha256:att', platform: { os: 'unknown' } }, { digest: 'sha256:none' }, { digest: 'sha256:arm' }];
    const answers: Record<string, unknown> = {
      '/manifests/t': { manifests },
      '/manifests/sha256:none': { config: { digest: 'sha256:c0' } },
      '/manifests/sha256:arm': { config: { digest: 'sha256:c1' } },
      '/blobs/sha256:c0': {},
      '/blobs/sha256:c1': { created },
    };
    const host = await serve((request, response) => json(response, answers[(request.url ?? '').slice('/v2/r'.length)]));
    expect(await new RepositoryClient(`${host}/r`).created('t')).toBe(created);
  });
});
