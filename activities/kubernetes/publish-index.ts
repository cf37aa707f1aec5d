import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import { destinationParts, destinationsOf } from '../../domain/payload/publish-routing.ts';
import { forgotten, type Routed, type Seen } from '../../domain/payload/routing.ts';

/**
 * Knows which streams publish to which image stream, learnt from the release configs that a watch shows, so that an
 * edited destination wakes whoever publishes there. Nothing depends on it: without a word the stream looks in its
 * reconcile time.
 */
export class PublishIndex {
  readonly #bySource = new Map<string, { config: string; destinations: string[] }>();
  readonly #sources = new Map<string, Set<string>>();

  /** Adds to what a watch event means: the streams that publish to the image stream, when it was changed for them. */
  route(stream: ImageStream, before: Seen | undefined, routed: Routed): Routed {
    this.#learn(stream);
    const sources = this.#sources.get(keyOf(stream));
    if (sources === undefined || sources.size === 0) return routed;
    const published = destinationParts(stream);
    const seen = { ...routed.seen, published };
    const isSame = before !== forgotten && (before?.published === undefined || before.published === published);
    if (isSame) return { ...routed, seen };
    const owners = [...sources].toSorted().map((source) => {
      const [namespace = '', name = ''] = source.split('/');
      return { workflow: 'stream' as const, namespace, name, start: false, urgent: false };
    });
    return { owners: [...routed.owners, ...owners], seen };
  }

  #learn(stream: ImageStream): void {
    const key = keyOf(stream);
    const config = stream.metadata.annotations?.[annotation.config];
    const known = this.#bySource.get(key);
    if (known?.config === config) return;
    for (const destination of known?.destinations ?? []) this.#sources.get(destination)?.delete(key);
    this.#bySource.delete(key);
    if (config === undefined) return;
    const destinations = destinationsOf(stream);
    this.#bySource.set(key, { config, destinations });
    for (const destination of destinations) this.#sources.set(destination, (this.#sources.get(destination) ?? new Set()).add(key));
  }
}

const keyOf = ({ metadata }: ImageStream) => `${metadata.namespace ?? ''}/${metadata.name}`;
