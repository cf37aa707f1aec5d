import { describe, expect, it } from 'vitest';
import type { ProwJob, TagReference } from '../../../domain/payload/kinds.ts';
import { reconcileStatus } from '../../../domain/payload/payload-status.ts';
import { payloadPhase } from '../../../domain/payload/phase.ts';
import { retention } from '../../../domain/payload/retention.ts';
import { planStream } from '../../../domain/payload/stream-plan.ts';
import { rfc3339 } from '../../../domain/payload/tag-name.ts';
import { planVerification } from '../../../domain/payload/verification-plan.ts';
import { ciJob, factsOf, payloadOf, prowJobOf, tag } from './payload-builder.ts';
import { configOf, releaseTag, sourceOf, targetOf } from './stream-builder.ts';

/* The cluster's clock may be some minutes off ours: what is decided stays the same, and no wait is longer or shorter by more than that. */

const [minute, hour] = [60_000, 3_600_000];
const now = Date.parse('2025-06-01T03:00:00Z');
const clocks = [
  { clock: 'two minutes behind ours', offset: -2 * minute },
  { clock: 'the same as ours', offset: 0 },
  { clock: 'two minutes ahead of ours', offset: 2 * minute },
];

describe.each(clocks)('a cluster whose clock is $clock', ({ offset }) => {
  const there = (ms: number) => rfc3339(ms + offset);

  /** A payload whose runs end now, a minute after each other. */
  function payloadAfter(states: string[], retries: number) {
    const payload = payloadOf({ blocking: [ciJob('aws', { maxRetries: retries })] });
    const prowJobs = states.map((state, index): ProwJob => {
      const prowJob = prowJobOf(`${tag}-aws${index === 0 ? '' : `-${index}`}`, state);
      const started = now - (states.length - index) * minute;
      const ended = state === 'pending' ? {} : { completionTime: there(started + minute) };
      return { ...prowJob, status: { ...prowJob.status, startTime: there(started), ...ended } };
    });
    return { ...payload, status: reconcileStatus(payload, factsOf({ prowJobs, now: rfc3339(now) })) };
  }
  const plan = (states: string[], at = now) => {
    const existing = new Set(states.map((_, index) => `${tag}-aws${index === 0 ? '' : `-${index}`}`));
    return planVerification({ payload: payloadAfter(states, 3), existing, now: at });
  };

  it.each([
    { runs: ['success'], phase: 'Accepted' },
    { runs: ['failure', 'success'], phase: 'Accepted' },
    { runs: ['failure', 'pending'], phase: 'Ready' },
    { runs: ['failure', 'failure', 'error', 'aborted'], phase: 'Rejected' },
  ])('gives $phase for $runs', ({ runs, phase }) => {
    expect(payloadPhase(payloadAfter(runs, 3))).toBe(phase);
  });

  it('has a failed run tried again at once', () => {
    expect(plan(['failure']).start.map(({ name }) => name)).toEqual([`${tag}-aws-1`]);
  });

  it('has the third attempt wait for its two minutes, by its own clock', () => {
    const { start, retryAt } = plan(['failure', 'failure']);
    const wait = 2 * minute + offset;
    expect(start.map(({ name }) => name)).toEqual(wait === 0 ? [`${tag}-aws-2`] : []);
    expect(retryAt).toBe(wait === 0 ? undefined : new Date(now + wait).toISOString());
    expect(plan(['failure', 'failure'], now + wait).start.map(({ name }) => name)).toEqual([`${tag}-aws-2`]);
  });

  const interval = configOf({ minCreationIntervalSeconds: 600 });
  const last = (age: number): TagReference => releaseTag('last', there(now - age), { phase: 'Accepted', hash: 'other' });
  const next = (age: number) => planStream({ source: sourceOf(), config: interval, target: targetOf([last(age)]), phases: {}, now });

  it.each([{ age: 0 }, { age: minute }, { age: 7 * minute }])(
    'holds a release $age ms after the last until its interval is over',
    ({ age }) => {
      expect(next(age)).toMatchObject({ hold: { reason: 'interval', until: rfc3339(now + 10 * minute - age + offset) } });
    },
  );

  it('makes the next release two minutes after its interval at the latest, and names it by our clock', () => {
    expect(next(12 * minute).create?.tag).toBe(`${interval.name}-2025-06-01-030000`);
  });

  it('makes no release of the same name as one that the other clock named', () => {
    const name = `${interval.name}-2025-06-01-030000`;
    const { create } = planStream({
      source: sourceOf(),
      config: configOf(),
      target: targetOf([releaseTag(name, there(now), { phase: 'Accepted', hash: 'other' })]),
      phases: {},
      now,
    });
    expect(create?.tag).toBe(`${interval.name}-2025-06-01-030001`);
  });

  it('loses an accepted release between two minutes before and two minutes after its time', () => {
    const config = configOf({ expires: '72h' });
    const aged = (age: number) =>
      Array.from({ length: 6 }, (_, i) => releaseTag(`r${i}`, there(now - age - i * hour), { phase: 'Accepted' }));
    const phases = Object.fromEntries(aged(0).map(({ name }) => [name, 'Accepted' as const]));
    const due = (oldest: number) =>
      retention({ source: sourceOf(), config, target: targetOf(aged(oldest - 5 * hour)), phases }, { soft: false, now }).due.map(
        ({ name }) => name,
      );
    expect([due(72 * hour - 2 * minute - 1_000), due(72 * hour + 2 * minute + 1_000)]).toEqual([[], ['r5']]);
  });

  it('does not have what is pending or ready removed', () => {
    const tags = ['Pending', 'Ready'].map((phase, i) => releaseTag(`r${i}`, there(now - 9_000 * hour), { phase }));
    const stream = { source: sourceOf(), config: configOf({ expires: '1h' }), target: targetOf(tags), phases: {} };
    expect(retention(stream, { soft: false, now }).due).toEqual([]);
  });
});
