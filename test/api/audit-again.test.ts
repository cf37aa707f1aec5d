import { Client, Connection } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { auditAgain, type AuditAgain } from '../../api/audit-again.ts';
import type { AuditRequest } from '../../domain/audit/audit-attempt.ts';
import type { AuditedRelease } from '../../domain/audit/audit-record.ts';
import { auditAgainSignal, auditWorkflowId } from '../../workflows/audit-messages.ts';
import { commandLine } from '../support/command-line.ts';
import { testStack } from '../support/stack.ts';
import { nightly, vectorCluster } from './support/fixture-cluster.ts';
import { adminToken, testApp } from './support/test-app.ts';

const digest = `sha256:${'a1'.repeat(32)}`;
const authorized = { authorization: `Bearer ${adminToken}` };

/** A cluster in which the first and the third nightly have the same image. */
function cluster() {
  const objects = vectorCluster();
  for (const tag of objects.imageStream('ocp', 'release')?.status?.tags ?? [])
    if ([nightly(1), nightly(3)].includes(tag.tag)) tag.items = tag.items?.map((item) => ({ ...item, image: digest })) ?? null;
  return objects;
}

function ordered() {
  const orders: [AuditedRelease, AuditRequest][] = [];
  const again: AuditAgain = async (...order) => void orders.push(order);
  return { orders, app: testApp({ cluster: cluster(), auditAgain: again }) };
}

const post = (app: ReturnType<typeof testApp>, subject: string, payload?: object, headers: object = authorized) =>
  app.inject({ method: 'POST', url: `/api/waybill/v1/audits/${subject}/again`, headers: { ...headers }, ...(payload && { payload }) });

describe('the route', () => {
  test('has a release audited again, and says who asked and why', async () => {
    const { orders, app } = ordered();
    const response = await post(app, nightly(1), { reason: 'the blob is back', by: 'ada' });
    expect(response.json()).toEqual({ releases: [{ namespace: 'ocp', name: nightly(1), digest }] });
    expect(orders).toEqual([
      [
        {
          namespace: 'ocp',
          tag: nightly(1),
          stream: '4.18.0-0.nightly',
          digest,
          location: `registry.example.test/ocp/release:${nightly(1)}`,
        },
        { by: 'ada (admin token)', reason: 'the blob is back' },
      ],
    ]);
  });

  test('by digest: all releases of that image', async () => {
    const { orders, app } = ordered();
    expect((await post(app, digest, { reason: 'why not' })).statusCode).toBe(200);
    expect(orders.map(([{ tag }]) => tag).toSorted()).toEqual([nightly(1), nightly(3)]);
  });

  test.each<[string, string, object | undefined, object, number]>([
    ['no token', nightly(1), { reason: 'x' }, {}, 401],
    ['no reason', nightly(1), {}, authorized, 400],
    ['no such release', 'nope', { reason: 'x' }, authorized, 404],
    ['no such image', `sha256:${'0'.repeat(64)}`, { reason: 'x' }, authorized, 404],
    ['a release without an image', nightly(5), { reason: 'x' }, authorized, 409],
  ])('refuses %s', async (_what, subject, body, headers, status) => {
    const { orders, app } = ordered();
    expect((await post(app, subject, body, headers)).statusCode).toBe(status);
    expect(orders).toEqual([]);
  });
});

test('the command says what was ordered', async () => {
  const { app } = ordered();
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const words = ['audit', 'again', nightly(1), '--reason', 'the blob is back', '--token', adminToken];
  const said = { code: 0, out: `ocp/${nightly(1)} is audited again: ${digest}\n`, err: '' };
  expect(await commandLine(words, { env: { WAYBILL_SERVER: address } })).toEqual(said);
});

test('Temporal gets an audit that runs or begins, and the order with it; where it is away, that is said', async () => {
  const { temporal, freshName } = testStack();
  const tag = freshName('again');
  const release = {
    namespace: 'ocp',
    tag,
    stream: 's',
    digest: `sha256:${Buffer.from(tag).toString('hex').padEnd(64, '0').slice(0, 64)}`,
    location: 'r:1',
  };
  const connection = await Connection.connect({ address: temporal });
  const client = new Client({ connection });
  const request = { by: 'ada', reason: 'to be sure' };
  await auditAgain(client)(release, request);
  await auditAgain(client)(release, request);
  const handle = client.workflow.getHandle(auditWorkflowId(release.digest));
  const { events } = await handle.fetchHistory();
  const signals = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => (signal ? [signal.signalName] : []));
  expect(signals).toEqual([auditAgainSignal.name, auditAgainSignal.name]);
  await handle.terminate();
  await connection.close();

  const away = new Client({ connection: Connection.lazy({ address: '127.0.0.1:9' }) });
  await expect(auditAgain(away)(release, request)).rejects.toMatchObject({ status: 503 });
});
