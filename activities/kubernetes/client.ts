import https from 'node:https';
import http from 'node:http';
import { createInterface } from 'node:readline';
import type { ObjectMeta } from '../../domain/payload/kinds.ts';
import { clusterAccess } from './cluster-access.ts';
import type { Resource } from './resources.ts';

/** What every object has. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

export interface ListOptions {
  labelSelector?: string;
  fieldSelector?: string;
}

/** How old what is read may be. */
export type Age = 'now' | 'remembered';

/** For a large object whose answer nobody reads: its metadata alone comes back, and the server does not write all of it once more. */
export interface BriefAnswer {
  answer: 'metadata';
}

export interface List<T> {
  items: T[];
  resourceVersion: string;
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/** An answer of the API server that is not success. `reason` is Kubernetes' own word: `Conflict`, `AlreadyExists`, `Invalid`, … */
export class KubernetesError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = 'KubernetesError';
    this.status = status;
    this.reason = reason;
  }
}

export const isConflict = (error: unknown) => error instanceof KubernetesError && error.reason === 'Conflict';
export const isAlreadyExists = (error: unknown) => error instanceof KubernetesError && error.reason === 'AlreadyExists';
export const isNotFound = (error: unknown) => error instanceof KubernetesError && error.status === 404;
export const isGone = (error: unknown) => error instanceof KubernetesError && (error.status === 410 || error.reason === 'Expired');

/** A write that was not sent: this process may not write now. */
export class WriteRefused extends Error {}

type Transport = { server: URL; options: (watching: boolean) => Promise<https.RequestOptions> };

export interface ClientOptions {
  /** groups whose resources are on another cluster, and its kubeconfig */
  elsewhere?: Readonly<Record<string, string>>;
  /** why nothing may be written now; asked before each write */
  refusal?: () => string | undefined;
}

const requestTimeoutMs = 30_000;
/** With the whole as second choice: a server that knows no parts would refuse the request. */
const partially = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1, application/json`;
const metadataList = partially('PartialObjectMetadataList');
const metadataOnly = partially('PartialObjectMetadata');
/** The server ends a watch in time; a connection that died without a word never does. */
const watchGraceMs = 15_000;

/**
 * The Kubernetes API over plain JSON. Objects come and go whole, so fields that we do not know survive a
 * read and a write.
 */
export class KubernetesClient {
  readonly #transport: Transport;
  readonly #elsewhere: Readonly<Record<string, Transport>>;
  readonly #refusal: () => string | undefined;

  private constructor(transport: Transport, elsewhere: Readonly<Record<string, Transport>>, refusal: () => string | undefined) {
    this.#transport = transport;
    this.#elsewhere = elsewhere;
    this.#refusal = refusal;
  }

  /** @param kubeconfig path of a kubeconfig file; in-cluster or the default one when absent */
  static connect(kubeconfig?: string, { elsewhere = {}, refusal = () => undefined }: ClientOptions = {}): KubernetesClient {
    const others = Object.entries(elsewhere).map(([group, file]) => [group, KubernetesClient.#transportTo(file)] as const);
    return new KubernetesClient(KubernetesClient.#transportTo(kubeconfig), Object.fromEntries(others), refusal);
  }

  static #transportTo(kubeconfig?: string): Transport {
    const { server, signIn } = clusterAccess(kubeconfig);
    const { Agent } = server.protocol === 'https:' ? https : http;
    const requests = new Agent({ keepAlive: true, maxSockets: 64 });
    // Each watch keeps its connection: with many namespaces they would leave none for requests.
    const watches = new Agent({ keepAlive: true });
    const options = async (watching: boolean) => ({ ...(await signIn()), agent: watching ? watches : requests });
    return { server, options };
  }

  /**
   * @param age `remembered`: as the API server's cache has it, which is quicker and may be some moments old
   * @returns the object, or undefined when there is none
   */
  async get<T>(resource: Resource, namespace: string | undefined, name: string, age: Age = 'now'): Promise<T | undefined> {
    const version = query({ resourceVersion: age === 'remembered' ? '0' : undefined });
    try {
      return (await this.#request('GET', pathOf(resource, namespace, name) + version)) as T;
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }

  async list<T>(resource: Resource, namespace?: string, options: ListOptions = {}): Promise<List<T>> {
    const answer = (await this.#request('GET', `${pathOf(resource, namespace)}${query({ ...options })}`)) as {
      items?: T[];
      metadata: { resourceVersion: string };
    };
    return { items: answer.items ?? [], resourceVersion: answer.metadata.resourceVersion };
  }

  /** Metadata alone, page by page: what is large costs no more than what is small. */
  async *metadata(resource: Resource, namespace: string, pageSize = 500): AsyncGenerator<ObjectMeta[], void> {
    for (let next: string | undefined = ''; next !== undefined;) {
      const page = query({ limit: String(pageSize), continue: next || undefined });
      const answer = (await this.#request('GET', `${pathOf(resource, namespace)}${page}`, undefined, undefined, metadataList)) as {
        items?: { metadata: ObjectMeta }[];
        metadata: { continue?: string };
      };
      yield (answer.items ?? []).map(({ metadata }) => metadata);
      next = answer.metadata.continue || undefined;
    }
  }

  /** @throws KubernetesError `AlreadyExists` when the name is taken */
  create<T extends KubernetesObject>(resource: Resource, object: T): Promise<T> {
    return this.#request('POST', pathOf(resource, object.metadata.namespace), object) as Promise<T>;
  }

  /** Writes the whole object. With a resourceVersion in it, @throws KubernetesError `Conflict` when the world moved on. */
  replace<T extends KubernetesObject>(resource: Resource, object: T, answer: BriefAnswer): Promise<Pick<T, 'metadata'>>;
  replace<T extends KubernetesObject>(resource: Resource, object: T): Promise<T>;
  replace(resource: Resource, object: KubernetesObject, { answer }: { answer?: 'metadata' } = {}): Promise<unknown> {
    const path = pathOf(resource, object.metadata.namespace, object.metadata.name);
    return this.#request('PUT', path, object, undefined, answer && metadataOnly);
  }

  replaceStatus<T extends KubernetesObject>(resource: Resource, object: T): Promise<T> {
    return this.#request('PUT', `${pathOf(resource, object.metadata.namespace, object.metadata.name)}/status`, object) as Promise<T>;
  }

  /** A JSON merge patch (RFC 7396), a JSON patch (RFC 6902, an array), or a server-side apply with force by `fieldManager`. */
  patch<T>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    patch: unknown,
    options: { subresource?: 'status'; fieldManager?: string; answer?: 'metadata' } = {},
  ): Promise<T> {
    const path = pathOf(resource, namespace, name) + (options.subresource === undefined ? '' : `/${options.subresource}`);
    if (options.fieldManager !== undefined) {
      const apply = query({ fieldManager: options.fieldManager, force: 'true' });
      return this.#request('PATCH', path + apply, patch, 'application/apply-patch+yaml') as Promise<T>;
    }
    const type = Array.isArray(patch) ? 'application/json-patch+json' : 'application/merge-patch+json';
    return this.#request('PATCH', path, patch, type, options.answer && metadataOnly) as Promise<T>;
  }

  /** @returns false when it was not there; @throws KubernetesError `Conflict` when `uid` is given and another object has the name */
  async delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options: { uid?: string; gracePeriodSeconds?: number } = {},
  ): Promise<boolean> {
    const { uid, gracePeriodSeconds } = options;
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
      ...(uid === undefined ? {} : { preconditions: { uid } }),
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    };
    try {
      await this.#request('DELETE', pathOf(resource, namespace, name), body);
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return false;
      throw error;
    }
  }

  /**
   * Watches from a resource version until the server ends the stream (it does, every few minutes), the signal
   * aborts, or `onEvent` throws. Bookmarks are delivered as events.
   *
   * @throws KubernetesError 410 when that version is gone: list again; an error when the connection breaks or goes silent
   */
  async watch<T extends KubernetesObject>(
    resource: Resource,
    options: ListOptions & { namespace?: string; resourceVersion: string; timeoutSeconds?: number; signal: AbortSignal },
    onEvent: (event: WatchEvent<T>) => void | Promise<void>,
  ): Promise<void> {
    const { namespace, signal, resourceVersion, timeoutSeconds = 290, ...selectors } = options;
    const parameters = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      timeoutSeconds: String(timeoutSeconds),
      ...selectors,
    };
    const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000 + watchGraceMs)]);
    const response = await this.#send('GET', pathOf(resource, namespace) + query(parameters), undefined, undefined, ended);
    if (response.statusCode !== 200) throw errorOf(response.statusCode ?? 0, await bodyOf(response));
    try {
      for await (const line of createInterface({ input: response })) {
        if (line === '') continue;
        const event = JSON.parse(line) as WatchEvent<T>;
        if (event.type === 'ERROR') throw statusError(event.object);
        await onEvent(event);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      response.destroy();
    }
  }

  /** Any path of the API server, for what has no resource of its own (`/readyz`, `/apis/…`). */
  raw(path: string): Promise<unknown> {
    return this.#request('GET', path);
  }

  async #request(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
    accept = 'application/json',
  ): Promise<unknown> {
    const refusal = method === 'GET' ? undefined : this.#refusal();
    if (refusal !== undefined) throw new WriteRefused(`${method} ${path} was not sent: ${refusal}`);
    const response = await this.#send(method, path, body, contentType, AbortSignal.timeout(requestTimeoutMs), accept);
    const text = await bodyOf(response);
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) throw errorOf(status, text);
    return parse(text);
  }

  async #send(
    method: string,
    path: string,
    body: unknown,
    contentType: string | undefined,
    signal: AbortSignal,
    accept = 'application/json',
  ): Promise<http.IncomingMessage> {
    const [, apis, group = ''] = path.split('/');
    const { server, options } = (apis === 'apis' ? this.#elsewhere[group] : undefined) ?? this.#transport;
    const { headers, ...connection } = await options(path.includes('watch=true'));
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const client = server.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      const request = client.request(
        new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server),
        {
          ...connection,
          method,
          signal,
          headers: {
            ...(headers as http.OutgoingHttpHeaders),
            accept,
            ...(payload === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
          },
        },
        resolve,
      );
      request.on('error', reject);
      request.end(payload);
    });
  }
}

function pathOf({ group, version, plural, namespaced }: Resource, namespace?: string, name?: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

function query(parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

async function bodyOf(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const errorOf = (status: number, text: string) => statusError(parse(text), status);

function statusError(body: unknown, status = 0): KubernetesError {
  const { code, reason, message } = (typeof body === 'object' && body !== null ? body : {}) as {
    code?: number;
    reason?: string;
    message?: string;
  };
  const number = code ?? status;
  return new KubernetesError(
    number,
    reason ?? `HTTP ${number}`,
    message ?? (typeof body === 'string' && body !== '' ? body.slice(0, 500) : `HTTP ${number}`),
  );
}
