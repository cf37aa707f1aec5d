import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { expect, onTestFinished, test } from 'vitest';
import { ensureBundle } from '../../workers/bundle.ts';
import { startTracing } from '../../workers/tracing.ts';
import { startCollector } from '../support/collector.ts';
import { fakeActivities } from '../support/fake-activities.ts';
import { testStack } from '../support/stack.ts';

test('a started workflow, its run and its activities are sent as spans of one trace where an endpoint is configured', async () => {
  const collector = await startCollector();
  onTestFinished(() => collector.close());
  const stack = testStack();
  const tracing = await startTracing(collector.endpoint);
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

  const { spans, paths } = collector;
  expect(paths).toEqual(new Set(['/v1/traces']));
  const [started] = spans.filter(({ name }) => name === 'StartWorkflow:stream');
  const trace = spans.filter(({ traceId }) => traceId === started?.traceId);
  expect(new Set(trace.map(({ service }) => service))).toEqual(new Set(['waybill-worker']));
  expect(trace.map(({ name }) => name)).toEqual(expect.arrayContaining(['RunWorkflow:stream', expect.stringContaining('advanceStream')]));
});

test('without an endpoint nothing is recorded, and ending is nothing', async () => {
  await expect((await startTracing(undefined)).end()).resolves.toBeUndefined();
});
