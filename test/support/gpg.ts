import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What gpg answered; it writes what it thinks to `stderr`. */
export interface GpgAnswer {
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** GnuPG with an empty keyring of its own. */
export interface Gpg {
  /** arguments that name files get them by this */
  file(name: string, content: Uint8Array | string): Promise<string>;
  (...args: string[]): Promise<GpgAnswer>;
}

/** Why tests that ask gpg are skipped; undefined where it is there. */
export async function whyNoGpg(): Promise<string | undefined> {
  return run('gpg', ['--version']).then(
    () => undefined,
    () => 'gpg is not installed',
  );
}

/** Gives gpg to a test and removes its folder afterwards. */
export async function withGpg<T>(test: (gpg: Gpg) => Promise<T>): Promise<T> {
  // Short, since the agent's socket lies in it; for the owner alone, or gpg warns.
  const home = await mkdtemp(join(tmpdir(), 'gpg-'));
  const gpg = async (...args: string[]): Promise<GpgAnswer> => {
    const complete = ['--homedir', home, '--batch', '--no-tty', '--status-fd', '2', '--trust-model', 'always', ...args];
    return run('gpg', complete, { env: { ...process.env, LC_ALL: 'C' } }).then(
      ({ stdout, stderr }) => ({ ok: true, stdout, stderr }),
      ({ stdout = '', stderr = '' }: Partial<GpgAnswer>) => ({ ok: false, stdout, stderr }),
    );
  };
  const file = async (name: string, content: Uint8Array | string) => {
    const path = join(home, name);
    await writeFile(path, content);
    return path;
  };
  try {
    return await test(Object.assign(gpg, { file }));
  } finally {
    await run('gpgconf', ['--homedir', home, '--kill', 'all']).catch(() => undefined);
    await rm(home, { recursive: true, force: true });
  }
}
