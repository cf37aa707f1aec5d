import { expect, it } from 'vitest';
import { prowJobs } from '../../../../activities/kubernetes/resources.ts';
import type { ProwJob } from '../../../../domain/payload/kinds.ts';
import { eventually } from '../../../support/wait.ts';
import { createProwJob, giveOrders, playedStack, prowJobWhen } from '../played.ts';

const stack = playedStack('prow');
const ended = ({ status }: ProwJob) => status?.completionTime !== undefined;

it('runs a job as plank does: pending, then success after 2 to 10 seconds', async () => {
  const namespace = await stack.freshNamespace('prow');
  const created = await createProwJob(stack, namespace, 'a', 'periodic-quick');
  const pending = await prowJobWhen(stack, created, 'pending', ({ status }) => status?.state === 'pending');
  expect(pending.status).toMatchObject({ startTime: created.metadata.creationTimestamp, description: 'Job triggered.' });
  expect(pending.status?.url).toBe(
    `https://prow.ci.openshift.org/view/gs/test-platform-results/logs/periodic-quick/${pending.status?.build_id}`,
  );
  expect(pending.status?.build_id).toMatch(/^\d{19}$/);

  const done = await prowJobWhen(stack, created, 'the end', ended);
  expect(done.status).toMatchObject({ state: 'success', description: 'Job succeeded.', build_id: pending.status?.build_id });
  expect(done.spec).toEqual(created.spec);
  const took = Date.parse(done.status?.completionTime ?? '') - Date.parse(done.status?.pendingTime ?? '');
  expect(took).toBeGreaterThanOrEqual(1000);
  expect(took).toBeLessThanOrEqual(11_000);
});

it('gives outcome i to run i of a job for one release, and begins anew for the next', async () => {
  const namespace = await stack.freshNamespace('prow');
  await giveOrders(stack, 'prow-rules', [
    { job: '^flaky$', namespace: `^${namespace}$`, outcomes: ['failure', 'error', 'success'], seconds: 0 },
  ]);
  const states: string[] = [];
  for (const [name, release] of [
    ['r1-x', 'r1'],
    ['r1-x-1', 'r1'],
    ['r1-x-2', 'r1'],
    ['r1-x-3', 'r1'],
    ['r2-x', 'r2'],
  ] as const) {
    const job = await prowJobWhen(stack, await createProwJob(stack, namespace, name, 'flaky', release), 'the end', ended);
    states.push(job.status?.state ?? '');
  }
  expect(states).toEqual(['failure', 'error', 'success', 'success', 'failure']);
});

it('lets the first matching rule win, and can be told by release', async () => {
  const namespace = await stack.freshNamespace('prow');
  const here = { namespace: `^${namespace}$`, seconds: 0 };
  await giveOrders(stack, 'prow-rules', [
    { ...here, job: '^aws', release: '^r9$', outcomes: ['aborted'] },
    { ...here, job: '^aws', outcomes: ['failure'] },
    { ...here, job: '.', outcomes: ['error'] },
  ]);
  const stateOf = async (job: string, release: string) => {
    const created = await createProwJob(stack, namespace, `${release}-${job}`, job, release);
    return (await prowJobWhen(stack, created, 'the end', ended)).status?.state;
  };
  expect(await stateOf('aws-ovn', 'r9')).toBe('aborted');
  expect(await stateOf('aws-ovn', 'r1')).toBe('failure');
  expect(await stateOf('gcp', 'r9')).toBe('error');
});

it('finishes what a person aborted, and does not overrule them', async () => {
  const namespace = await stack.freshNamespace('prow');
  await giveOrders(stack, 'prow-rules', [{ job: '.', namespace: `^${namespace}$`, seconds: 86_400 }]);
  const created = await createProwJob(stack, namespace, 'a', 'long');
  await prowJobWhen(stack, created, 'pending', ({ status }) => status?.state === 'pending');
  await stack.kubernetes.patch(prowJobs, namespace, 'a', { status: { state: 'aborted', description: 'Aborted by user.' } });
  const done = await prowJobWhen(stack, created, 'the end', ended);
  expect(done.status).toMatchObject({ state: 'aborted', description: 'Aborted by user.' });
});

it('ends 500 jobs that are due together, each once', async () => {
  const namespace = await stack.freshNamespace('prow');
  await giveOrders(stack, 'prow-rules', [{ job: '.', namespace: `^${namespace}$`, seconds: 1 }]);
  await Promise.all(Array.from({ length: 500 }, (_, index) => createProwJob(stack, namespace, `job-${index}`, `job-${index}`)));
  const all = await eventually('500 ends', async () => {
    const { items } = await stack.kubernetes.list<ProwJob>(prowJobs, namespace);
    return items.every(ended) && items;
  });
  expect(all).toHaveLength(500);
  expect(new Set(all.map(({ status }) => status?.build_id)).size).toBe(500);
  // created, pending, ended: three versions of each
  expect(all.every(({ metadata }) => metadata.generation === undefined || metadata.generation <= 3)).toBe(true);
});
