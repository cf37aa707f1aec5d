#!/usr/bin/env node
// The command, on whatever Node it is started with: ours strips types by itself.
import * as module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const script = join(folder, 'waybill.ts');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 24 || (major === 24 && minor >= 15)) {
  module.enableCompileCache?.();
  const { main } = await import('./waybill.ts');
  process.exitCode = await main();
} else {
  const { runNode } = await import('../infra/local/setup/node-runtime.mjs');
  process.exitCode = await runNode(join(folder, '..'), [script, ...process.argv.slice(2)]);
}
