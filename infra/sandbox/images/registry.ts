import { digestOf } from '../../oci/image.ts';

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

export interface Manifest {
  digest: string;
  mediaType: string;
  bytes: Buffer;
}

interface Answer {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';
const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const indexTypes: ReadonlySet<string> = new Set([ociIndex, dockerList]);
const accept = [ociManifest, ociIndex, dockerManifest, dockerList].join(', ');

/** The registry did not answer, or with an answer that the distribution specification does not foresee. Worth repeating. */
export class RegistryError extends Error {
  override name = 'RegistryError';
}

/** One registry over plain HTTP, by the OCI distribution specification. Everything here may be repeated. */
export class Registry {
  readonly host: string;

  /** @param host `host:port` */
  constructor(host: string) {
    this.host = host;
  }

  /** @returns whether a registry name of an image reference means this registry */
  is = (host: string): boolean => host.replace(/^localhost(?=:|$)/, '127.0.0.1') === this.host.replace(/^localhost(?=:|$)/, '127.0.0.1');

  /** @returns the manifest's digest, undefined when there is none */
  async head(path: string, reference: string): Promise<string | undefined> {
    const response = await this.#send('HEAD', `/v2/${path}/manifests/${reference}`, { headers: { accept } });
    if (response.status === 404) return undefined;
    return response.headers.get('docker-content-digest') ?? undefined;
  }

  async manifest(path: string, reference: string): Promise<Manifest | undefined> {
    const response = await this.#send('GET', `/v2/${path}/manifests/${reference}`, { headers: { accept } });
    if (response.status === 404) return undefined;
    return { digest: digestOf(response.bytes), mediaType: response.headers.get('content-type') ?? ociManifest, bytes: response.bytes };
  }

  /** @throws RegistryError when there is none */
  async existing(path: string, reference: string): Promise<Manifest> {
    const manifest = await this.manifest(path, reference);
    if (manifest === undefined) throw new RegistryError(`${this.host}/${path} has no manifest ${reference}`);
    return manifest;
  }

  /** @returns undefined when there is none */
  async blob(path: string, digest: string): Promise<Buffer | undefined> {
    const response = await this.#send('GET', `/v2/${path}/blobs/${digest}`);
    return response.status === 404 ? undefined : response.bytes;
  }

  async putManifest(path: string, reference: string, { mediaType, bytes }: { mediaType: string; bytes: Buffer }): Promise<void> {
    await this.#send('PUT', `/v2/${path}/manifests/${reference}`, { headers: { 'content-type': mediaType }, body: bytes });
  }

  /** Makes a blob of one repository known in another, without moving its bytes. */
  async mountBlob(to: string, digest: string, from: string): Promise<void> {
    const response = await this.#send('POST', `/v2/${to}/blobs/uploads/?${new URLSearchParams({ mount: digest, from })}`);
    if (response.status === 201) return;
    const blob = await this.#send('GET', `/v2/${from}/blobs/${digest}`);
    await this.#finishUpload(response, digest, blob.bytes);
  }

  async #finishUpload(upload: Answer, digest: string, bytes: Buffer): Promise<void> {
    const location = new URL(upload.headers.get('location') ?? '', `http://${this.host}`);
    location.searchParams.set('digest', digest);
    await this.#send('PUT', `${location.pathname}${location.search}`, {
      headers: { 'content-type': 'application/octet-stream' },
      body: bytes,
    });
  }

  async #send(method: string, path: string, init: { headers?: Record<string, string>; body?: Buffer } = {}): Promise<Answer> {
    const { body, ...rest } = init;
    try {
      const response = await fetch(`http://${this.host}${path}`, {
        method,
        signal: AbortSignal.timeout(30_000),
        ...rest,
        ...(body === undefined ? {} : { body: new Uint8Array(body) }),
      });
      // read to its end, so that the connection is free again
      const bytes = Buffer.from(await response.arrayBuffer());
      if (response.ok || (response.status === 404 && method !== 'PUT' && method !== 'POST'))
        return { status: response.status, headers: response.headers, bytes };
      throw new RegistryError(`${method} http://${this.host}${path}: ${response.status} ${bytes.toString('utf8').slice(0, 300)}`);
    } catch (error) {
      if (error instanceof RegistryError) throw error;
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new RegistryError(`${method} http://${this.host}${path}: ${cause}`);
    }
  }
}
