import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { tracingPlugin } from './tracing.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const inputs = ['workflows', 'domain', 'package-lock.json', 'workers/bundle.ts', 'workers/tracing.ts', 'infra/tracing.ts'];

/** Where the workflow bundle of a checkout lies; its name tells what it was made from. */
export async function bundlePath(): Promise<string> {
  return join(root, 'build', `workflows-${await fingerprint()}.cjs`);
}

/**
 * Bundles the workflow code once per state of its sources. Workers load the file, which spares each of them the
 * bundler's memory and seconds.
 *
 * @returns the path of the bundle
 */
export async function ensureBundle(): Promise<string> {
  const path = await bundlePath();
  try {
    await readFile(path);
    return path;
  } catch {
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(root, 'workflows', 'index.ts'),
      workflowInterceptorModules: [join(root, 'workflows', 'log-attributes.ts')],
      plugins: [tracingPlugin()],
      logger: quietLogger,
    });
    await mkdir(join(root, 'build'), { recursive: true });
    // Others may be making it as well.
    const temporary = `${path}.${randomUUID()}`;
    await writeFile(temporary, code);
    await rename(temporary, path);
    return path;
  }
}

const silent = () => undefined;
const quietLogger = { log: silent, trace: silent, debug: silent, info: silent, warn: console.warn, error: console.error };

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const input of inputs)
    for (const file of await filesUnder(join(root, input))) hash.update(file.slice(root.length)).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

async function filesUnder(path: string): Promise<string[]> {
  if (/\.\w+$/.test(path)) return [path];
  const entries = await readdir(path, { recursive: true });
  return entries
    .filter((entry) => entry.endsWith('.ts'))
    .toSorted()
    .map((entry) => join(path, entry));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await ensureBundle());
