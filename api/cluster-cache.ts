import type { KubernetesClient, KubernetesObject } from '../activities/kubernetes/client.ts';
import { imageStreams, namespaces, releasePayloads, type Resource } from '../activities/kubernetes/resources.ts';
import { label } from '../domain/payload/annotations.ts';
import type { ImageStream, ReleasePayload } from '../domain/payload/kinds.ts';
import type { ClusterObjects } from './catalog.ts';
import { ListWatch } from './list-watch.ts';

/** How far one kind of object is known. */
export interface CacheState {
  resource: string;
  ready: boolean;
  size: number;
  ageMs: number;
}

export interface CacheOptions {
  client: KubernetesClient;
  /** namespaces with streams, or `labelled` for every one with our label, as they come and go */
  releaseNamespaces: readonly string[] | 'labelled';
  /** what was added, changed or removed in a release namespace */
  onChange: (object: ImageStream | ReleasePayload) => void;
  onTrouble: (resource: string, error: unknown) => void;
}

/** ImageStreams and ReleasePayloads of the release namespaces, kept current by watches. */
export class ClusterCache implements ClusterObjects {
  readonly #options: CacheOptions;
  readonly #streams: ListWatch<ImageStream>[];
  readonly #payloads: ListWatch<ReleasePayload>[];
  readonly #labelled: ListWatch<KubernetesObject> | undefined;

  constructor(options: CacheOptions) {
    this.#options = options;
    const { releaseNamespaces, client } = options;
    const scopes = releaseNamespaces === 'labelled' ? [undefined] : releaseNamespaces;
    this.#streams = scopes.map((namespace) => this.#watch<ImageStream>(imageStreams, namespace));
    this.#payloads = scopes.map((namespace) => this.#watch<ReleasePayload>(releasePayloads, namespace));
    this.#labelled =
      releaseNamespaces === 'labelled'
        ? new ListWatch({
            client,
            resource: namespaces,
            labelSelector: `${label.releases}=true`,
            onChange: () => this.#namespaceChanged(),
            onTrouble: (error) => options.onTrouble('namespaces', error),
          })
        : undefined;
  }

  get ready(): boolean {
    return this.state().every(({ ready }) => ready);
  }

  state(): CacheState[] {
    const of = (resource: Resource, watches: readonly ListWatch<KubernetesObject>[]): CacheState => ({
      resource: resource.plural,
      ready: watches.every(({ ready }) => ready),
      size: watches.reduce((sum, { size }) => sum + size, 0),
      ageMs: Math.max(0, ...watches.map(({ heardAt }) => (heardAt === undefined ? 0 : Date.now() - heardAt))),
    });
    const own = [of(imageStreams, this.#streams), of(releasePayloads, this.#payloads)];
    return this.#labelled === undefined ? own : [...own, of(namespaces, [this.#labelled])];
  }

  *imageStreams(): Generator<ImageStream> {
    for (const watch of this.#streams) for (const stream of watch.values()) if (this.#inScope(stream)) yield stream;
  }

  *payloads(): Generator<ReleasePayload> {
    for (const watch of this.#payloads) for (const payload of watch.values()) if (this.#inScope(payload)) yield payload;
  }

  imageStream(namespace: string, name: string): ImageStream | undefined {
    return this.#first(this.#streams, namespace, name);
  }

  payload(namespace: string, name: string): ReleasePayload | undefined {
    return this.#first(this.#payloads, namespace, name);
  }

  async close(): Promise<void> {
    const all = [...this.#streams, ...this.#payloads, ...(this.#labelled === undefined ? [] : [this.#labelled])];
    await Promise.all(all.map((watch) => watch.close()));
  }

  #first<T extends KubernetesObject>(watches: readonly ListWatch<T>[], namespace: string, name: string): T | undefined {
    for (const watch of watches) {
      const object = watch.get(namespace, name);
      if (object !== undefined) return this.#inScope(object) ? object : undefined;
    }
    return undefined;
  }

  #inScope({ metadata }: KubernetesObject): boolean {
    return this.#labelled === undefined || this.#labelled.get(undefined, metadata.namespace ?? '') !== undefined;
  }

  #watch<T extends ImageStream | ReleasePayload>(resource: Resource, namespace: string | undefined): ListWatch<T> {
    const { client, onChange, onTrouble } = this.#options;
    return new ListWatch<T>({
      client,
      resource,
      ...(namespace !== undefined && { namespace }),
      onChange: (object) => {
        if (this.#inScope(object)) onChange(object as T);
      },
      onTrouble: (error) => onTrouble(resource.plural, error),
    });
  }

  /** All that is in a namespace appears or disappears with its label. */
  #namespaceChanged(): void {
    for (const stream of this.imageStreams()) this.#options.onChange(stream);
  }
}
