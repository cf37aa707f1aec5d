import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Node 24 strips types by itself; from this version on it is what we test with. */
const oldest = { major: 24, minor: 15 };

/**
 * The Node that runs our TypeScript: the one that came with the dependencies, else the running one when it is new
 * enough.
 *
 * @param {string} root
 * @throws when there is none
 */
export function nodeBinary(root) {
  const installed = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(installed)) return installed;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return process.execPath;
  throw new Error(
    `Node ${oldest.major}.${oldest.minor} or newer is needed. No Node comes with the dependencies for ${process.platform}/${process.arch}, and this is ${process.versions.node}: install Node 24 (https://nodejs.org) and start again with it.`,
  );
}

/**
 * Runs a program to its end under our Node, with the tools of the project first in PATH. Signals go on to it, and we
 * stay until it has left, so that nothing that it stops in order loses its terminal. It and what it starts compile
 * their code once for all runs.
 *
 * @param {string} root
 * @param {string[]} arguments_ script and what follows
 * @param {NodeJS.ProcessEnv} [env] added to our own
 * @returns {Promise<number>} its exit code; 128 + number for a signal
 */
export function runNode(root, arguments_, env = {}) {
  const node = nodeBinary(root);
  const path = [join(root, 'node_modules', '.bin'), dirname(node), process.env['PATH']].join(':');
  const compiled = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled') };
  const child = spawn(node, arguments_, { stdio: 'inherit', env: { ...compiled, ...process.env, ...env, PATH: path } });
  const forward = (/** @type {NodeJS.Signals} */ signal) => void child.kill(signal);
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}
