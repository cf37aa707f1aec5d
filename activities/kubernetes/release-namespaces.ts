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

  constructor(client: KubernetesClient, setting: string[] | 'labelled') {
    this.#client = client;
    this.listed = setting === 'labelled' ? undefined : setting;
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
