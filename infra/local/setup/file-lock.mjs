import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, ownIdentity } from './process-identity.mjs';

/** @typedef {import('./process-identity.mjs').ProcessIdentity} ProcessIdentity */

/**
 * Takes a lock that a dead owner does not keep.
 *
 * @param {string} path the lock file
 * @returns {{ release: () => void } | { heldBy: ProcessIdentity }}
 */
export function tryLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    const own = `${path}.${process.pid}`;
    writeFileSync(own, JSON.stringify(ownIdentity()), { mode: 0o600 });
    try {
      // A link appears with its content, where a file opened for writing is empty for a moment.
      linkSync(own, path);
      return { release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    } finally {
      rmSync(own, { force: true });
    }
    const owner = ownerOf(path);
    if (owner !== undefined && isRunning(owner)) return { heldBy: owner };
    discardStale(path);
  }
}

/**
 * Moves the lock away before looking again: between the first look and the removal somebody else may have
 * discarded the stale lock and taken it.
 *
 * @param {string} path
 */
function discardStale(path) {
  const moved = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, moved);
    const owner = ownerOf(moved);
    if (owner !== undefined && isRunning(owner)) linkSync(moved, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? '')) throw error;
  } finally {
    rmSync(moved, { force: true });
  }
}

/**
 * Does the work alone: a second caller waits until the first is done or dead.
 *
 * @template T
 * @param {string} path the lock file
 * @param {(owner: ProcessIdentity) => void} onWait called once when somebody else is at it
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, onWait, work) {
  let lock = tryLock(path);
  if ('heldBy' in lock) onWait(lock.heldBy);
  while ('heldBy' in lock) {
    await delay(200);
    lock = tryLock(path);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** @param {string} path @returns {ProcessIdentity | undefined} */
function ownerOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
