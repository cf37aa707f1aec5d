import { expect, test } from 'vitest';
import { deviations } from '../differential/deviations.ts';
import { textOf } from './markdown.ts';

const firstCells = [...textOf('docs/compatibility.md').matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell);

test.each([...new Set(deviations.map(({ row }) => row))])('docs/compatibility.md has a row “%s”', (row) => {
  expect(firstCells).toContain(row);
});
