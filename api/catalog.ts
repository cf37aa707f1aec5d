import { annotation } from '../domain/payload/annotations.ts';
import { streamKey } from '../domain/payload/stream-tags.ts';
import {
  byStreamOrder,
  configuredStream,
  semanticOrder,
  type CatalogStream,
  type ConfiguredStream,
} from '../domain/payload/stream-catalog.ts';
import type { ImageStream, ReleasePayload, TagReference } from '../domain/payload/kinds.ts';

/** The objects of the cluster as they are known now. An object is never changed: a newer one replaces it. */
export interface ClusterObjects {
  imageStreams(): Iterable<ImageStream>;
  imageStream(namespace: string, name: string): ImageStream | undefined;
  payloads(): Iterable<ReleasePayload>;
  payload(namespace: string, name: string): ReleasePayload | undefined;
}

/** A release wherever it was found: in a stream that is served, or only as a tag or a payload. */
export interface FoundRelease {
  name: string;
  namespace: string;
  configured: ConfiguredStream | undefined;
  tag: TagReference | undefined;
  payload: ReleasePayload | undefined;
}

/** Streams and releases as requests ask for them. What is made from an object is kept as long as the object. */
export class Catalog {
  readonly #objects: ClusterObjects;
  readonly #read = new WeakMap<ImageStream, { target: ImageStream | undefined; configured: ConfiguredStream | undefined }>();
  readonly #sorted = new WeakMap<CatalogStream, TagReference[]>();

  constructor(objects: ClusterObjects) {
    this.#objects = objects;
  }

  /** Every stream with a release config, in the order of pages. */
  configured(): ConfiguredStream[] {
    const all = [...this.#objects.imageStreams()].flatMap((source) => this.#configuredOf(source) ?? []);
    return all.toSorted(byStreamOrder);
  }

  visible(): CatalogStream[] {
    return this.configured().flatMap((configured) => (configured.visible ? [configured.stream] : []));
  }

  /** @param name as in the release config */
  stream(name: string): CatalogStream | undefined {
    return this.visible().find(({ config }) => config.name === name);
  }

  /** The stream's tags by version, newest first. */
  newestFirst(stream: CatalogStream): TagReference[] {
    const sorted = this.#sorted.get(stream) ?? semanticOrder(stream.tags);
    this.#sorted.set(stream, sorted);
    return sorted;
  }

  /** A release has its payload in the namespace of its target stream. */
  payloadOf({ target }: CatalogStream, tag: TagReference): ReleasePayload | undefined {
    return this.#objects.payload(target.metadata.namespace ?? '', tag.name);
  }

  /** Every release of that name, in all namespaces or in one. */
  find(name: string, namespace?: string): FoundRelease[] {
    const inScope = (where: string) => namespace === undefined || where === namespace;
    const served = this.visible().flatMap((stream) => {
      const where = stream.target.metadata.namespace ?? '';
      const tag = inScope(where) ? stream.tags.find((candidate) => candidate.name === name) : undefined;
      return tag === undefined
        ? []
        : [
            {
              name,
              namespace: where,
              configured: { source: stream.source, config: stream.config, visible: true, stream } as const,
              tag,
              payload: this.#objects.payload(where, name),
            },
          ];
    });
    const known = new Set(served.map((release) => release.namespace));
    const others = [...this.#objects.payloads()].filter(
      ({ metadata }) => metadata.name === name && inScope(metadata.namespace ?? '') && !known.has(metadata.namespace ?? ''),
    );
    return [...served, ...others.map((payload) => this.#unserved(payload))];
  }

  /** A payload whose stream is not served now, or whose tag is gone: its coordinates say where it belongs. */
  #unserved(payload: ReleasePayload): FoundRelease {
    const { name, namespace = '' } = payload.metadata;
    const { streamName, imagestreamName = '' } = payload.spec.payloadCoordinates ?? {};
    const tag = this.#objects.imageStream(namespace, imagestreamName)?.spec?.tags?.find((candidate) => candidate.name === name);
    const source = tag?.annotations?.[annotation.source];
    const all = this.configured();
    const configured =
      all.find((stream) => streamKey(stream.source) === source) ?? all.find((stream) => stream.config?.name === streamName);
    return { name, namespace, configured, tag, payload };
  }

  #configuredOf(source: ImageStream): ConfiguredStream | undefined {
    const kept = this.#read.get(source);
    if (kept !== undefined && kept.target === this.#targetOf(kept.configured)) return kept.configured;
    const configured = configuredStream(source, (namespace, name) => this.#objects.imageStream(namespace, name));
    this.#read.set(source, { target: this.#targetOf(configured), configured });
    return configured;
  }

  #targetOf(configured: ConfiguredStream | undefined): ImageStream | undefined {
    const { source, config } = configured ?? {};
    return config === undefined || config.to === '' ? undefined : this.#objects.imageStream(source?.metadata.namespace ?? '', config.to);
  }
}

/** A stream whose config can not be read has no name but that of its image stream. */
export function nameOf({ config, source }: ConfiguredStream): string {
  return config?.name ?? source.metadata.name;
}
