import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { graphOf, officialUpdateServices } from '../../activities/update-service.ts';

const release = { version: '4.19', channel: 'stable', architecture: 'amd64' };
const nodes = [{ version: '4.19.1', payload: 'quay.io/r@sha256:1' }];

/** An update service that answers so, and what it was asked. */
async function service(status: number, body: unknown) {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graph`, asked };
}

test('the releases of a channel come from the first service that knows any; later ones are not asked', async () => {
  const [first, second] = [
    await service(200, { nodes: nodes.map((node) => ({ ...node, metadata: { more: 'x' } })), edges: [[0, 1]] }),
    await service(200, { nodes: [] }),
  ];
  expect(await graphOf(release, [first.url, second.url])).toEqual(nodes);
  expect([first.asked, second.asked]).toEqual([['/graph?channel=stable-4.19&arch=amd64'], []]);
});

test.each<[string, number, unknown]>([
  ['is down', 503, 'try later'],
  ['answers with something else', 200, '<html>'],
  ['answers in another shape', 200, { nodes: 'none' }],
  ['does not know the channel', 200, { nodes: [] }],
  ['knows of no nodes', 200, {}],
])('a service that %s is passed over', async (_how, status, body) => {
  const [first, second] = [await service(status, body), await service(200, { nodes })];
  expect(await graphOf(release, [first.url, second.url])).toEqual(nodes);
});

test('when none knows it, all their reasons are told', async () => {
  const [down, empty] = [await service(500, ''), await service(200, { nodes: [] })];
  const unreachable = 'http://127.0.0.1:1/graph';
  const told = graphOf({ ...release, channel: 'fast-4.19' }, [down.url, empty.url, unreachable]);
  await expect(told).rejects.toThrow(
    `no update service knows channel fast-4.19 (${down.url}: it answered 500; ${empty.url}: channel fast-4.19 has no releases; ${unreachable}: `,
  );
});

test('official releases are asked of integration, stage and production, in this order', () => {
  expect(officialUpdateServices).toEqual(
    ['api.integration', 'api.stage', 'api'].map((host) => `https://${host}.openshift.com/api/upgrades_info/graph`),
  );
});
