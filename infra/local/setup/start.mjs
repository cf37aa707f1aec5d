// npm start: any Node from 20 on, nothing installed yet.
import { join } from 'node:path';
import { runNode } from './node-runtime.mjs';
import { afterSetup, root } from './project.mjs';

await afterSetup(() => runNode(root, [join(root, 'cli', 'waybill.ts'), 'dev', ...process.argv.slice(2)]));
