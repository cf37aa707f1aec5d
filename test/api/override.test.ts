import { describe, expect, test } from 'vitest';
import { KubernetesError, type KubernetesClient } from '../../activities/kubernetes/client.ts';
import { overrideWriter, type Override } from '../../api/override.ts';
import { nightly, payload } from './support/fixture-cluster.ts';
import { adminToken, testApp } from './support/test-app.ts';

const url = (name: string) => `/api/waybill/v1/releases/${name}/override`;
const authorized = { authorization: `Bearer ${adminToken}` };
const order = { override: 'Accepted', reason: 'known flake', by: 'alice' };

describe('the route', () => {
  test('writes who, what and why', async () => {
    const written: [string, string, Override][] = [];
    const writeOverride = async (namespace: string, name: string, wanted: Override) => (written.push([namespace, name, wanted]), true);
    const response = await testApp({ writeOverride }).inject({ method: 'POST', url: url(nightly(4)), headers: authorized, payload: order });
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
    const writeOverride = async () => {
      throw new Error('written');
    };
    const response = await testApp({ writeOverride }).inject({
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
    return { write: overrideWriter(client as unknown as KubernetesClient), patches };
  }
  const conflict = new KubernetesError(409, 'Conflict', 'changed');

  test('names the version that it judged', async () => {
    const { write, patches } = cluster({ stored: payload('x', 'Ready') });
    expect(await write('ocp', 'x', wanted)).toBe(true);
    expect(patches).toEqual([
      {
        metadata: { resourceVersion: '7', annotations: { 'waybill.dev/override-by': 'bob' } },
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
