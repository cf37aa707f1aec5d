import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Gather } from '../../../activities/kubernetes/gather.ts';
import type { Owner } from '../../../domain/payload/routing.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const owner = (name = 'r', more: Partial<Owner> = {}): Owner => ({
  workflow: 'release',
  namespace: 'ocp',
  name,
  start: false,
  urgent: true,
  ...more,
});

/** Sends that are told when they begin, and fail as long as they are told to. */
function gathering() {
  const sent: { at: number; name: string; start: boolean }[] = [];
  const errors: string[] = [];
  const begun = Date.now();
  const state = { failing: false };
  const gather = new Gather(
    async ({ name, start }) => {
      sent.push({ at: Date.now() - begun, name, start });
      if (state.failing) throw new Error('no connection');
    },
    (_error, { name }) => errors.push(name),
  );
  return { gather, sent, errors, state, times: () => sent.map(({ at }) => at) };
}

test('the first change is told at once, those that follow within a quarter of a second are one', async () => {
  const { gather, times } = gathering();
  gather.add(owner());
  await vi.advanceTimersByTimeAsync(0);
  for (let change = 0; change < 500; change += 1) gather.add(owner());
  expect([times(), gather.idle]).toEqual([[0], false]);
  await vi.advanceTimersByTimeAsync(250);
  expect([times(), gather.idle]).toEqual([[0, 250], true]);
});

test('after a quiet time a change is told at once again', async () => {
  const { gather, times } = gathering();
  gather.add(owner());
  await vi.advanceTimersByTimeAsync(1000);
  gather.add(owner());
  await vi.advanceTimersByTimeAsync(0);
  expect(times()).toEqual([0, 1000]);
});

test('different owners do not wait for each other', async () => {
  const { gather, sent } = gathering();
  for (const name of ['a', 'b', 'c']) gather.add(owner(name));
  await vi.advanceTimersByTimeAsync(0);
  expect(sent.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

test('what decides nothing is gathered for three seconds, unless something urgent comes', async () => {
  const { gather, times } = gathering();
  gather.add(owner('r', { urgent: false }));
  await vi.advanceTimersByTimeAsync(2999);
  expect(times()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  gather.add(owner('r', { urgent: false }));
  await vi.advanceTimersByTimeAsync(1000);
  gather.add(owner());
  await vi.advanceTimersByTimeAsync(0);
  expect(times()).toEqual([3000, 4000]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(times()).toHaveLength(2);
});

test('what one of several changes starts is started', async () => {
  const { gather, sent } = gathering();
  gather.add(owner('r', { start: true, urgent: false }));
  gather.add(owner('r', { start: false }));
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toMatchObject([{ start: true }]);
});

test('what could not be sent is told and sent again each second, until it could', async () => {
  const { gather, times, errors, state } = gathering();
  state.failing = true;
  gather.add(owner());
  await vi.advanceTimersByTimeAsync(2500);
  expect([times(), errors.length, gather.idle]).toEqual([[0, 1000, 2000], 3, false]);
  state.failing = false;
  await vi.advanceTimersByTimeAsync(5000);
  expect([times(), gather.idle]).toEqual([[0, 1000, 2000, 3000], true]);
});

test('what a failed message would have started is started by the one that came meanwhile', async () => {
  const starts: boolean[] = [];
  const gather: Gather = new Gather(
    async ({ start }) => {
      starts.push(start);
      if (starts.length > 1) return;
      gather.add(owner('r', { start: false }));
      throw new Error('no connection');
    },
    () => undefined,
  );
  gather.add(owner('r', { start: true }));
  await vi.advanceTimersByTimeAsync(5000);
  expect(starts).toEqual([true, true]);
});

test('after the end nothing is sent, not even what fails at that moment', async () => {
  let fail: (error: Error) => void = () => undefined;
  const sent: string[] = [];
  const gather = new Gather(
    ({ name }) => {
      sent.push(name);
      return new Promise((_resolve, reject) => void (fail = reject));
    },
    () => undefined,
  );
  gather.add(owner('in-flight'));
  await vi.advanceTimersByTimeAsync(0);
  gather.add(owner('waiting', { urgent: false }));
  gather.stop();
  fail(new Error('no connection'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toEqual(['in-flight']);
});

type Step = { add: number; urgent: boolean; start: boolean } | { pass: number };

test('whatever fails, every change is followed by a message that arrives, and starts what is to be started', async () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ add: fc.integer({ min: 0, max: 2 }), urgent: fc.boolean(), start: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 1500 }) }) },
  );
  const send = fc.record({ fails: fc.boolean(), takes: fc.integer({ min: 0, max: 800 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.array(send, { maxLength: 25 }), async (steps, sends) => {
      const clock = { now: 0 };
      const added: { name: string; at: number; start: boolean }[] = [];
      const arrived: { name: string; at: number; start: boolean }[] = [];
      const plan = [...sends];
      const gather = new Gather(
        async ({ name, start }) => {
          const at = (clock.now += 1);
          const { fails, takes } = plan.shift() ?? { fails: false, takes: 0 };
          await new Promise((resolve) => void setTimeout(resolve, takes));
          if (fails) throw new Error('no connection');
          arrived.push({ name, at, start });
        },
        () => undefined,
      );
      for (const one of steps) {
        if ('pass' in one) await vi.advanceTimersByTimeAsync(one.pass);
        else {
          const name = `r${one.add}`;
          added.push({ name, at: (clock.now += 1), start: one.start });
          gather.add(owner(name, one));
        }
      }
      await vi.advanceTimersByTimeAsync(60_000);
      for (const { name, at, start } of added) {
        const told = arrived.some((message) => message.name === name && message.at > at && (message.start || !start));
        if (!told) throw new Error(`change ${at} of ${name} was lost`);
      }
      expect(gather.idle).toBe(true);
    }),
    { numRuns: 200 },
  );
});
