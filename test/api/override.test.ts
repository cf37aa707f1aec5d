import { describe, expect, test } from 'vitest';
import { KubernetesError, type KubernetesClient } from '../../activities/kubernetes/client.ts';
import { overrideWriter, type Override, type OverrideWriter, type Withdrawal } from '../../api/override.ts';
import { nightly, payload } from './support/fixture-cluster.ts';
import { adminToken, testApp } from './support/test-app.ts';

const url = (name: string) => `/api/waybill/v1/releases/${name}/override`;
const authorized = { authorization: `Bearer ${adminToken}` };
const untouched: OverrideWriter = {
  write: () => Promise.reject(new Error('written')),
  withdraw: () => Promise.reject(new Error('withdrawn')),
};
const order = { override: 'Accepted', reason: 'known flake', by: 'alice' };

describe('the route', () => {
  test('writes who, what and why', async () => {
    const written: [string, string, Override][] = [];
    const write = async (namespace: string, name: string, wanted: Override) => (written.push([namespace, name, wanted]), true);
    const response = await testApp({ overrides: { ...untouched, write } }).inject({
      method: 'POST',
      url: url(nightly(4)),
      headers: authorized,
      payload: order,
    });
    expect(response.json()).toEqual({ name: nightly(4), namespace: 'ocp', override: 'Accepted', reason: 'known flake', changed: true });
    expect(written).toEqual([['ocp', nightly(4), { override: 'Accepted', reason: 'known flake', by: 'alice (admin token)' }]]);
  });

  test.each([
    ['no token', {}, order, 401],
    ['another token', { authorization: 'Bearer wrong' }, order, 401],
    ['no reason', authorized, { override: 'Accepted' }, 400],
    ['an empty reason', authorized, { override: 'Accepted', reason: '  ' }, 400],
    ['another verdict', authorized, { override: 'accept', reason: 'x' }, 400],
    ['no body', authorized, undefined, 400],
  ])('refuses %s, and writes nothing', async (_what, headers, body, status) => {
    const response = await testApp({ overrides: untouched }).inject({
      method: 'POST',
      url: url(nightly(4)),
      headers,
      ...(body && { payload: body }),
    });
    expect([response.statusCode, response.headers['content-type']]).toEqual([status, 'application/problem+json']);
    expect(response.body).not.toContain(adminToken);
  });

  test('refuses everybody where the server has no token', async () => {
    const response = await testApp({ adminToken: undefined }).inject({
      method: 'POST',
      url: url(nightly(4)),
      headers: { authorization: 'Bearer undefined' },
      payload: order,
    });
    expect(response.statusCode).toBe(403);
  });

  test('knows no release that is not there', async () => {
    expect((await testApp().inject({ method: 'POST', url: url('nope'), headers: authorized, payload: order })).statusCode).toBe(404);
  });
});

describe('the route that takes an override back', () => {
  const clear = (name: string) => `/api/waybill/v1/releases/${name}/clear-override`;
  const request = { method: 'POST' as const, url: clear(nightly(4)), headers: authorized };

  test('says who and why, and wakes the release', async () => {
    const [withdrawn, woken]: [[string, string, Withdrawal][], string[]] = [[], []];
    const withdraw = async (...given: [string, string, Withdrawal]) => (withdrawn.push(given), true);
    const wakeRelease = async (namespace: string, name: string) => void woken.push(`${namespace}/${name}`);
    const app = testApp({ overrides: { ...untouched, withdraw }, wakeRelease });
    const response = await app.inject({ ...request, payload: { reason: 'a mistake', by: 'alice' } });
    expect(response.json()).toEqual({ name: nightly(4), namespace: 'ocp', reason: 'a mistake', changed: true });
    expect(withdrawn).toEqual([['ocp', nightly(4), { reason: 'a mistake', by: 'alice (admin token)' }]]);
    expect(woken).toEqual([`ocp/${nightly(4)}`]);
  });

  test.each([
    ['no token', { headers: {}, payload: { reason: 'x' } }, 401],
    ['no reason', { payload: {} }, 400],
    ['a release that is not there', { url: clear('nope'), payload: { reason: 'x' } }, 404],
  ])('refuses %s, and writes nothing', async (_what, given, status) => {
    expect((await testApp({ overrides: untouched }).inject({ ...request, ...given })).statusCode).toBe(status);
  });
});

describe('the write', () => {
  const wanted: Override = { override: 'Rejected', reason: 'broken', by: 'bob' };

  function cluster(answers: { patch?: () => Promise<unknown>; stored?: ReturnType<typeof payload> }) {
    const patches: unknown[] = [];
    const client = {
      get: async () => answers.stored,
      patch: async (...given: unknown[]) => {
        patches.push(given[3]);
        return answers.patch?.();
      },
    };
    return { ...overrideWriter(client as unknown as KubernetesClient), patches };
  }
  const conflict = new KubernetesError(409, 'Conflict', 'changed');

  test('names the version that it judged', async () => {
    const { write, patches } = cluster({ stored: payload('x', 'Ready') });
    expect(await write('ocp', 'x', wanted)).toBe(true);
    expect(patches).toEqual([
      {
        metadata: { resourceVersion: '7', annotations: { 'waybill.dev/override-by': 'bob', 'waybill.dev/override-withdrawn': null } },
        spec: { payloadOverride: { override: 'Rejected', reason: 'broken' } },
      },
    ]);
  });

  test('is done once: the same order again changes nothing', async () => {
    const { write, patches } = cluster({
      stored: payload('x', 'Ready', { spec: { payloadOverride: { override: 'Rejected', reason: 'broken' } } }),
    });
    expect(await write('ocp', 'x', wanted)).toBe(false);
    expect(patches).toEqual([]);
  });

  test('takes an override back, and leaves who and why', async () => {
    const stored = payload('x', 'Accepted', { spec: { payloadOverride: { override: 'Accepted', reason: 'flake' } } });
    const { withdraw, patches } = cluster({ stored });
    expect(await withdraw('ocp', 'x', { reason: 'no flake', by: 'bob' })).toBe(true);
    expect(patches).toEqual([
      {
        metadata: {
          resourceVersion: '7',
          annotations: { 'waybill.dev/override-by': null, 'waybill.dev/override-withdrawn': 'bob: no flake' },
        },
        spec: { payloadOverride: null },
      },
    ]);
  });

  test('takes nothing back where nothing is', async () => {
    const { withdraw, patches } = cluster({ stored: payload('x', 'Accepted') });
    expect([await withdraw('ocp', 'x', { reason: 'r', by: 'bob' }), patches]).toEqual([false, []]);
  });

  test('reads again where somebody else was faster', async () => {
    let first = true;
    const patch = async () => {
      if (first) {
        first = false;
        throw conflict;
      }
    };
    const { write, patches } = cluster({ stored: payload('x', 'Ready'), patch });
    expect(await write('ocp', 'x', wanted)).toBe(true);
    expect(patches).toHaveLength(2);
  });

  test.each([
    ['gives up after five conflicts', { stored: payload('x', 'Ready'), patch: () => Promise.reject(conflict) }, 409],
    ['refuses a release without image', { stored: payload('x', 'Failed') }, 409],
    ['says when the payload is gone', {}, 404],
    [
      'says when the cluster refuses',
      { stored: payload('x', 'Ready'), patch: () => Promise.reject(new KubernetesError(403, 'Forbidden', 'no')) },
      502,
    ],
  ])('%s', async (_what, answers, status) => {
    await expect(cluster(answers).write('ocp', 'x', wanted)).rejects.toMatchObject({ status });
  });
});
