// npm test: set-up, checks, all tests. Arguments go to Vitest, and then the checks are left out.
import { join } from 'node:path';
import { runChecks } from './checks.mjs';
import { runNode } from './node-runtime.mjs';
import { afterSetup, root } from './project.mjs';

await afterSetup(async () => {
  const arguments_ = process.argv.slice(2);
  // Before the checks, since on a fresh machine it is what takes long, and fails for want of a tool.
  const components = await runNode(root, [join(root, 'infra', 'local', 'components', 'prepare.ts')]);
  if (components !== 0) return components;
  const failed = arguments_.length > 0 ? [] : await runChecks(root);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const code = await runNode(root, [vitest, 'run', ...arguments_], { WAYBILL_FAILED_CHECKS: failed.join(',') });
  return code === 0 && failed.length > 0 ? 1 : code;
});
