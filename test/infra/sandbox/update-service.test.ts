import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { graphOf } from '../../../activities/update-service.ts';
import { Rules } from '../../../infra/sandbox/orders/rules.ts';
import { playUpdateService } from '../../../infra/sandbox/update-service/update-service.ts';
import { latestFromGraph } from '../../../domain/payload/update-graph.ts';
import { testStack } from '../../support/stack.ts';
import { eventually } from '../../support/wait.ts';
import { giveOrders } from './played.ts';

const log = { info: () => undefined, warn: () => undefined };
let url = '';
beforeAll(async () => {
  const stop = new AbortController();
  const rules = new Rules({ client: testStack().kubernetes, signal: stop.signal, log });
  await rules.start();
  url = await playUpdateService({ rules, port: 0, signal: stop.signal, log });
  return () => stop.abort();
});

/** A channel of this test alone, with these releases. */
async function channelOf(...releases: object[]): Promise<string> {
  const stack = testStack();
  const channel = `${stack.freshName('stable')}-4.12`;
  await giveOrders(
    stack,
    'update-releases',
    releases.map((release) => ({ channels: [channel], ...release })),
  );
  await eventually('the orders', async () => ((await ask(`?channel=${channel}`)).body.nodes?.length ?? 0) > 0);
  return channel;
}

async function ask(
  query: string,
  accept = 'application/json',
): Promise<{ status: number; body: { nodes?: unknown[]; edges?: unknown; kind?: string } }> {
  const response = await fetch(url + query, { headers: { accept } });
  return { status: response.status, body: (await response.json()) as object };
}

const official = (channel: string, version: string, architecture = '') => ({ channel, version, architecture });

describe('the played update service', () => {
  test('draws the releases of a channel, and what may be upgraded to what', async () => {
    const channel = await channelOf(
      { version: '4.12.1' },
      { version: '4.12.2', from: ['4.12.1', '4.11.9'], payload: 'quay.io/x@sha256:2' },
    );
    const { status, body } = await ask(`?channel=${channel}&arch=amd64`);
    expect(status).toBe(200);
    expect(body).toEqual({
      version: 1,
      nodes: [
        {
          version: '4.12.1',
          payload: expect.stringMatching(/^quay\.io\/openshift-release-dev\/ocp-release@sha256:[0-9a-f]{64}$/),
          metadata: { 'io.openshift.upgrades.graph.release.channels': channel },
        },
        { version: '4.12.2', payload: 'quay.io/x@sha256:2', metadata: { 'io.openshift.upgrades.graph.release.channels': channel } },
      ],
      edges: [[0, 1]],
      conditionalEdges: [],
    });
  });

  test.each([
    ['', 'application/json', 400, 'missing_params'],
    ['?channel=stable/4', 'application/json', 400, 'invalid_params'],
    ['?channel=stable-4.12&architecture=amd64', 'application/json', 400, 'invalid_params'],
    ['?channel=stable-4.12', 'text/html', 406, 'invalid_content_type'],
  ])('refuses %j for %s', async (query, accept, status, kind) => {
    expect(await ask(query, accept)).toMatchObject({ status, body: { kind } });
  });

  test('knows nothing of a channel without orders', async () => {
    expect(await ask('?channel=nobody-4.1')).toMatchObject({ status: 200, body: { nodes: [], edges: [] } });
  });
});

describe('asked by us', () => {
  test('core P4: an official release is found, tag and pull spec the right way round', async () => {
    const channel = await channelOf(
      { version: '4.12.9', payload: 'quay.io/x@sha256:9' },
      { version: '4.12.10', payload: 'quay.io/x@sha256:10' },
    );
    const nodes = await graphOf(official(channel, '4.12'), [url]);
    expect(latestFromGraph(nodes, '4.12')).toEqual({ tag: '4.12.10', pullSpec: 'quay.io/x@sha256:10' });
    expect(latestFromGraph(nodes, '4.12.9')).toEqual({ tag: '4.12.9', pullSpec: 'quay.io/x@sha256:9' });
  });

  test('is asked for the architecture', async () => {
    const channel = await channelOf({ version: '4.12.1' }, { version: '4.12.2', arch: 'arm64' });
    expect((await graphOf(official(channel, '4.12', 'arm64'), [url])).map(({ version }) => version)).toEqual(['4.12.2']);
  });

  test('one that fails is passed over, and named when none answers', async () => {
    const channel = await channelOf({ version: '4.12.1' });
    await giveOrders(testStack(), 'update-rules', [{ channel: `^${channel}$`, outcome: 'fail', status: 502 }]);
    await eventually('the order', async () => (await ask(`?channel=${channel}`)).status === 502);
    await expect(graphOf(official(channel, '4.12'), [url])).rejects.toThrow(/it answered 502/);

    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const rules = new Rules({ client: testStack().kubernetes, signal: stop.signal, log });
    await rules.start();
    const empty = await playUpdateService({ rules, port: 0, signal: stop.signal, log });
    await expect(graphOf(official('nobody', '4.12'), [empty, url])).rejects.toThrow(/channel nobody-4.12 has no releases/);
  });
});
