import { expect, test } from 'vitest';
import { auditBackoff } from '../../../domain/audit/audit-backoff.ts';

const seconds = (trouble: Parameters<typeof auditBackoff>[0], failures: number[]) =>
  failures.map((count) => auditBackoff(trouble, count) / 1000);

test('outside trouble is waited out for 5 seconds, doubling to 2 hours', () => {
  expect(seconds('outside', [1, 2, 3, 11, 12, 1_000])).toEqual([5, 10, 20, 5_120, 7_200, 7_200]);
});

test('what a person must mend is looked at every 10 minutes', () => {
  expect(seconds('person', [1, 2, 7, 8, 1_000])).toEqual([5, 10, 320, 600, 600]);
});

test('a late start asks again at once, and never waits longer than a minute', () => {
  expect(seconds('late', [1, 2, 3, 4, 5, 8, 1_000])).toEqual([0, 0, 0, 5, 10, 60, 60]);
});
