import { afterAll, expect, it } from 'vitest';
import { WorkQueue } from '../../../../infra/sandbox/loop/work-queue.ts';
import { eventually } from '../../../support/wait.ts';

const stop = new AbortController();
const log = { info: () => undefined, warn: () => undefined };
afterAll(() => stop.abort());

function queueOf(work: (key: string) => Promise<number | undefined>, concurrency = 4) {
  return new WorkQueue({ name: 'test', work, concurrency, signal: stop.signal, log });
}

it('looks once at a key that was added many times', async () => {
  let looks = 0;
  const queue = queueOf(() => Promise.resolve(void (looks += 1)));
  for (let i = 0; i < 100; i += 1) queue.add('a');
  await eventually('a look', () => looks > 0);
  expect(looks).toBe(1);
});

it('looks again at a key that was added meanwhile, never twice at once', async () => {
  const running = new Set<string>();
  let looks = 0;
  const queue = queueOf(async (key) => {
    expect(running.has(key)).toBe(false);
    running.add(key);
    looks += 1;
    if (looks === 1) queue.add(key);
    await Promise.resolve();
    running.delete(key);
    return undefined;
  });
  queue.add('a');
  await expect(eventually('the second look', () => looks === 2)).resolves.toBe(true);
});

it('works on no more keys at once than it may', async () => {
  let active = 0;
  let most = 0;
  let done = 0;
  const queue = queueOf(async () => {
    most = Math.max(most, (active += 1));
    await new Promise((resolve) => setImmediate(resolve));
    active -= 1;
    done += 1;
    return undefined;
  }, 3);
  for (let i = 0; i < 20; i += 1) queue.add(`k${i}`);
  await eventually('all', () => done === 20);
  expect(most).toBe(3);
});

it('tries again after a failure', async () => {
  let looks = 0;
  const queue = queueOf(() => ((looks += 1) < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(undefined)));
  queue.add('a');
  await expect(eventually('the third try', () => looks === 3)).resolves.toBe(true);
});

it('looks again after the time that it was told', async () => {
  let looks = 0;
  const queue = queueOf(() => Promise.resolve((looks += 1) === 1 ? 5 : undefined));
  queue.add('a');
  await expect(eventually('the second look', () => looks === 2)).resolves.toBe(true);
});
