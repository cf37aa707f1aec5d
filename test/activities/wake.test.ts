import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { ensureSchedule } from '../../activities/schedules.ts';
import { createWake } from '../../activities/wake.ts';
import type { Owner } from '../../domain/payload/routing.ts';
import { taskQueue, workflowIds } from '../../workflows/ids.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

const client = quietTemporal('wake');

const owner = (name: string, more: Partial<Owner> = {}): Owner => ({
  workflow: 'stream',
  namespace: 'ocp',
  name,
  start: true,
  urgent: true,
  ...more,
});
const wake = () => createWake(client(), 7);

async function historyOf(workflowId: string) {
  const events = (await client().workflow.getHandle(workflowId).fetchHistory()).events ?? [];
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  const input = (started?.input?.payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload<unknown>(payload));
  const signals = events.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? []);
  return { input, signals, type: started?.workflowType?.name, taskQueue: started?.taskQueue?.name, attempt: events.length };
}

test('a tag that is gone: the collection is triggered, and where nobody scheduled one yet that is no trouble', async () => {
  const collect = owner('', { workflow: 'collect', namespace: '' });
  await wake().owner(collect);
  const wanted = { id: 'collect', spec: { calendars: [{ year: 2099 }] }, workflow: 'collect', args: [], summary: 'collects' };
  await ensureSchedule(client(), wanted);
  await wake().owner(collect);
  await wake().owner(collect);
  const started = await eventually('a run', async () => {
    const { info } = await client().schedule.getHandle('collect').describe();
    return info.recentActions.length + info.runningActions.length > 0 && info;
  });
  expect(started.recentActions.length).toBeLessThanOrEqual(2);
});

const exists = (workflowId: string) =>
  client()
    .workflow.getHandle(workflowId)
    .describe()
    .then(
      () => true,
      () => false,
    );

test('an owner that is to be started is started once, and told each time', async () => {
  for (let times = 0; times < 3; times += 1) await wake().owner(owner('started'));
  expect(await historyOf(workflowIds.stream('ocp', 'started'))).toMatchObject({
    type: 'stream',
    taskQueue,
    input: [{ namespace: 'ocp', name: 'started', reconcileMinutes: 7, started: [] }],
    signals: ['changed', 'changed', 'changed'],
  });
});

test('a release is started by its tag', async () => {
  await wake().owner(owner('4.20.1', { workflow: 'release' }));
  expect(await historyOf(workflowIds.release('ocp', '4.20.1'))).toMatchObject({
    type: 'release',
    input: [{ namespace: 'ocp', tag: '4.20.1' }],
    signals: ['changed'],
  });
});

test('an owner that is only to be told is told when it runs', async () => {
  const once = owner('told', { workflow: 'release' });
  await wake().owner(once);
  await wake().owner({ ...once, start: false });
  expect((await historyOf(workflowIds.release('ocp', 'told'))).signals).toEqual(['changed', 'changed']);
});

test('one that does not run, or runs no more, is not missed', async () => {
  await wake().owner(owner('never', { workflow: 'verification', start: false }));
  expect(await exists(workflowIds.verification('ocp', 'never'))).toBe(false);

  const over = owner('over', { workflow: 'release' });
  await wake().owner(over);
  await client().workflow.getHandle(workflowIds.release('ocp', 'over')).terminate();
  await wake().owner({ ...over, start: false });
  expect((await historyOf(workflowIds.release('ocp', 'over'))).signals).toEqual(['changed']);
});

test('all that run of one type are told, and no others', async () => {
  const start = (type: 'mirror' | 'verification', name: string) =>
    client().workflow.start(type, { workflowId: workflowIds[type]('all', name), taskQueue, args: [{}] });
  for (const name of ['a', 'b', 'ended']) await start('mirror', name);
  await start('verification', 'a');
  await client().workflow.getHandle(workflowIds.mirror('all', 'ended')).terminate();
  const running = `WorkflowType = 'mirror' AND ExecutionStatus = 'Running'`;
  await eventually('two running mirrors', async () => (await client().workflow.count(running)).count === 2);
  await wake().running('mirror');
  const signals = async (workflowId: string) => (await historyOf(workflowId)).signals;
  expect(
    await Promise.all(
      [
        workflowIds.mirror('all', 'a'),
        workflowIds.mirror('all', 'b'),
        workflowIds.mirror('all', 'ended'),
        workflowIds.verification('all', 'a'),
      ].map(signals),
    ),
  ).toEqual([['changed'], ['changed'], [], []]);
});

test('the graph is started with everything to read, and told which release has news', async () => {
  for (const name of ['4.15.0', '']) await wake().owner(owner(name, { workflow: 'graph', namespace: 'graphs' }));
  expect(await historyOf(workflowIds.graph('graphs'))).toMatchObject({
    type: 'graph',
    input: [{ namespace: 'graphs', everything: true, releases: [] }],
    signals: ['upgrades', 'upgrades'],
  });
});

test('other trouble is an error, so that the owner is told later', async () => {
  const connection = await Connection.connect({ address: testStack().temporal });
  const elsewhere = createWake(new Client({ connection, namespace: 'no-such-namespace' }), 7);
  await expect(elsewhere.owner(owner('x'))).rejects.toThrow();
  await expect(elsewhere.owner(owner('x', { start: false }))).rejects.toThrow();
  await connection.close();
});
