import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { annotation } from '../../domain/payload/annotations.ts';
import { nightly, vectorCluster } from './support/fixture-cluster.ts';
import { testApp } from './support/test-app.ts';

const L = '/api/v1/releasestream';
const get = (url: string, method: 'GET' | 'POST' | 'HEAD' | 'DELETE' | 'PUT' = 'GET') => testApp().inject({ method, url });

describe('latest', () => {
  test.each([
    ['api 1: the newest accepted release', `${L}/4.18.0-0.nightly/latest`, nightly(3)],
    ['api 2: rel skips accepted ones only', `${L}/4.18.0-0.nightly/latest?rel=1`, nightly(1)],
    ['api 10: by version in a stable stream, candidates included', `${L}/4-stable/latest`, '4.18.0-rc.1'],
    ['api 11: within a range', `${L}/4-stable/latest?in=%3E4.17.0-0%20%3C4.18.0-0`, '4.17.9'],
    ['api 12: within a range, skipping', `${L}/4-stable/latest?in=%3E4.17.0-0%20%3C4.18.0-0&rel=1`, '4.17.8'],
    ['api 13: blanks after a comparator', `${L}/4-stable/latest?in=%3E4.14.0+%3C+4.18.0-a`, '4.17.9'],
    ['api 14: a wildcard orders candidates plainly', `${L}/4-stable/latest?in=4.17.x`, '4.18.0-rc.1'],
    ['api 15: alternatives', `${L}/4-stable/latest?in=%3C4.17.0-0%20%7C%7C%204.17.8`, '4.17.8'],
    ['api 17: by prefix', `${L}/4-stable/latest?prefix=4.17.`, '4.17.9'],
    ['api 21: a stream at its end of life still answers', `${L}/4.10.0-0.nightly/latest`, '4.10.0-0.nightly-2024-01-01-000000'],
    ['a sign before rel is fine', `${L}/4.18.0-0.nightly/latest?rel=%2B1`, nightly(1)],
    ['the first of repeated parameters counts', `${L}/4.18.0-0.nightly/latest?rel=0&rel=1`, nightly(3)],
  ])('%s', async (_name, url, name) => {
    const response = await get(url);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ name });
  });

  test('api 1: every byte of the answer', async () => {
    const { body, headers } = await get(`${L}/4.18.0-0.nightly/latest`);
    expect(body).toBe(
      `{\n  "name": "${nightly(3)}",\n  "phase": "Accepted",\n  "pullSpec": "registry.example.test/ocp/release:${nightly(3)}",\n  "downloadURL": "https://artifacts.example.test/${nightly(3)}"\n}\n`,
    );
    expect(headers['content-type']).toBe('application/json');
    expect(headers['cache-control']).toBeUndefined();
  });

  test('api 10: a stable release is pulled from where it was imported', async () => {
    expect((await get(`${L}/4-stable/latest`)).json()).toMatchObject({ pullSpec: 'quay.example.test/rel:4.18.0-rc.1-x86_64' });
  });

  test.each([
    ['api 3: none is left', `${L}/4.18.0-0.nightly/latest?rel=2`, 404, 'no tags exist within the release that satisfy the request'],
    ['api 4: a negative rel', `${L}/4.18.0-0.nightly/latest?rel=-1`, 400, 'error: ?rel must be non-negative integer'],
    [
      'api 5: rel is no number',
      `${L}/4.18.0-0.nightly/latest?rel=x`,
      400,
      'error: ?rel must be non-negative integer: strconv.Atoi: parsing "x": invalid syntax',
    ],
    ['api 7: an unknown stream', `${L}/nope/latest`, 404, 'no release configuration exists with the requested name'],
    [
      'api 9: the look-up comes before the format',
      `${L}/nope/latest?format=xml`,
      404,
      'no release configuration exists with the requested name',
    ],
    [
      'api 12: none is left in the range',
      `${L}/4-stable/latest?in=%3E4.17.0-0%20%3C4.18.0-0&rel=2`,
      404,
      'no tags exist within the release that satisfy the request',
    ],
    [
      'api 20: an unknown format',
      `${L}/4.18.0-0.nightly/latest?format=xml`,
      400,
      "error: Must specify one of '', 'json', 'pullSpec', 'name', or 'downloadURL",
    ],
    ['api 23: a slash at the end is another route', `${L}/4.18.0-0.nightly/latest/`, 404, '404 page not found'],
  ])('%s', async (_name, url, status, message) => {
    const response = await get(url);
    expect(response.statusCode).toBe(status);
    expect(response.body).toBe(`${message}\n`);
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(response.headers['x-content-type-options']).toBe('nosniff');
  });

  test.each([
    ['api 6: a range that is none', `${L}/4.18.0-0.nightly/latest?in=foo`],
    ['api 8: parameters come before the look-up', `${L}/nope/latest?in=foo`],
    ['api 16: a short version is no range', `${L}/4-stable/latest?in=4.17`],
  ])('%s', async (_name, url) => {
    const response = await get(url);
    expect(response.statusCode).toBe(400);
    expect(response.body).toMatch(/^error: \?in must be a valid semantic version range: .+\n$/);
  });

  test.each([
    ['api 18: the pull spec as text', 'pullSpec', `registry.example.test/ocp/release:${nightly(3)}`],
    ['api 19: the name as text', 'name', nightly(3)],
    ['api 19: the download link as text', 'downloadURL', `https://artifacts.example.test/${nightly(3)}`],
  ])('%s', async (_name, format, text) => {
    const response = await get(`${L}/4.18.0-0.nightly/latest?format=${format}`);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/plain');
    expect(response.body).toBe(`${text}\n`);
  });

  test('api 13: the range may come unescaped on the wire', async () => {
    const app = testApp();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const answer = await rawGet((app.server.address() as AddressInfo).port, `${L}/4-stable/latest?in=>4.14.0+<+4.18.0-a`);
    expect(answer).toContain('"name": "4.17.9"');
  });

  test('api 22: any method, any body', async () => {
    const wanted = (await get(`${L}/4.18.0-0.nightly/latest`)).body;
    expect((await get(`${L}/4.18.0-0.nightly/latest`, 'POST')).body).toBe(wanted);
    const withBody = await testApp().inject({
      method: 'PUT',
      url: `${L}/4.18.0-0.nightly/latest`,
      headers: { 'content-type': 'application/json' },
      payload: '{broken',
    });
    expect(withBody.body).toBe(wanted);
    const head = await get(`${L}/4.18.0-0.nightly/latest`, 'HEAD');
    expect([head.statusCode, head.body]).toEqual([200, '']);
  });

  test('api 24: a release without payload is chosen by its annotation and shown as Unknown', async () => {
    const cluster = vectorCluster();
    cluster.releases.splice(
      cluster.releases.findIndex(({ metadata }) => metadata.name === nightly(3)),
      1,
    );
    const response = await testApp({ cluster }).inject(`${L}/4.18.0-0.nightly/latest`);
    expect(response.json()).toMatchObject({ name: nightly(3), phase: 'Unknown' });
  });
});

describe('tags', () => {
  const namesOf = (body: string) => (JSON.parse(body) as { tags: { name: string }[] | null }).tags?.map(({ name }) => name) ?? null;

  test.each([
    ['api 25: newest first', '', [5, 4, 3, 2, 1]],
    ['api 26: of one phase', '?phase=Accepted', [3, 1]],
    ['api 27: of several phases', '?phase=Accepted&phase=Ready', [4, 3, 1]],
  ])('%s', async (_name, query, days) => {
    const response = await get(`${L}/4.18.0-0.nightly/tags${query}`);
    expect(response.statusCode).toBe(200);
    expect(namesOf(response.body)).toEqual(days.map(nightly));
  });

  test('api 25: a release that is not pushed yet has no pull spec', async () => {
    expect((await get(`${L}/4.18.0-0.nightly/tags`)).json<{ tags: object[] }>().tags[0]).toEqual({
      name: nightly(5),
      phase: 'Pending',
      pullSpec: '',
      downloadURL: `https://artifacts.example.test/${nightly(5)}`,
    });
  });

  test('api 28: phases are compared by case, and no match is null', async () => {
    expect((await get(`${L}/4.18.0-0.nightly/tags?phase=accepted`)).body).toBe('{\n  "name": "4.18.0-0.nightly",\n  "tags": null\n}\n');
  });

  test('api 29: only JSON', async () => {
    const response = await get(`${L}/4.18.0-0.nightly/tags?format=pullSpec`);
    expect([response.statusCode, response.body]).toEqual([
      400,
      "error: Must specify one of '', 'json', 'pullSpec', 'name', or 'downloadURL\n",
    ]);
  });

  test('api 30: an unknown stream', async () => {
    const response = await get(`${L}/nope/tags`);
    expect([response.statusCode, response.body]).toEqual([404, 'Unable to find release nope\n']);
  });
});

describe('all streams', () => {
  test('api 47: every release of every living stream, newest first; api 46: one blank of indent, null for none', async () => {
    const { body, headers } = await get('/api/v1/releasestreams/all');
    expect(headers['content-type']).toBe('application/json');
    expect(body).toBe(
      `{\n "4-stable": [\n  "4.18.0-rc.1",\n  "4.17.9",\n  "4.17.8",\n  "4.17.7",\n  "4.16.30"\n ],\n "4.18.0-0.nightly": [\n${[5, 4, 3, 2, 1].map((day) => `  "${nightly(day)}"`).join(',\n')}\n ],\n "4.19.0-0.ci": null\n}\n`,
    );
  });

  test('an invalid config hides its stream and leaves the others', async () => {
    const cluster = vectorCluster();
    const source = cluster.imageStream('ocp', '4.18-art-latest');
    if (source !== undefined) source.metadata.annotations = { [annotation.config]: '{"name": ""}' };
    const { body } = await testApp({ cluster }).inject('/api/v1/releasestreams/all');
    expect(Object.keys(JSON.parse(body) as object)).toEqual(['4-stable', '4.19.0-0.ci']);
  });
});

describe('manners of the server', () => {
  test('api 72: ready with an empty body, healthy with OK, 404 for what is gone', async () => {
    const ready = await get('/readyz');
    expect([ready.statusCode, ready.body]).toEqual([200, '']);
    expect((await get('/healthz')).body).toBe('OK\n');
    expect((await get('/features/x')).body).toBe('404 page not found\n');
  });

  test('a path that is not clean is redirected', async () => {
    const app = testApp();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const answer = await rawGet((app.server.address() as AddressInfo).port, '/api/v1//releasestreams/./all?x=1');
    expect(answer).toMatch(/^HTTP\/1\.1 301 /);
    expect(answer.toLowerCase()).toContain('location: /api/v1/releasestreams/all?x=1\r\n');
  });

  test('before everything is read, nothing is told', async () => {
    const app = testApp({ isReady: () => false });
    expect((await app.inject('/readyz')).statusCode).toBe(503);
    expect((await app.inject(`${L}/4-stable/tags`)).statusCode).toBe(503);
  });

  test('metrics name routes, not releases', async () => {
    const app = testApp();
    await app.inject(`${L}/4-stable/tags`);
    const { body } = await app.inject('/metrics');
    expect(body).toContain(
      'waybill_http_request_duration_seconds_count{method="GET",route="/api/v1/releasestream/:release/tags",status="200"} 1',
    );
    expect(body).not.toContain('4-stable');
  });
});

/** As it stands on the wire: clients of libraries escape what they send. */
function rawGet(port: number, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
