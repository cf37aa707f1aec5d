import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { expect, onTestFinished, test } from 'vitest';
import { ensureBundle } from '../../workers/bundle.ts';
import { startTracing } from '../../workers/tracing.ts';
import { fakeActivities } from '../support/fake-activities.ts';
import { testStack } from '../support/stack.ts';

/** Plays an OTLP collector: keeps what it is sent. */
async function collector(): Promise<{ endpoint: string; received: () => string; paths: () => string[] }> {
  const [bodies, paths]: [Buffer[], string[]] = [[], []];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    request.on('data', (chunk: Buffer) => bodies.push(chunk)).on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, received: () => Buffer.concat(bodies).toString('latin1'), paths: () => paths };
}

test('a started workflow, its run and its activities are sent as spans where an endpoint is configured', async () => {
  const { endpoint, received, paths } = await collector();
  const stack = testStack();
  const tracing = startTracing(endpoint);
  const plugins = [tracing.plugin];
  const connection = await Connection.connect({ address: stack.temporal });
  const native = await NativeConnection.connect({ address: stack.temporal });
  const taskQueue = stack.freshName('traced');
  const { activities } = fakeActivities({ advanceStream: async () => ({ kind: 'gone' }) });
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    plugins,
    activities,
    workflowBundle: { codePath: await ensureBundle() },
  });
  const client = new Client({ connection, plugins });
  const args = [{ namespace: 'ocp', name: 'input', reconcileMinutes: 10, started: [] }];
  await worker.runUntil(client.workflow.execute('stream', { taskQueue, workflowId: taskQueue, args }));
  await tracing.end();
  await Promise.all([connection.close(), native.close()]);

  expect(new Set(paths())).toEqual(new Set(['/v1/traces']));
  for (const span of ['StartWorkflow:stream', 'RunWorkflow:stream', 'advanceStream']) expect(received()).toContain(span);
  expect(received()).toContain('waybill-worker');
});

test('without an endpoint nothing is recorded, and ending is nothing', async () => {
  await expect(startTracing(undefined).end()).resolves.toBeUndefined();
});
