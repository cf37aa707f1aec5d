// npm test: set-up, checks, all tests, and one plain line at the end. Arguments go to Vitest, and then the checks are left out.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChecks } from './checks.mjs';
import { runNode } from './node-runtime.mjs';
import { afterSetup, root } from './project.mjs';

const folder = mkdtempSync(join(tmpdir(), 'waybill-closing-line-'));
const closingLine = join(folder, 'line');

await afterSetup(async () => {
  const arguments_ = process.argv.slice(2);
  // Before the checks, since on a fresh machine it is what takes long, and fails for want of a tool.
  const components = await runNode(root, [join(root, 'infra', 'local', 'components', 'prepare.ts')]);
  if (components !== 0) return components;
  const failed = arguments_.length > 0 ? [] : await runChecks(root);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const env = {
    WAYBILL_FAILED_CHECKS: failed.join(','),
    WAYBILL_CLOSING_LINE_FILE: closingLine,
    ...(arguments_.length === 0 ? { WAYBILL_FULL_RUN: 'true' } : {}),
  };
  const code = await runNode(root, [vitest, 'run', ...arguments_], env);
  return code === 0 && failed.length > 0 ? 1 : code;
});

process.stdout.write(readClosingLine());
rmSync(folder, { recursive: true, force: true });

/** A run that did not come to its end has tested nothing. */
function readClosingLine() {
  try {
    return readFileSync(closingLine, 'utf8');
  } catch {
    if (process.exitCode === 0) process.exitCode = 1;
    return 'the tests could not be run\n0 passed, 1 failed, 0 skipped\n';
  }
}
