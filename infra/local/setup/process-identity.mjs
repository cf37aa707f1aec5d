import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * The command line of a process, or undefined when there is no such process. A number alone proves nothing:
 * the system gives it to another program once its owner is gone, so everything that remembers a process keeps both.
 *
 * @param {number} pid
 * @returns {string | undefined} the arguments, separated by one space
 */
export function commandOf(pid) {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
    // A zombie has an empty command line: dead, only not yet collected by its parent.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1).join(' ') || undefined;
  } catch {
    return undefined;
  }
}

/** @typedef {{ pid: number, command: string }} ProcessIdentity */

/** @returns {ProcessIdentity} */
export const ownIdentity = () => ({ pid: process.pid, command: commandOf(process.pid) ?? '' });

/** @param {ProcessIdentity} identity */
export const isRunning = ({ pid, command }) => commandOf(pid) === command;
