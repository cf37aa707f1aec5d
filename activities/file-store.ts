import { randomUUID } from 'node:crypto';
import { access, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SignatureStore } from './signature-store.ts';

/** A store in a folder, which must exist: a path that is mistyped or not mounted must not be made up. */
export function fileStore(root: string): SignatureStore {
  return {
    async list(folder) {
      await access(root);
      const names = await absentAs([], readdir(join(root, folder), { recursive: true, withFileTypes: true }));
      return names
        .filter((entry) => entry.isFile() && !isPartial(entry.name))
        .map((entry) => join(entry.parentPath, entry.name).slice(join(root, '/').length))
        .sort();
    },
    async read(path) {
      await access(root);
      return absentAs(undefined, readFile(join(root, path)));
    },
    async create(path, content) {
      await access(root);
      const target = join(root, path);
      await mkdir(dirname(target), { recursive: true });
      // Written aside and linked: linking fails when the name is taken, and nobody reads half a file.
      const partial = join(dirname(target), `${partialPrefix}${randomUUID()}`);
      try {
        await writeFile(partial, content, { flag: 'wx', mode: 0o644, flush: true });
        await link(partial, target);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      } finally {
        await rm(partial, { force: true });
      }
    },
  };
}

const partialPrefix = '.partial-';
const isPartial = (name: string) => name.startsWith(partialPrefix);

async function absentAs<T, Absent>(absent: Absent, found: Promise<T>): Promise<T | Absent> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return absent;
    throw error;
  }
}
