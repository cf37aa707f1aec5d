import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Registries, Unreachable } from './registry-requests.ts';
import { manifestTypes } from './registry.ts';

const attempts = 4;
/** A registry that lists more pages than this goes round in a circle. */
const pages = 10_000;
const perPage = 500;

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
/** What a token has to allow for all that is asked here. */
export const cleaningActions = 'pull,push,delete';

interface Descriptor {
  digest: string;
  mediaType?: string;
  platform?: { os?: string };
}
interface Manifest {
  mediaType?: string;
  manifests?: Descriptor[];
  config?: Descriptor;
}

/** One repository of a registry (opencontainers/distribution-spec 1.1), read and cleaned up. */
export class RepositoryClient {
  readonly #repository: string;
  readonly #base: string;
  readonly #registries: Registries;

  /** @param repository `host[:port]/path` */
  constructor(repository: string, registries = new Registries({ actions: cleaningActions })) {
    this.#repository = repository;
    this.#base = Registries.addressOf(repository);
    this.#registries = registries;
  }

  /** Every tag there is, page by page; none where the repository does not exist. */
  async tags(): Promise<string[]> {
    const found: string[] = [];
    let next: string | undefined = `${this.#base}/tags/list?n=${perPage}`;
    for (let page = 0; next !== undefined; page += 1) {
      if (page === pages) throw new Unreachable(`${this.#repository} has no last page of tags`);
      const response = await this.#ask('GET', next, [200, 404]);
      if (response.status === 404) return found;
      const { tags } = (await response.json()) as { tags?: string[] | null };
      found.push(...(tags ?? []));
      next = nextPage(response, next);
    }
    return found;
  }

  /** RFC 3339, when the image of a tag was made; of an index its first image that says so. Undefined where none does, or the tag is gone. */
  async created(tag: string): Promise<string | undefined> {
    const manifest = await this.#manifest(tag);
    const images = manifest?.manifests?.filter(({ platform }) => platform?.os !== 'unknown') ?? [];
    if (manifest?.config !== undefined) return this.#createdOf(manifest.config);
    for (const { digest } of images) {
      const { config } = (await this.#manifest(digest)) ?? {};
      const created = config && (await this.#createdOf(config));
      if (created !== undefined) return created;
    }
    return undefined;
  }

  /**
   * Takes a tag away and nothing else: an image that other tags point at stays. A registry that deletes only by digest gets an
   * image under the tag that is nobody else's, and that one is deleted. A tag that is not there counts as deleted.
   */
  async deleteTag(tag: string): Promise<void> {
    const { status } = await this.#ask('DELETE', `${this.#base}/manifests/${tag}`, [200, 202, 404, 400, 405, 415]);
    if (status < 400 || status === 404) return;
    const digest = await this.#putPlaceholder(tag);
    await this.#ask('DELETE', `${this.#base}/manifests/${digest}`, [200, 202, 404]);
  }

  async #manifest(reference: string): Promise<Manifest | undefined> {
    const response = await this.#ask('GET', `${this.#base}/manifests/${reference}`, [200, 404], { accept: manifestTypes });
    return response.status === 404 ? undefined : ((await response.json()) as Manifest);
  }

  async #createdOf({ digest }: Descriptor): Promise<string | undefined> {
    const response = await this.#ask('GET', `${this.#base}/blobs/${digest}`, [200, 404]);
    if (response.status === 404) return undefined;
    const { created } = (await response.json().catch(() => ({}))) as { created?: unknown };
    return typeof created === 'string' && !Number.isNaN(Date.parse(created)) ? created : undefined;
  }

  /** @returns the digest of an image that has this tag alone, also when it was put there before */
  async #putPlaceholder(tag: string): Promise<string> {
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { 'waybill.dev/removed': tag } },
      rootfs: { type: 'layers', diff_ids: [] },
    });
    const upload = await this.#ask('POST', `${this.#base}/blobs/uploads/`, [202]);
    const location = new URL(upload.headers.get('location') ?? '', this.#base);
    location.searchParams.set('digest', digestOf(config));
    await this.#ask('PUT', location.href, [201], { 'content-type': 'application/octet-stream' }, config);
    const descriptor = { mediaType: configType, digest: digestOf(config), size: Buffer.byteLength(config) };
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: descriptor, layers: [] });
    await this.#ask('PUT', `${this.#base}/manifests/${tag}`, [201], { 'content-type': manifestType }, manifest);
    return digestOf(manifest);
  }

  /** @throws RegistryRefused, Unreachable */
  async #ask(method: string, url: string, expected: number[], headers: Record<string, string> = {}, body?: string): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#registries.send(this.#repository, url, { method, headers, ...(body === undefined ? {} : { body }) });
      if (expected.includes(response.status)) return response;
      const text = (await response.text()).slice(0, 200);
      const later = response.status === 429 || response.status >= 500;
      // Without query, which may carry an upload's secret.
      if (!later || attempt >= attempts) throw new Unreachable(`${method} ${url.split('?')[0]}: ${response.status} ${text}`);
      await pause(waitOf(response, attempt));
    }
  }
}

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** The address in `Link: <…>; rel="next"`. */
function nextPage(response: Response, base: string): string | undefined {
  const [, link] = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get('link') ?? '') ?? [];
  return link === undefined ? undefined : new URL(link, base).href;
}

function waitOf(response: Response, attempt: number): number {
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return Number.isFinite(seconds) ? Math.min(seconds, 30) * 1000 : 500 * 2 ** attempt;
}
