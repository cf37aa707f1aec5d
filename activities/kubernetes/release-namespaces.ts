import { label } from '../../domain/payload/annotations.ts';
import type { KubernetesClient, KubernetesObject } from './client.ts';
import { namespaces } from './resources.ts';

const freshMs = 5_000;

/** Which namespaces hold release streams: those listed in the settings, or every one with our label. */
export class ReleaseNamespaces {
  readonly listed: string[] | undefined;
  readonly #client: KubernetesClient;
  #labelled = new Set<string>();
  #readAt = 0;
  readonly #onlySources: ReadonlySet<string> | undefined;

  /** @param onlySources `namespace/name` of the sources that are driven; every one where absent */
  constructor(client: KubernetesClient, setting: string[] | 'labelled', onlySources?: readonly string[]) {
    this.#client = client;
    this.listed = setting === 'labelled' ? undefined : setting;
    this.#onlySources = onlySources && new Set(onlySources);
  }

  /** Whether we drive the stream of this source. */
  async drives(namespace: string, source: string): Promise<boolean> {
    return this.includes(namespace, source) && (await this.has(namespace));
  }

  /** The same, of a namespace that is known to be a release namespace. */
  includes(namespace: string, source: string): boolean {
    return this.#onlySources?.has(`${namespace}/${source}`) ?? true;
  }

  async has(namespace: string): Promise<boolean> {
    return (await this.all()).has(namespace);
  }

  async all(): Promise<ReadonlySet<string>> {
    if (this.listed !== undefined) return new Set(this.listed);
    if (Date.now() - this.#readAt > freshMs) {
      const { items } = await this.#client.list<KubernetesObject>(namespaces, undefined, { labelSelector: `${label.releases}=true` });
      this.#labelled = new Set(items.map(({ metadata }) => metadata.name));
      this.#readAt = Date.now();
    }
    return this.#labelled;
  }

  /** Learns from a watch event at once. @returns whether the namespace holds release streams now */
  note({ metadata }: KubernetesObject): boolean {
    const watched = metadata.labels?.[label.releases] === 'true' && metadata.deletionTimestamp === undefined;
    if (watched) this.#labelled.add(metadata.name);
    else this.#labelled.delete(metadata.name);
    return watched;
  }
}
