// npm run test:differential: set-up, then the comparison with release-controller's own programs. Arguments go to Vitest.
import { join } from 'node:path';
import { runNode } from './node-runtime.mjs';
import { afterSetup, root } from './project.mjs';

await afterSetup(() => runNode(root, [join(root, 'test', 'differential', 'run.ts'), ...process.argv.slice(2)]));
