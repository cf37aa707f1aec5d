import { Storage } from '@google-cloud/storage';
import type { SignatureStore } from './signature-store.ts';

export interface GcsOptions {
  /** address of the service when it is not Google's own; it is then spoken to without credentials */
  endpoint?: string;
}

const timeoutMs = 20_000;

/** A store in a Google Cloud Storage bucket, with the process's default credentials. */
export function gcsStore(bucketName: string, prefix: string, { endpoint }: GcsOptions): SignatureStore {
  const storage = new Storage({
    userAgent: 'waybill',
    timeout: timeoutMs,
    // Longer troubles are waited out by the caller, who tells people about them.
    retryOptions: { autoRetry: true, maxRetries: 1, totalTimeout: timeoutMs / 1000 },
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint, projectId: 'local' }),
  });
  const bucket = storage.bucket(bucketName);
  const root = prefix === '' ? '' : `${prefix}/`;
  return {
    async list(folder) {
      const [files] = await bucket.getFiles({ prefix: root + folder });
      return files.map(({ name }) => name.slice(root.length)).sort();
    },
    // Not the library's download: for objects as small as ours it warns of leaking listeners.
    async read(path) {
      const url = `${storage.apiEndpoint}/storage/v1/b/${bucketName}/o/${encodeURIComponent(root + path)}?alt=media`;
      const headers = endpoint === undefined ? await storage.authClient.getRequestHeaders(url) : {};
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
      if (response.status === 404) return undefined;
      if (!response.ok) throw new Error(`GET gs://${bucketName}/${root}${path}: ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    },
    async create(path, content, contentType) {
      try {
        await bucket.file(root + path).save(Buffer.from(content), {
          resumable: false,
          contentType,
          // The server refuses where the object exists; a repeated request is therefore safe, too.
          preconditionOpts: { ifGenerationMatch: 0 },
        });
        return true;
      } catch (error) {
        if (statusOf(error) === 412) return false;
        throw error;
      }
    },
  };
}

/** HTTP status of an answer; undefined when there was none. */
const statusOf = (error: unknown): unknown => (error as { code?: unknown }).code;
