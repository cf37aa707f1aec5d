import { setTimeout as pause } from 'node:timers/promises';
import { isGone, type KubernetesClient, type KubernetesObject, type ListOptions } from '../activities/kubernetes/client.ts';
import type { Resource } from '../activities/kubernetes/resources.ts';

export interface ListWatchOptions extends ListOptions {
  client: KubernetesClient;
  resource: Resource;
  /** undefined for all */
  namespace?: string;
  /** called with what was added, changed or removed */
  onChange: (object: KubernetesObject) => void;
  /** called with what made the watch start again */
  onTrouble: (error: unknown) => void;
}

const firstPauseMs = 200;
const longestPauseMs = 10_000;

/**
 * A copy of the objects of one kind, kept current by a watch. It heals by itself: a watch that ends goes on from the
 * version it reached, a version that is gone (410) and any other trouble lead to a new list.
 */
export class ListWatch<T extends KubernetesObject> {
  readonly #options: ListWatchOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #objects = new Map<string, T>();
  #heardAt: number | undefined;

  constructor(options: ListWatchOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Whether a list has been read, ever: what is known may be old, but it is complete. */
  get ready(): boolean {
    return this.#heardAt !== undefined;
  }

  /** Epoch milliseconds; when the API server was last heard of. */
  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  get size(): number {
    return this.#objects.size;
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      try {
        let version = await this.#list();
        pauseMs = firstPauseMs;
        while (!signal.aborted) version = await this.#watch(version);
      } catch (error) {
        if (signal.aborted) return;
        if (!isGone(error)) this.#options.onTrouble(error);
        await pause(pauseMs, undefined, { signal }).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
  }

  /** Reads everything anew and tells the difference. @returns the version to watch from */
  async #list(): Promise<string> {
    const { client, resource, namespace, onChange } = this.#options;
    const { items, resourceVersion } = await client.list<T>(resource, namespace, this.#selectors());
    const before = this.#objects;
    this.#objects = new Map(items.map((object) => [keyOfObject(object), this.#kept(before, trimmed(object))]));
    this.#heardAt = Date.now();
    for (const [key, object] of this.#objects) if (before.get(key) !== object) onChange(object);
    for (const [key, object] of before) if (!this.#objects.has(key)) onChange(object);
    return resourceVersion;
  }

  /** @returns the version reached when the server ends the watch */
  async #watch(from: string): Promise<string> {
    const { client, resource, namespace, onChange } = this.#options;
    let version = from;
    const options = {
      ...(namespace !== undefined && { namespace }),
      ...this.#selectors(),
      resourceVersion: from,
      signal: this.#stop.signal,
    };
    await client.watch<T>(resource, options, ({ type, object }) => {
      this.#heardAt = Date.now();
      version = object.metadata.resourceVersion ?? version;
      if (type === 'BOOKMARK') return;
      if (type === 'DELETED') this.#objects.delete(keyOfObject(object));
      else this.#objects.set(keyOfObject(object), trimmed(object));
      onChange(object);
    });
    this.#heardAt = Date.now();
    return version;
  }

  #selectors(): ListOptions {
    const { labelSelector, fieldSelector } = this.#options;
    return { ...(labelSelector !== undefined && { labelSelector }), ...(fieldSelector !== undefined && { fieldSelector }) };
  }

  /** An object that did not change stays the same one, so that nothing made from it is made again. */
  #kept(before: Map<string, T>, object: T): T {
    const known = before.get(keyOfObject(object));
    const same = known?.metadata.uid === object.metadata.uid && known?.metadata.resourceVersion === object.metadata.resourceVersion;
    return known !== undefined && same ? known : object;
  }
}

/** Who owns which field fills a third of an object, and nobody here reads it. */
function trimmed<T extends KubernetesObject>(object: T): T {
  delete (object.metadata as { managedFields?: unknown }).managedFields;
  return object;
}

function keyOfObject({ metadata }: KubernetesObject): string {
  return keyOf(metadata.namespace, metadata.name);
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
