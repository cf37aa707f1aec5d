import type { KubernetesClient, KubernetesObject } from '../../activities/kubernetes/client.ts';
import type { Resource } from '../../activities/kubernetes/resources.ts';
import { eventually } from './wait.ts';

/** Every object that was ever created or deleted in some namespaces, seen by watches from the beginning. */
export class ObjectLog {
  /** uids by `Kind/name`, in the order of creation */
  readonly created = new Map<string, string[]>();
  readonly deleted: string[] = [];
  readonly #stop = new AbortController();
  readonly #client: KubernetesClient;

  constructor(client: KubernetesClient) {
    this.#client = client;
  }

  /** Follows one kind in one namespace, which must be empty of it. */
  async follow(resource: Resource, namespace: string): Promise<void> {
    // A kind that was defined just now is not served at once.
    const { resourceVersion } = await eventually(`a list of ${resource.plural}`, () => this.#client.list(resource, namespace));
    void this.#watch(resource, namespace, resourceVersion);
  }

  async #watch(resource: Resource, namespace: string, from: string): Promise<void> {
    let resourceVersion = from;
    while (!this.#stop.signal.aborted) {
      await this.#client
        .watch<KubernetesObject>(resource, { namespace, resourceVersion, signal: this.#stop.signal }, ({ type, object }) => {
          resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
          if (type === 'ADDED') this.#add(`${resource.kind}/${object.metadata.name}`, object.metadata.uid ?? '');
          if (type === 'DELETED') this.deleted.push(`${resource.kind}/${object.metadata.name}`);
        })
        .catch(() => undefined);
    }
  }

  #add(key: string, uid: string): void {
    const known = this.created.get(key) ?? [];
    if (!known.includes(uid)) this.created.set(key, [...known, uid]);
  }

  /** Names of all objects of a kind that were ever there, sorted. */
  names(kind: string): string[] {
    const prefix = `${kind}/`;
    return [...this.created.keys()].flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])).toSorted();
  }

  /** Objects that were created more than once. */
  repeated(): string[] {
    return [...this.created].flatMap(([key, uids]) => (uids.length > 1 ? [key] : []));
  }

  stop(): void {
    this.#stop.abort();
  }
}
