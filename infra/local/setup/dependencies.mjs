import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './file-lock.mjs';
import { withProgress } from './progress.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage */

/**
 * Installs what package-lock.json names, when it is not installed already.
 *
 * @param {string} root folder of package.json
 * @throws when npm fails, with its output
 */
export async function ensureDependencies(root) {
  if (areInstalled(root)) return;
  // Outside the checkout: npm ci removes node_modules, and --fresh the state directory.
  const lock = join(tmpdir(), `waybill-install-${createHash('sha256').update(root).digest('hex').slice(0, 12)}.lock`);
  const onWait = (/** @type {{ pid: number }} */ { pid }) =>
    console.error(`waiting for process ${pid}, which is installing the dependencies`);
  await withLock(lock, onWait, async () => {
    if (areInstalled(root)) return;
    await withProgress('installing dependencies (npm ci)', () =>
      npm(root, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']),
    );
    if (!areInstalled(root)) throw new Error('npm ci ended well, but node_modules is not what package-lock.json says');
  });
}

/**
 * npm writes node_modules/.package-lock.json as its last step, so it tells what is installed whoever ran npm, and is
 * missing after an install that was cut off. Packages for other platforms are optional and may be missing.
 *
 * @param {string} root
 */
export function areInstalled(root) {
  const wanted = lockedPackages(join(root, 'package-lock.json'));
  const installed = lockedPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined) throw new Error(`${root}/package-lock.json cannot be read`);
  if (installed === undefined) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    const found = path === '' ? wanted[path] : installed[path];
    return found === undefined ? optional === true : found.version === version && found.integrity === integrity;
  });
}

/** @param {string} file @returns {Record<string, LockedPackage> | undefined} */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * What npm says is shown only when it fails: under a Node that is not 24 it warns about every other package.
 *
 * @param {string} root
 * @param {string[]} arguments_
 * @returns {Promise<void>}
 */
function npm(root, arguments_) {
  const script = process.env['npm_execpath'];
  const [command, ...first] = script?.endsWith('.js') ? [process.execPath, script] : ['npm'];
  return new Promise((resolve, reject) => {
    const child = spawn(command ?? 'npm', [...first, ...arguments_], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`npm ${arguments_.join(' ')} failed:\n${output.trim()}`))));
  });
}
