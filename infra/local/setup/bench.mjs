// npm run bench: set-up, then the measurements of docs/performance.md. Arguments choose parts; `--write` records the figures.
import { join } from 'node:path';
import { runNode } from './node-runtime.mjs';
import { afterSetup, root } from './project.mjs';

await afterSetup(() => runNode(root, [join(root, 'test', 'bench', 'bench.ts'), ...process.argv.slice(2)]));
