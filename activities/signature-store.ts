import { signatureFolder, signatureIndex } from '../domain/audit/signature-path.ts';
import { fileStore } from './file-store.ts';
import { gcsStore, type GcsOptions } from './gcs-store.ts';

/**
 * What we ask of the place where signatures and audit records are kept: objects that are written once and never
 * changed. Paths are relative to the store's root and have no leading slash.
 */
export interface SignatureStore {
  /** paths of all objects below a folder (ends with `/`), sorted */
  list(folder: string): Promise<string[]>;
  /** @returns undefined when there is no such object */
  read(path: string): Promise<Uint8Array | undefined>;
  /** @returns false when the path is taken: nothing was written */
  create(path: string, content: Uint8Array, contentType: string): Promise<boolean>;
}

/** A URL that names no store. */
export class StoreUrlError extends Error {}

/**
 * Opens a store; nothing is read or written yet.
 *
 * @param url `gs://bucket[/prefix]` or `file:///absolute/path`, whose folder must exist
 * @throws StoreUrlError
 */
export function openStore(url: string, options: GcsOptions = {}): SignatureStore {
  const gcs = /^gs:\/\/([a-z0-9][a-z0-9._-]*)(?:\/(.*))?$/.exec(url);
  if (gcs !== null) return gcsStore(gcs[1] ?? '', (gcs[2] ?? '').replace(/^\/+|\/+$/g, ''), options);
  // With two slashes the first folder would be a host name, and the store the whole disk.
  const file = /^file:\/\/(\/.+)$/.exec(url);
  if (file !== null) return fileStore(decodeURIComponent(file[1] ?? ''));
  throw new StoreUrlError(`${url}: expected gs://bucket[/prefix] or file:///absolute/path`);
}

/** The signatures of one image that are there, by their numbers, lowest first. Objects with other names are passed over. */
export async function signaturesOf(store: SignatureStore, digest: string): Promise<{ index: number; path: string }[]> {
  const paths = await store.list(signatureFolder(digest));
  return paths
    .flatMap((path) => {
      const index = signatureIndex(digest, path);
      return index === undefined ? [] : [{ index, path }];
    })
    .sort((a, b) => a.index - b.index);
}
