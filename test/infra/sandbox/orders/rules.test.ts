import { expect, it } from 'vitest';
import { configMaps } from '../../../../activities/kubernetes/resources.ts';
import { eventually } from '../../../support/wait.ts';
import { createProwJob, eventsOf, giveOrders, playedStack, prowJobWhen } from '../played.ts';

const stack = playedStack('rules');
const ended = ({ status }: { status?: { completionTime?: string } }) => status?.completionTime !== undefined;

it('hold for a job that is created right after them', async () => {
  const namespace = await stack.freshNamespace('rules');
  for (const outcome of ['failure', 'error', 'aborted', 'success']) {
    await giveOrders(stack, 'prow-rules', [{ job: `^${outcome}$`, namespace: `^${namespace}$`, outcomes: [outcome], seconds: 0 }]);
    const job = await prowJobWhen(stack, await createProwJob(stack, namespace, outcome, outcome), 'the end', ended);
    expect(job.status?.state).toBe(outcome);
  }
});

it('change what a job does that is running', async () => {
  const namespace = await stack.freshNamespace('rules');
  const rule = { job: '.', namespace: `^${namespace}$` };
  const orders = await giveOrders(stack, 'prow-rules', [{ ...rule, seconds: 86_400 }]);
  const job = await createProwJob(stack, namespace, 'a', 'a');
  await prowJobWhen(stack, job, 'pending', ({ status }) => status?.state === 'pending');
  const text = JSON.stringify([{ ...rule, seconds: 0, outcomes: ['failure'] }]);
  await stack.kubernetes.patch(configMaps, 'sandbox', orders.metadata.name, { data: { 'rules.yaml': text } });
  expect((await prowJobWhen(stack, job, 'the end', ended)).status?.state).toBe('failure');
});

it('that are malformed are reported on their ConfigMap and ignored, the others hold', async () => {
  const namespace = await stack.freshNamespace('rules');
  const good = { job: '.', namespace: `^${namespace}$`, outcomes: ['failure'], seconds: 0 };
  const orders = await giveOrders(stack, 'prow-rules', [{ job: '(' }, { ...good, outcomes: ['perhaps'] }, good]);
  const found = await eventually('two events', async () => {
    const all = await eventsOf(stack, orders);
    return all.length === 2 && all;
  });
  expect(found.map(({ type, reason }) => `${type} ${reason}`)).toEqual(['Warning InvalidRule', 'Warning InvalidRule']);
  expect(found.map(({ message }) => message.slice(0, 6)).toSorted()).toEqual(['rule 1', 'rule 2']);
  const job = await prowJobWhen(stack, await createProwJob(stack, namespace, 'a', 'a'), 'the end', ended);
  expect(job.status?.state).toBe('failure');
});

it('that are no YAML are reported', async () => {
  const orders = await giveOrders(stack, 'job-rules', '- [');
  const [event] = await eventually('the event', async () => {
    const all = await eventsOf(stack, orders);
    return all.length > 0 && all;
  });
  expect(event?.message).toContain('rules.yaml is not YAML');
});
