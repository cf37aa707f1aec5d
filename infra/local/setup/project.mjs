import { fileURLToPath } from 'node:url';
import { ensureDependencies } from './dependencies.mjs';

/** Folder of package.json. */
export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/**
 * Everything that must be there before TypeScript can run, then the command; a failure is one message, not a stack.
 *
 * @param {() => Promise<number>} command
 */
export async function afterSetup(command) {
  try {
    await ensureDependencies(root);
    process.exitCode = await command();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
