import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Builds the workflow bundle where it is stale, in a process of its own: the bundler's memory leaves with it. */
export async function buildWorkflows(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, '..', '..', 'workers', 'bundle.ts')]);
}
