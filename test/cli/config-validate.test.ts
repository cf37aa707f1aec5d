import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine } from '../support/command-line.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Runs one command line in a folder with these files, where no server is known. */
async function validate(files: Record<string, string>, ...words: string[]) {
  const cwd = temporaryFolder('config');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(cwd, name, '..'), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  return commandLine(['config', 'validate', ...words], { cwd });
}

const good = '{"name": "4.15.0-0.nightly", "to": "release"}';
const bad = '{"name": "4.16.0-0.nightly", "to": "release", "hidden": true, "verify": {"aws-1": {"async": true, "prowJob": {"name": "x"}}}}';

test('valid files, in folders too', async () => {
  const files = { 'one.json': good, 'more/deep/two.json': '{"name": "4-stable", "as": "Stable"}', 'more/README.md': 'no config' };
  expect(await validate(files, 'one.json', 'more')).toEqual({ code: 0, out: '2 files are valid\n', err: '' });
});

test('every finding of every file, with its place', async () => {
  const { code, out } = await validate({ 'c/b.json': bad, 'c/a.json': '{' }, 'c');
  expect(code).toBe(1);
  expect(out.split('\n').map((line) => line.split(': ').slice(0, 2))).toEqual([
    ['c/a.json', 'failed to unmarshal release configuration file a.json'],
    ['c/b.json', 'hidden'],
    ['c/b.json', 'verify.aws-1.async'],
    ['c/b.json', 'verify.aws-1'],
    [''],
  ]);
});

test('the same for machines', async () => {
  const { code, out } = await validate({ 'b.json': bad, 'a.json': good }, 'a.json', 'b.json', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ valid: false, files: 2, findings: [{ file: 'b.json', path: 'hidden' }, {}, {}] });
});

test.each([
  ['nothing named', {}, [], 2],
  ['a file that is not there', {}, ['nope.json'], 1],
  ['a folder without configs', { 'c/README.md': '' }, ['c'], 1],
  ['qualifiers that are not there', {}, ['--qualifiers', 'nope.yaml'], 1],
  ['qualifiers that are no YAML', { 'q.yaml': '{' }, ['--qualifiers', 'q.yaml'], 1],
  ['an id twice', { 'q.yaml': 'qualifiers:\n  fips: {}\n  fips: {}\n' }, ['--qualifiers', 'q.yaml'], 1],
  ['a key twice', { 'q.yaml': 'qualifiers:\n  fips: {enabled: true, enabled: false}\n' }, ['--qualifiers', 'q.yaml'], 1],
  ['qualifiers alone', { 'q.yaml': 'qualifiers:\n  fips: {payloadBadgeStatus: Yes}\n' }, ['--qualifiers', 'q.yaml'], 0],
])('%s', async (_name, files, words, code) => {
  expect((await validate(files, ...words)).code).toBe(code);
});
