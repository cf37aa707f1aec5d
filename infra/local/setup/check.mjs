// npm run check: types, lint with the folder fences, format, dead code.
import { runChecks } from './checks.mjs';
import { afterSetup, root } from './project.mjs';

await afterSetup(async () => ((await runChecks(root)).length === 0 ? 0 : 1));
