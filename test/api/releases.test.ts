import { describe, expect, test } from 'vitest';
import type { ReleaseView } from '../../domain/payload/release-view.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { nightly, payload, vectorCluster } from './support/fixture-cluster.ts';
import { testApp } from './support/test-app.ts';

const path = (rest: string) => `/api/waybill/v1${rest}`;

describe('one release', () => {
  test('says what it is, where it is pulled from and why it is where it is', async () => {
    const view = (await testApp().inject(path(`/releases/${nightly(3)}`))).json<ReleaseView>();
    expect(view).toMatchObject({
      name: nightly(3),
      namespace: 'ocp',
      stream: '4.18.0-0.nightly',
      phase: 'Accepted',
      pullSpec: `registry.example.test/ocp/release:${nightly(3)}`,
      created: '2025-01-03T00:00:00Z',
      reasons: ['there is no blocking job, and all others have ended'],
    });
  });

  test.each([
    [5, [`release/ocp/${nightly(5)}`, 'mirror/ocp/4.18-art-latest-2025-01-05-000000', `creation/ocp/${nightly(5)}`]],
    [4, [`release/ocp/${nightly(4)}`, `verification/ocp/${nightly(4)}`]],
    [2, [`release/ocp/${nightly(2)}`]],
  ])('asks the workflows that are at work in its phase (N%d)', async (day, wanted) => {
    const asked: string[][] = [];
    const workflows = { waiting: async (ids: readonly string[]) => (asked.push([...ids]), [{ for: 'x', why: 'y' }]) };
    const view = (await testApp({ workflows }).inject(path(`/releases/${nightly(day)}`))).json<ReleaseView>();
    expect(asked).toEqual([wanted]);
    expect(view.waiting).toEqual([{ for: 'x', why: 'y' }]);
  });

  test('an accepted one carries where its audit records are', async () => {
    const audit = async () => ({ signature: 's', record: 'r' });
    expect((await testApp({ audit }).inject(path(`/releases/${nightly(3)}`))).json<ReleaseView>().audit).toEqual({
      signature: 's',
      record: 'r',
    });
    expect((await testApp({ audit }).inject(path(`/releases/${nightly(2)}`))).json<ReleaseView>().audit).toBeUndefined();
  });

  test('audit trap 11: what became of its audit is told after the workflow has ended', async () => {
    const refused = {
      attempt: 2,
      outcome: 'refused',
      why: 'it has moved',
      at: '2025-01-05T00:00:00Z',
      record: 'audit/ocp/x/attempt-2.json',
    };
    const app = testApp({ attempts: async () => [refused] });
    const view = (await app.inject(path(`/releases/${nightly(3)}`))).json<ReleaseView>();
    expect(view.auditAttempts).toEqual([refused]);
    expect(view.reasons).toContain('its audit ended without a signature (attempt 2, 2025-01-05T00:00:00Z): refused: it has moved');
    expect(view.nextSteps).toContain(`mend what its audit says, then: waybill audit again ${nightly(3)} --reason '…'`);
    expect((await app.inject(path(`/releases/${nightly(4)}`))).json<ReleaseView>().auditAttempts).toBeUndefined();
  });

  test('one of a stream whose config broke is still found, and says so', async () => {
    const cluster = vectorCluster();
    const source = cluster.imageStream('ocp', '4.18-art-latest');
    if (source !== undefined) source.metadata.annotations = { [annotation.config]: '{' };
    const view = (await testApp({ cluster }).inject(path(`/releases/${nightly(4)}`))).json<ReleaseView>();
    expect(view.phase).toBe('Ready');
    expect(view.reasons[0]).toMatch(/^stream 4\.18\.0-0\.nightly is not driven: its release config is invalid: /);
  });

  test('an unknown one is a problem that names it and the next move', async () => {
    const response = await testApp().inject(path('/releases/nope'));
    expect(response.statusCode).toBe(404);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.json()).toEqual({
      type: 'about:blank',
      title: 'No such release',
      status: 404,
      detail: 'release nope is in no stream of any release namespace',
      next: expect.stringContaining('waybill release list') as string,
    });
  });

  test('a name in two namespaces is told apart by the parameter', async () => {
    const cluster = vectorCluster();
    const other = payload(nightly(4), 'Rejected');
    other.metadata.namespace = 'okd';
    cluster.releases.push(other);
    const app = testApp({ cluster });
    expect((await app.inject(path(`/releases/${nightly(4)}`))).statusCode).toBe(409);
    expect((await app.inject(path(`/releases/${nightly(4)}?namespace=okd`))).json()).toMatchObject({ namespace: 'okd', phase: 'Rejected' });
    expect((await app.inject(path(`/releases/${nightly(4)}?namespace=ocp`))).json()).toMatchObject({ namespace: 'ocp', phase: 'Ready' });
  });
});

describe('lists', () => {
  test('streams, Stable ones and newer versions first, with their newest and their latest accepted release', async () => {
    const { streams } = (await testApp().inject(path('/streams'))).json<{ streams: { name: string }[] }>();
    expect(streams.map(({ name }) => name)).toEqual(['4-stable', '4.19.0-0.ci', '4.18.0-0.nightly', '4.10.0-0.nightly']);
    expect(streams[2]).toMatchObject({
      kind: 'Integration',
      target: 'release',
      newest: { name: nightly(5) },
      latestAccepted: { name: nightly(3) },
      releases: { Accepted: 2, Rejected: 1, Ready: 1, Pending: 1 },
    });
  });

  test('one stream, with what its workflow waits for', async () => {
    const workflows = { waiting: async (ids: readonly string[]) => ids.map((id) => ({ for: id, why: 'because' })) };
    const stream = (await testApp({ workflows }).inject(path('/streams/4.18.0-0.nightly'))).json<object>();
    expect(stream).toMatchObject({
      name: '4.18.0-0.nightly',
      waiting: [{ for: 'stream/ocp/4.18-art-latest', why: 'because' }],
      recent: [5, 4, 3, 2, 1].map((day) => ({ name: nightly(day) })),
    });
  });

  test('an invalid stream is shown, with the reason', async () => {
    const cluster = vectorCluster();
    const source = cluster.imageStream('ocp', '4.18-art-latest');
    if (source !== undefined) source.metadata.annotations = { [annotation.config]: '{"name": "x"}' };
    expect((await testApp({ cluster }).inject(path('/streams/4.18-art-latest'))).json()).toMatchObject({
      problem: expect.stringContaining("release must specify 'to'") as string,
    });
  });

  test('releases of one stream or of all, as many as asked for', async () => {
    const names = async (query: string) =>
      (await testApp().inject(path(`/releases${query}`))).json<{ releases: { name: string }[] }>().releases.map(({ name }) => name);
    expect(await names('?stream=4.18.0-0.nightly&limit=2')).toEqual([nightly(5), nightly(4)]);
    expect(await names('?limit=1')).toEqual(['4.18.0-rc.1', nightly(5), '4.10.0-0.nightly-2024-01-01-000000']);
  });

  test.each([
    ['/releases?limit=0', 400],
    ['/releases?stream=nope', 404],
    ['/streams/nope', 404],
    ['/nothing', 404],
  ])('%s is a problem (%d)', async (rest, status) => {
    const response = await testApp().inject(path(rest));
    expect([response.statusCode, response.headers['content-type']]).toEqual([status, 'application/problem+json']);
  });
});

describe('nothing breaks when a stream changes under way', () => {
  test('a replaced image stream is read anew', async () => {
    const cluster = vectorCluster();
    const app = testApp({ cluster });
    await app.inject(path('/streams'));
    const target = cluster.imageStream('ocp', 'release');
    if (target === undefined) throw new Error('no target');
    cluster.streams.splice(cluster.streams.indexOf(target), 1, { ...target, spec: { tags: [] } });
    expect((await app.inject('/api/v1/releasestreams/all')).json()).toMatchObject({ '4.18.0-0.nightly': null });
  });
});
