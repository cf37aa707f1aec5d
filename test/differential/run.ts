import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findPeers } from './peers.ts';

/*
 * npm run test:differential: the same inputs to release-controller's programs and to Waybill, and what comes of them
 * compared (docs/differential-tests.md). Arguments go to Vitest.
 */

const root = join(import.meta.dirname, '..', '..');
const peers = findPeers(process.env);
if ('missing' in peers) {
  console.log(['nothing is compared, since programs are missing:', ...peers.missing, 'see docs/differential-tests.md'].join('\n'));
} else {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const config = join(import.meta.dirname, 'vitest.config.ts');
  const child = spawn(process.execPath, [vitest, 'run', '--config', config, ...process.argv.slice(2)], { stdio: 'inherit', cwd: root });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
}
