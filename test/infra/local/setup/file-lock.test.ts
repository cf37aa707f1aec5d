import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tryLock, withLock } from '../../../../infra/local/setup/file-lock.mjs';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const newLock = () => join(temporaryFolder('lock'), 'lock');

test('a lock has one owner, until it is released', () => {
  const path = newLock();
  const first = tryLock(path);
  expect(tryLock(path)).toMatchObject({ heldBy: { pid: process.pid } });
  if ('release' in first) first.release();
  expect(tryLock(path)).toHaveProperty('release');
});

test.each([
  ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, command: 'node start.mjs' })],
  ['a pid that another program has now', JSON.stringify({ pid: process.pid, command: 'some program of yesterday' })],
  ['nobody who can be read', 'not json'],
])('a lock of %s is taken over', (_owner, content) => {
  const path = newLock();
  writeFileSync(path, content);
  expect(tryLock(path)).toHaveProperty('release');
  expect(readdirSync(join(path, '..'))).toEqual(['lock']);
});

test('work under a lock is done one after the other, and who waits says so once', async () => {
  const path = newLock();
  const order: string[] = [];
  const work = (name: string) => () => {
    order.push(name);
    return Promise.resolve(name);
  };
  let finishFirst = () => {};
  const first = withLock(
    path,
    () => undefined,
    () => new Promise<void>((resolve) => (finishFirst = resolve)),
  );
  const second = withLock(path, () => order.push('waits'), work('second'));
  order.push('first is done');
  finishFirst();
  await Promise.all([first, second]);
  expect(order).toEqual(['waits', 'first is done', 'second']);
});

test('a lock is released when the work fails', async () => {
  const path = newLock();
  const failing = withLock(
    path,
    () => undefined,
    () => Promise.reject(new Error('no')),
  );
  await expect(failing).rejects.toThrow('no');
  expect(tryLock(path)).toHaveProperty('release');
});
