import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream, Job, ProwJob, ReleasePayload } from '../../../domain/payload/kinds.ts';
import { payloadPhase } from '../../../domain/payload/phase.ts';

export interface Kinds {
  imagestreams: ImageStream;
  payloads: ReleasePayload;
  jobs: Job;
  prowjobs: ProwJob;
}
export type Kind = keyof Kinds;
export const kinds: readonly Kind[] = ['imagestreams', 'payloads', 'jobs', 'prowjobs'];

/** What a watch tells of, in the order in which it happened. */
export interface Change {
  key: string;
  object: Kinds[Kind];
  version: number;
  gone?: true;
}

/** The API server, as far as a model needs it: objects by name, a version on each, a watch for every kind, and a memory of wrongs. */
export class PlayedCluster {
  readonly #objects: { [K in Kind]: Map<string, Kinds[K]> } = {
    imagestreams: new Map(),
    payloads: new Map(),
    jobs: new Map(),
    prowjobs: new Map(),
  };
  readonly changes: Record<Kind, Change[]> = { imagestreams: [], payloads: [], jobs: [], prowjobs: [] };
  /** what was done that must never be */
  readonly wrongs: string[] = [];
  readonly #made = new Set<string>();
  version = 0;

  get<K extends Kind>(kind: K, name: string): Kinds[K] | undefined {
    return this.#objects[kind].get(name);
  }

  list<K extends Kind>(kind: K): Kinds[K][] {
    return [...this.#objects[kind].values()];
  }

  /** One that exists stays as it is. */
  create<K extends Kind>(kind: K, object: Kinds[K]): void {
    const { name } = object.metadata;
    if (this.#objects[kind].has(name)) return;
    if (this.#made.has(`${kind}/${name}`)) this.wrongs.push(`${kind}/${name} was made twice`);
    this.#made.add(`${kind}/${name}`);
    this.#store(kind, object);
  }

  /** @returns false when the object is not what it was when it was read */
  replace<K extends Kind>(kind: K, object: Kinds[K]): boolean {
    const current = this.get(kind, object.metadata.name);
    if (current?.metadata.resourceVersion !== object.metadata.resourceVersion) return false;
    if (kind === 'imagestreams') this.#lookForWrongs(current as ImageStream, object as ImageStream);
    this.#store(kind, object);
    return true;
  }

  /** The world outside takes an object away, so that it may be made again. */
  vanish(kind: Kind, name: string): void {
    const object = this.#objects[kind].get(name);
    if (object === undefined) return;
    this.version += 1;
    this.#objects[kind].delete(name);
    this.#made.delete(`${kind}/${name}`);
    this.changes[kind].push({ key: name, object, version: this.version, gone: true });
  }

  #store<K extends Kind>(kind: K, object: Kinds[K]): void {
    this.version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    this.#objects[kind].set(object.metadata.name, stored);
    this.changes[kind].push({ key: object.metadata.name, object: stored, version: this.version });
  }

  #lookForWrongs(before: ImageStream, after: ImageStream): void {
    const left = new Set((after.spec?.tags ?? []).map(({ name }) => name));
    for (const { name, annotations } of before.spec?.tags ?? []) {
      if (left.has(name) || annotations?.[annotation.source] === undefined) continue;
      const payload = this.get('payloads', name);
      const phase = payload === undefined ? annotations[annotation.phase] : payloadPhase(payload);
      if (annotations[annotation.keep] !== undefined) this.wrongs.push(`${name} was removed though it is kept`);
      if (phase === 'Pending' || phase === 'Ready') this.wrongs.push(`${name} was removed though it is ${phase}`);
    }
  }

  /** All there is, but for what counts writes. */
  snapshot(): Record<Kind, unknown[]> {
    const plain = (kind: Kind) =>
      this.list(kind)
        .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
        .map((object) => ({ ...object, metadata: { ...object.metadata, resourceVersion: '' } }));
    return { imagestreams: plain('imagestreams'), payloads: plain('payloads'), jobs: plain('jobs'), prowjobs: plain('prowjobs') };
  }
}
