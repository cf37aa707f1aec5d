import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { endLeftovers } from './processes/pid-files.ts';
import { tryLock } from './setup/file-lock.mjs';

/** Somebody else uses the state directory. */
export class HomeInUse extends Error {}

/** A state directory that is ours until it is released. */
export interface StateDirectory {
  /** absolute */
  home: string;
  pids: string;
  /** token that may write through the API */
  adminToken: string;
  release(): void;
}

/**
 * Takes the state directory, ends what a killed run left running on it, and discards what it holds when asked to.
 *
 * @throws HomeInUse when a running process has it
 */
export async function openStateDirectory(
  home: string,
  { fresh, log }: { fresh: boolean; log: (line: string) => void },
): Promise<StateDirectory> {
  const folder = resolve(home);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = tryLock(join(folder, 'lock'));
  if ('heldBy' in lock) throw new HomeInUse(`${folder} is in use by process ${lock.heldBy.pid} (${lock.heldBy.command})`);

  const pids = join(folder, 'pids');
  const ended = await endLeftovers(pids);
  if (ended.length > 0) log(`ended what an earlier run left behind: ${ended.join(', ')}`);
  rmSync(localFile(folder), { force: true });
  if (fresh) discard(folder);
  return { home: folder, pids, adminToken: adminToken(folder), release: lock.release };
}

/** Everything but the lock, which is ours. */
function discard(folder: string): void {
  for (const name of readdirSync(folder)) if (name !== 'lock') rmSync(join(folder, name), { recursive: true, force: true });
}

function adminToken(folder: string): string {
  const file = join(folder, 'admin-token');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

/** Where the parts of a running local stack are; there only while everything is ready. */
export interface LocalAddresses {
  /** the server: REST and pages */
  waybill: string;
  temporal: string;
  temporalUi: string;
  /** path of a kubeconfig file */
  kubeconfig: string;
  /** `host:port` */
  registry: string;
  /** endpoint of the storage service, or the `file:///` folder that stands for it */
  storage: string;
  bucket: string;
  adminToken: string;
}

const localFile = (home: string) => join(home, 'local.json');

export function publishAddresses(home: string, addresses: LocalAddresses): void {
  writeFileSync(localFile(home), `${JSON.stringify(addresses, undefined, 2)}\n`, { mode: 0o600 });
}

export const withdrawAddresses = (home: string) => rmSync(localFile(home), { force: true });
