import { join } from 'node:path';
import { runNode } from './node-runtime.mjs';

/** @type {Record<string, string[]>} */
const tools = {
  types: ['typescript/bin/tsc', '--project', 'tsconfig.json'],
  lint: ['oxlint/bin/oxlint', '--type-aware', '--deny-warnings'],
  format: ['oxfmt/bin/oxfmt', '--check'],
  'dead code': ['knip/bin/knip.js'],
};

/**
 * Runs every check, also after one has failed: one look shows all there is to mend.
 *
 * @param {string} root
 * @returns {Promise<string[]>} the names of those that failed
 */
export async function runChecks(root) {
  const failed = [];
  for (const [name, [script = '', ...arguments_]] of Object.entries(tools)) {
    const code = await runNode(root, [join(root, 'node_modules', script), ...arguments_]);
    console.error(`check ${name}: ${code === 0 ? 'passed' : 'failed'}`);
    if (code !== 0) failed.push(name);
  }
  return failed;
}
