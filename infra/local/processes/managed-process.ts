import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PidFiles } from './pid-files.ts';

export interface ProcessDescription {
  name: string;
  command: string;
  arguments: string[];
  /** the whole environment: nothing is inherited that is not named */
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** resolves once it serves; called again and again until it does or the time is up */
  healthy?: () => Promise<boolean>;
  /** ms to become healthy, 60 s unless told */
  patienceMs?: number;
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number | undefined;
  /** resolves when it serves; @throws with the end of its log when it does not in time */
  ready(): Promise<void>;
  /** asks it to leave, kills it when it does not within the time, and starts it no more */
  stop(politeMs?: number): Promise<void>;
}

const firstBackoffMs = 250;
const longestBackoffMs = 15_000;
/** A process that ran this long starts its back-off anew. */
const settledMs = 30_000;

/** Starts a process and keeps it running until it is stopped. */
export function manage(description: ProcessDescription, pids: PidFiles, log: (line: string) => void): ManagedProcess {
  const { name } = description;
  const stopping = new AbortController();
  let child = launch(description, pids);
  const supervised = supervise();

  async function supervise(): Promise<void> {
    let backoffMs = firstBackoffMs;
    for (;;) {
      const started = Date.now();
      const [code, signal] = await ended(child);
      pids.forget(name);
      if (stopping.signal.aborted) return;
      if (Date.now() - started > settledMs) backoffMs = firstBackoffMs;
      log(`${name} ended (${signal ?? `exit code ${code}`}); starting it again in ${backoffMs} ms (log: ${description.logFile})`);
      await delay(backoffMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      backoffMs = Math.min(backoffMs * 2, longestBackoffMs);
      child = launch(description, pids);
    }
  }

  return {
    name,
    get pid() {
      return child.exitCode === null && child.signalCode === null ? child.pid : undefined;
    },
    ready: () => becomeHealthy(description, stopping.signal),
    async stop(politeMs = 10_000) {
      stopping.abort();
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), politeMs);
      await supervised;
      clearTimeout(impatience);
    },
  };
}

function launch({ name, command, arguments: arguments_, env, logFile }: ProcessDescription, pids: PidFiles): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true });
  const output = openSync(logFile, 'a');
  // A group of its own: Ctrl-C in the terminal reaches us alone, and we stop everything in order.
  const child = spawn(command, arguments_, { env, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  child.on('error', () => undefined); // told by ended()
  // The child's command line is the parent's for an instant; what it was started with is what it becomes.
  if (child.pid !== undefined) pids.remember(name, { pid: child.pid, command: [command, ...arguments_].join(' ') });
  return child;
}

async function ended(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  if (child.pid === undefined) return [127, null];
  if (child.exitCode !== null || child.signalCode !== null) return [child.exitCode, child.signalCode];
  return (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
}

async function becomeHealthy({ name, healthy, logFile, patienceMs = 60_000 }: ProcessDescription, stopping: AbortSignal): Promise<void> {
  if (healthy === undefined) return;
  for (const started = Date.now(); !(await healthy().catch(() => false)); await delay(50)) {
    if (stopping.aborted) throw new Error(`${name} was stopped before it served`);
    if (Date.now() - started > patienceMs)
      throw new Error(`${name} does not serve after ${patienceMs / 1000} s; the end of ${logFile}:\n${endOf(logFile)}`);
  }
}

const endOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
