import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  auditRate,
  enqueue,
  freePermits,
  isLate,
  permitDelay,
  permitFor,
  permitValidity,
  type Permit,
  type PermitRequest,
} from '../../../domain/audit/permits.ts';

const request = (n: number, validMs = 400): PermitRequest => ({ requester: `audit/${n}`, request: `request-${n}`, validMs });

/** How many starts the fullest window of so many milliseconds has; both its ends count. */
const fullestWindow = (starts: number[], windowMs: number) =>
  Math.max(0, ...starts.map((from) => starts.filter((at) => at >= from && at <= from + windowMs).length));

/** Gives a permit to each arrival as early as the arithmetic allows, and starts each at any moment within its permit. */
function startsOf(arrivals: { gap: number; validMs: number; lateness: number }[]): number[] {
  let now = 1_000_000;
  const permits: Permit[] = [];
  return arrivals.map(({ gap, validMs, lateness }, n) => {
    now += gap;
    now += permitDelay(permits, auditRate, now);
    expect(freePermits(permits, auditRate, now)).toBeGreaterThan(0);
    const permit = permitFor(request(n, validMs), now);
    permits.push(permit);
    return permit.givenAt + Math.round(lateness * (permit.startBy - permit.givenAt));
  });
}

const arrivals = fc.array(
  fc.record({
    gap: fc.oneof(fc.constant(0), fc.nat(10_000)),
    validMs: fc.oneof(fc.integer({ min: 1, max: 30_000 }), fc.constantFrom(...[0, 1, 2, 3, 9].map(permitValidity))),
    lateness: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 60 },
);

describe('at most 5 starts in any 2 seconds', () => {
  test('however late within their permits the starts are, and however long those are good', () => {
    fc.assert(
      fc.property(arrivals, (list) => {
        expect(fullestWindow(startsOf(list), auditRate.windowMs)).toBeLessThanOrEqual(auditRate.starts);
      }),
    );
  });

  test('five at once are given at once, the sixth when the first counts no more', () => {
    const permits = [1, 2, 3, 4, 5].map((n) => permitFor(request(n), 10_000));
    expect(permitDelay(permits.slice(1), auditRate, 10_000)).toBe(0);
    expect(permitDelay(permits, auditRate, 10_000)).toBe(400 + 2_000 + 100);
    expect(freePermits(permits, auditRate, 12_499)).toBe(0);
    expect(freePermits(permits, auditRate, 12_500)).toBe(5);
  });

  test('waits for as many permits to run out as there are too many', () => {
    const permits = [0, 100, 200, 300, 400].map((at, n) => permitFor(request(n), at));
    expect(permitDelay(permits, auditRate, 500)).toBe(2_000);
    expect(permitDelay([...permits, permitFor(request(9), 450)], auditRate, 500)).toBe(2_100);
  });
});

test('a requester that came too late gets longer, up to half a minute', () => {
  expect([0, 1, 2, 4, 5, 50].map(permitValidity)).toEqual([1_600, 3_200, 6_400, 25_600, 30_000, 30_000]);
});

describe('work is late', () => {
  const permit = permitFor(request(1, 400), 10_000);
  test.each([
    { what: 'not while its permit is good', now: 10_400, late: false },
    { what: 'when that has run out', now: 10_401, late: true },
    { what: 'up to as long as any permit is good', now: 40_000, late: true },
    { what: 'not later: then its clock is ahead, since Temporal hands nothing out so late', now: 40_001, late: false },
    { what: 'nor on a clock that is behind', now: 1_000, late: false },
  ])('$what', ({ now, late }) => expect(isLate(permit.startBy, 10_000, now)).toBe(late));

  test('never, by however much a clock is ahead, when a requester that was late again and again got the longest permit', () => {
    const { startBy } = permitFor(request(1, permitValidity(9)), 0);
    fc.assert(fc.property(fc.nat(), (ahead) => !isLate(startBy, 0, ahead)));
  });
});

test('nobody can ask for a permit that is good for ever', () => {
  const { givenAt, startBy } = permitFor(request(1, Number.MAX_SAFE_INTEGER), 0);
  expect(startBy - givenAt).toBe(30_000);
});

describe('the queue', () => {
  const [first, second] = [request(1), request(2)];

  test('is in the order of asking', () => {
    expect(enqueue([first], [], second)).toEqual([first, second]);
  });

  test('keeps the place of a requester that asks again', () => {
    const again = { ...first, request: 'another' };
    expect(enqueue([first, second], [], again)).toEqual([again, second]);
  });

  test('does not take a request that has its permit', () => {
    expect(enqueue([], [permitFor(first, 0)], first)).toEqual([]);
  });

  test('takes a new request of somebody who has a permit', () => {
    const another = { ...first, request: 'another' };
    expect(enqueue([], [permitFor(first, 0)], another)).toEqual([another]);
  });
});
