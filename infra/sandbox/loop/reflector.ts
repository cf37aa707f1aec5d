import { setTimeout as pause } from 'node:timers/promises';
import { KubernetesError } from '../../../activities/kubernetes/client.ts';
import type { KubernetesClient, KubernetesObject, WatchEvent } from '../../../activities/kubernetes/client.ts';
import type { Resource } from '../../../activities/kubernetes/resources.ts';
import type { Log } from './log.ts';
import { untilItWorks } from './retry.ts';

export interface ReflectorOptions<T extends KubernetesObject> {
  client: KubernetesClient;
  resource: Resource;
  namespace?: string;
  fieldSelector?: string;
  signal: AbortSignal;
  log: Log;
  /** What to remember of an object; everything when absent. */
  keep?: (object: T) => T;
  /** Called for each change; `object` is undefined when it is gone. */
  onChange: (key: string, object: T | undefined, before: T | undefined) => void;
}

export const keyOf = ({ metadata }: KubernetesObject) => `${metadata.namespace ?? ''}/${metadata.name}`;
export const revisionOf = ({ metadata }: KubernetesObject) => BigInt(metadata.resourceVersion ?? '0');

const pauseAfterFailureMs = 200;

/**
 * A copy of one kind of object, kept fresh by list and watch. Lists again when the server has forgotten the
 * version (410) or answers any other error; after a broken connection it goes on from the last version seen.
 */
export class Reflector<T extends KubernetesObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #objects = new Map<string, T>();
  /** Revision of the last complete list: older events are in it already. */
  #listed = 0n;
  #seen = 0n;
  #refreshing: Promise<void> | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
  }

  get = (key: string): T | undefined => this.#objects.get(key);
  keys = (): IterableIterator<string> => this.#objects.keys();

  /** Lists once, then follows in the background until the signal aborts. */
  async start(): Promise<void> {
    await this.#relist();
    void this.#follow();
  }

  /** Takes an object that the server just returned, ahead of the watch. */
  put(object: T): void {
    const before = this.#objects.get(keyOf(object));
    if (before !== undefined && revisionOf(before) >= revisionOf(object)) return;
    this.#set(keyOf(object), object);
  }

  /** Makes sure that the copy is at least as new as a revision of any object of the server. */
  async atLeast(revision: bigint): Promise<void> {
    while (this.#seen < revision) {
      this.#refreshing ??= this.#list().finally(() => (this.#refreshing = undefined));
      await this.#refreshing;
    }
  }

  async #follow(): Promise<void> {
    const { client, resource, signal, log, namespace, fieldSelector } = this.#options;
    const scope = { ...(namespace === undefined ? {} : { namespace }), ...(fieldSelector === undefined ? {} : { fieldSelector }) };
    while (!signal.aborted) {
      try {
        await client.watch<T>(resource, { ...scope, resourceVersion: String(this.#seen), signal }, (event) => this.#take(event));
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ kind: resource.kind, error: String(error) }, 'watch broke');
        await pause(pauseAfterFailureMs);
        if (error instanceof KubernetesError) await this.#relist();
      }
    }
  }

  #relist = () => untilItWorks(`list ${this.#options.resource.plural}`, () => this.#list(), this.#options);

  async #list(): Promise<void> {
    const { client, resource, namespace, fieldSelector } = this.#options;
    const { items, resourceVersion } = await client.list<T>(resource, namespace, fieldSelector === undefined ? {} : { fieldSelector });
    const revision = BigInt(resourceVersion);
    const present = new Set(items.map(keyOf));
    for (const item of items) this.put(item);
    for (const [key, object] of this.#objects) if (!present.has(key) && revisionOf(object) <= revision) this.#remove(key);
    this.#listed = revision;
    this.#seen = revision;
  }

  #take({ type, object }: WatchEvent<T>): void {
    const revision = revisionOf(object);
    if (revision > this.#seen) this.#seen = revision;
    if (type === 'BOOKMARK' || revision <= this.#listed) return;
    if (type === 'DELETED') this.#remove(keyOf(object), revision);
    else this.put(object);
  }

  #remove(key: string, revision?: bigint): void {
    const before = this.#objects.get(key);
    if (before === undefined || (revision !== undefined && revisionOf(before) > revision)) return;
    this.#objects.delete(key);
    this.#options.onChange(key, undefined, before);
  }

  #set(key: string, object: T): void {
    const { keep = (whole: T) => whole, onChange } = this.#options;
    const before = this.#objects.get(key);
    const kept = keep(object);
    this.#objects.set(key, kept);
    onChange(key, kept, before);
  }
}
