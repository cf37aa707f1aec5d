import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from '../setup/process-identity.mjs';

const politeMs = 1_000;

/** What runs on behalf of one state directory, written down so that the next start can clean up after a killed one. */
export function pidFiles(folder: string) {
  mkdirSync(folder, { recursive: true });
  return {
    remember: (name: string, identity: ProcessIdentity) => writeFileSync(join(folder, `${name}.json`), JSON.stringify(identity)),
    forget: (name: string) => rmSync(join(folder, `${name}.json`), { force: true }),
  };
}

export type PidFiles = ReturnType<typeof pidFiles>;

/** Ends what a killed run left behind. @returns the names of what was still running */
export async function endLeftovers(folder: string): Promise<string[]> {
  const left = recorded(folder).filter(({ identity }) => isRunning(identity));
  await Promise.all(left.map(({ identity }) => end(identity)));
  rmSync(folder, { recursive: true, force: true });
  return left.map(({ name }) => name);
}

/** Asks a process to leave, and makes it leave when it does not within a second. */
async function end(identity: ProcessIdentity): Promise<void> {
  signal(identity, 'SIGTERM');
  for (const started = Date.now(); isRunning(identity); await delay(50)) {
    if (Date.now() - started > politeMs) signal(identity, 'SIGKILL');
  }
}

function signal({ pid }: ProcessIdentity, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function recorded(folder: string): { name: string; identity: ProcessIdentity }[] {
  try {
    return readdirSync(folder).map((file) => ({
      name: file.replace(/\.json$/, ''),
      identity: JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProcessIdentity,
    }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
