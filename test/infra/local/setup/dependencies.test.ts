import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { areInstalled } from '../../../../infra/local/setup/dependencies.mjs';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const a = { version: '1.0.0', integrity: 'sha512-a' };
const b = { version: '2.0.0', integrity: 'sha512-b' };

/** @param installed undefined for a folder without node_modules */
function project(locked: object, installed: object | undefined): string {
  const root = temporaryFolder('dependencies');
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': { version: '0.1.0' }, ...locked } }));
  if (installed === undefined) return root;
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
  return root;
}

test.each<[string, object, object | undefined, boolean]>([
  ['all that is locked is there', { a, b }, { a, b }, true],
  ['there is more than what is locked', { a }, { a, b }, true],
  ['what is missing is optional, for another platform', { a, b: { ...b, optional: true } }, { a }, true],
  ['nothing was ever installed', { a }, undefined, false],
  ['something is missing', { a, b }, { a }, false],
  ['a version moved on', { a: { ...a, version: '1.0.1' } }, { a }, false],
  ['the same version has other content', { a: { ...a, integrity: 'sha512-c' } }, { a }, false],
])('dependencies, when %s', (_when, locked, installed, expected) => {
  expect(areInstalled(project(locked, installed))).toBe(expected);
});

test('an install that was cut off counts for nothing', () => {
  const root = project({ a }, undefined);
  mkdirSync(join(root, 'node_modules', 'a'), { recursive: true });
  expect(areInstalled(root)).toBe(false);
});
