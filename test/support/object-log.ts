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

  /** Follows one kind in one namespace; what is there already counts as created. */
  async follow(resource: Resource, namespace: string): Promise<void> {
    const version = await this.#list(resource, namespace);
    void this.#watch(resource, namespace, version);
  }

  /** A kind that was defined just now is not served at once, nor is anything while the API server restarts. */
  async #list(resource: Resource, namespace: string): Promise<string> {
    const { items, resourceVersion } = await eventually(`a list of ${resource.plural}`, () =>
      this.#client.list<KubernetesObject>(resource, namespace),
    );
    for (const object of items) this.#add(resource, object);
    return resourceVersion;
  }

  async #watch(resource: Resource, namespace: string, from: string): Promise<void> {
    const { signal } = this.#stop;
    let resourceVersion = from;
    while (!signal.aborted) {
      try {
        await this.#client.watch<KubernetesObject>(resource, { namespace, resourceVersion, signal }, ({ type, object }) => {
          resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
          if (type === 'ADDED') this.#add(resource, object);
          if (type === 'DELETED') this.deleted.push(`${resource.kind}/${object.metadata.name}`);
        });
      } catch {
        // An API server that has restarted no longer knows what came before.
        if (!signal.aborted) resourceVersion = await this.#list(resource, namespace).catch(() => resourceVersion);
      }
    }
  }

  #add({ kind }: Resource, { metadata }: KubernetesObject): void {
    const key = `${kind}/${metadata.name}`;
    const [known, uid] = [this.created.get(key) ?? [], metadata.uid ?? ''];
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
