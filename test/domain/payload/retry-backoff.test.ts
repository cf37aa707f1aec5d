import { expect, it } from 'vitest';
import { retryDelay } from '../../../domain/payload/retry-backoff.ts';

const seconds = 1000;
const minutes = 60 * seconds;

it.each([
  [0, 0],
  [2, 4 * minutes],
  [4, 15 * minutes],
  [5, 15 * minutes],
])('core 49: exponent %i waits %i ms', (exponent, delay) => {
  expect(retryDelay(exponent + 1, 1000, 1000)).toBe(delay);
});

it.each([
  [0, 2000, 0],
  [0, 450, 450],
  [450, 0, 1350],
])('core 50: failed at %i s, now %i s, waits %i s', (failedAt, now, delay) => {
  expect(retryDelay(5, failedAt * seconds, now * seconds)).toBe(delay * seconds);
});

it('doubles from two minutes to fifteen', () => {
  expect([1, 2, 3, 4, 5, 6].map((retry) => retryDelay(retry, 0, 0) / minutes)).toEqual([0, 2, 4, 8, 15, 15]);
});

it('does not wait for a run that never ended', () => {
  expect(retryDelay(3, undefined, 0)).toBe(0);
});
