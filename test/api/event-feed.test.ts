import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { EventFeed } from '../../api/event-feed.ts';
import { testApp } from './support/test-app.ts';

async function listeningApp(feed: EventFeed): Promise<string> {
  const app = testApp({ feed });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/waybill/v1/events`;
}

test('tells what changed, a burst as one event; hanging up ends it', async () => {
  const feed = new EventFeed();
  const hangUp = new AbortController();
  const response = await fetch(await listeningApp(feed), { signal: hangUp.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe('retry: 1000\n: connected\n\n');

  feed.note({ releases: ['b'] });
  feed.note({ releases: ['a', 'b'], streams: ['s'] });
  expect((await reader?.read())?.value).toBe('event: changed\ndata: {"streams":["s"],"releases":["a","b"]}\n\n');

  expect(feed.size).toBe(1);
  hangUp.abort();
  await expect.poll(() => feed.size).toBe(0);
});

test('a server that stops lets its listeners go', async () => {
  const feed = new EventFeed();
  const app = testApp({ feed });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const response = await fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/waybill/v1/events`);
  await app.close();
  await expect(response.text()).resolves.toContain(': connected');
});
