import { expect, test } from 'vitest';
import { promisedTests } from '../support/promised-tests.ts';
import { textOf } from './markdown.ts';

const text = textOf('docs/compatibility.md');
const numbersIn = /^\| (core|payload|audit|api) \| ([^|]+) \| \[[^\]]+\]\(\.\.\/([^)]+)\) \|$/gm;

const promises = promisedTests(text).map(({ file, name }): [file: string, name: string] => [file, name]);
const listed = [...text.matchAll(numbersIn)].map(
  ([, group = '', numbers = '', file = '']): [group: string, numbers: string, file: string] => [group, numbers, file],
);

test('the page names tests, and lists numbers', () => {
  expect(promises.length).toBeGreaterThan(50);
  expect(listed.length).toBeGreaterThan(20);
});

test.each(promises)('%s has a test “%s”', (file, name) => {
  expect(textOf(file)).toContain(`'${name}'`);
});

test.each(listed)('%s %s in %s', (group, numbers, file) => {
  const there = numbersOf(group, textOf(file));
  expect(
    numbers
      .split(', ')
      .flatMap(spread)
      .filter((number) => !there.has(number)),
  ).toEqual([]);
});

/** Numbers in the names of a file's tests: written out, or the first column of a table whose name has a place for it. */
function numbersOf(group: string, source: string): Set<number> {
  const written = source.matchAll(new RegExp(`\\b${group} (\\d+)\\b`, 'g'));
  const column = source.includes(`${group} %i`) ? source.matchAll(/^\s*\[\s*(\d+),\s*'/gm) : [];
  return new Set([...written, ...column].map(([, number]) => Number(number)));
}

/** `3` or `3–5` */
function spread(range: string): number[] {
  const [first = '', last = first] = range.trim().split('–');
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
}
