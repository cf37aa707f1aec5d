import { z } from 'zod';
import { causeOf } from './failed-fetch.ts';
import type { SignatureStore } from './signature-store.ts';
import { within } from './within.ts';

export interface GcsOptions {
  /** address of the service when it is not Google's own; it is then spoken to without credentials */
  endpoint?: string;
  /** how long one request may take; less than the activities have */
  patienceMs?: number;
}

const google = 'https://storage.googleapis.com';
const scopes = 'https://www.googleapis.com/auth/devstorage.read_write';
const Page = z.object({ items: z.array(z.object({ name: z.string() })).default([]), nextPageToken: z.string().optional() });

/**
 * A store in a Google Cloud Storage bucket, with the process's default credentials (its JSON API, storage/docs/json_api). Not by
 * Google's library: its limits have no effect on a service that takes a request and is silent, and what hangs there holds a
 * connection for ever.
 */
export function gcsStore(bucket: string, prefix: string, { endpoint, patienceMs = 20_000 }: GcsOptions): SignatureStore {
  // Loaded by those who sign in.
  const auth = endpoint === undefined ? import('google-auth-library').then(({ GoogleAuth }) => new GoogleAuth({ scopes })) : undefined;
  const address = (endpoint ?? google).replace(/\/$/, '');
  const root = prefix === '' ? '' : `${prefix}/`;

  /** @param what for messages, as in `list gs://bucket/folder` */
  async function ask(
    what: string,
    path: string,
    expected: number[],
    init: RequestInit = {},
  ): Promise<{ status: number; bytes: Uint8Array }> {
    const url = `${address}${path}`;
    try {
      const headers = new Headers(auth === undefined ? {} : await within(patienceMs, (await auth).getRequestHeaders(url)));
      for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
      const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(patienceMs) });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.ok || expected.includes(response.status)) return { status: response.status, bytes };
      throw new Error(`${response.status} ${new TextDecoder().decode(bytes).replaceAll(/\s+/g, ' ').slice(0, 200)}`);
    } catch (error) {
      const why = (error as Error).name === 'TimeoutError' ? `no answer within ${patienceMs / 1000} s` : causeOf(error);
      throw new Error(`${what}: ${why}`, { cause: error });
    }
  }

  return {
    async list(folder) {
      const names: string[] = [];
      for (let next: string | undefined = ''; next !== undefined;) {
        const query = new URLSearchParams({ prefix: root + folder, fields: 'items(name),nextPageToken', ...(next && { pageToken: next }) });
        const { bytes } = await ask(`list gs://${bucket}/${root}${folder}`, `/storage/v1/b/${bucket}/o?${query}`, []);
        const { items, nextPageToken } = Page.parse(JSON.parse(new TextDecoder().decode(bytes)));
        names.push(...items.map(({ name }) => name.slice(root.length)));
        next = nextPageToken === '' ? undefined : nextPageToken;
      }
      return names.sort();
    },
    async read(path) {
      const object = encodeURIComponent(root + path);
      const { status, bytes } = await ask(`read gs://${bucket}/${root}${path}`, `/storage/v1/b/${bucket}/o/${object}?alt=media`, [404]);
      return status === 404 ? undefined : bytes;
    },
    async create(path, content, contentType) {
      // The server refuses where the object exists; a repeated request is therefore safe, too.
      const query = new URLSearchParams({ uploadType: 'media', name: root + path, ifGenerationMatch: '0' });
      const init = { method: 'POST', headers: { 'content-type': contentType || 'application/octet-stream' }, body: Buffer.from(content) };
      const { status } = await ask(`create gs://${bucket}/${root}${path}`, `/upload/storage/v1/b/${bucket}/o?${query}`, [412], init);
      return status !== 412;
    },
  };
}
