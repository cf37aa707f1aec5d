import { expect, test } from 'vitest';
import { brokenPromises, promisedTests, type RanTest } from '../support/promised-tests.ts';

const page = [
  '| rule | held by |',
  '| one | [a.test.ts](../test/domain/a.test.ts): “waits”, “is %j” |',
  '| two | [b.test.ts](../test/domain/b.test.ts): “core P1: (a) goes on” |',
].join('\n');

const ran = (file: string, name: string, passed = true): RanTest => ({ file: `test/domain/${file}.test.ts`, name, passed });
const all = [ran('a', 'waits'), ran('a', 'is "x"'), ran('a', 'is "y"'), ran('b', 'core P1: (a) goes on')];

test('a page promises the tests that it names', () => {
  expect(promisedTests(page).map(({ name }) => name)).toEqual(['waits', 'is %j', 'core P1: (a) goes on']);
});

test('nothing is broken when each ran and passed', () => {
  expect(brokenPromises(page, all)).toEqual([]);
});

test.each([
  ['is missing', all.slice(1), '“waits” of test/domain/a.test.ts, which did not run'],
  ['is in another file', [...all.slice(1), ran('b', 'waits')], '“waits” of test/domain/a.test.ts, which did not run'],
  ['failed', [ran('a', 'waits', false), ...all.slice(1)], '“waits” of test/domain/a.test.ts, which did not pass'],
  ['failed in one row', [...all, ran('a', 'is "z"', false)], '“is %j” of test/domain/a.test.ts, which did not pass'],
])('a promise is broken when its test %s', (_, tests, says) => {
  expect(brokenPromises(page, tests)).toEqual([expect.stringContaining(says)]);
});
