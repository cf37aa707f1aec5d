import { createHash } from 'node:crypto';
import { isAlreadyExists } from '../../../activities/kubernetes/client.ts';
import type { KubernetesClient, KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { configMaps, events, namespaces } from '../../../activities/kubernetes/resources.ts';
import type { Log } from '../loop/log.ts';
import { Reflector, keyOf } from '../loop/reflector.ts';
import { untilItWorks } from '../loop/retry.ts';
import { parseRules, ruleSchemas } from './rule-schema.ts';
import type { RuleBook, RuleOf } from './rule-schema.ts';

interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
}

export const ordersNamespace = 'sandbox';
const rulesKey = 'rules.yaml';

/**
 * Orders for the played systems, as they stand in the ConfigMaps of the namespace `sandbox` now. A book may have more
 * ConfigMaps, `prow-rules-mine` for example, which come after it by name: so that several people keep out of each other's way.
 */
export class Rules {
  readonly #client: KubernetesClient;
  readonly #options: { signal: AbortSignal; log: Log };
  readonly #maps: Reflector<ConfigMap>;
  readonly #listeners: ((book: RuleBook) => void)[] = [];
  readonly #parsed = new Map<string, { book: RuleBook; rules: readonly RuleOf<RuleBook>[] }>();

  constructor({ client, signal, log }: { client: KubernetesClient; signal: AbortSignal; log: Log }) {
    this.#client = client;
    this.#options = { signal, log };
    this.#maps = new Reflector({
      client,
      signal,
      log,
      resource: configMaps,
      namespace: ordersNamespace,
      onChange: (key, map) => this.#read(key, map),
    });
  }

  async start(): Promise<void> {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ordersNamespace } };
    await untilItWorks(
      'create the namespace of orders',
      () => this.#client.create(namespaces, namespace).then(() => undefined, unlessExists),
      this.#options,
    );
    await this.#maps.start();
  }

  /** Tells when a book changed; called after the new rules hold. */
  onChange(listener: (book: RuleBook) => void): void {
    this.#listeners.push(listener);
  }

  /** The rules, not older than `revision`: who writes an order and then starts a job gets what was ordered. */
  async of<B extends RuleBook>(book: B, revision: bigint): Promise<readonly RuleOf<B>[]> {
    await this.#maps.atLeast(revision);
    const pages = [...this.#parsed].filter(([, page]) => page.book === book).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return pages.flatMap(([, { rules }]) => rules as readonly RuleOf<B>[]);
  }

  #read(key: string, map: ConfigMap | undefined): void {
    const book = bookOf(key);
    if (book === undefined) return;
    this.#parsed.delete(key);
    if (map !== undefined) this.#learn(key, book, map);
    for (const listener of this.#listeners) listener(book);
  }

  #learn(key: string, book: RuleBook, map: ConfigMap): void {
    const { rules, problems } = parseRules(book, map.data?.[rulesKey] ?? '');
    this.#parsed.set(key, { book, rules });
    for (const problem of problems) void this.#complain(map, problem);
  }

  /** The event's name says what is wrong, so telling it again, by this process or the next, makes no second one. */
  async #complain(map: ConfigMap, message: string): Promise<void> {
    const digest = createHash('sha256').update(`${map.metadata.uid} ${message} ${map.data?.[rulesKey]}`).digest('hex').slice(0, 16);
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${map.metadata.name}.${digest}`, namespace: ordersNamespace },
      involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: map.metadata.name, namespace: ordersNamespace, uid: map.metadata.uid },
      type: 'Warning',
      reason: 'InvalidRule',
      message,
      source: { component: 'waybill-sandbox' },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    };
    this.#options.log.warn({ configMap: keyOf(map), problem: message }, 'rule ignored');
    await this.#client
      .create(events, event)
      .catch(unlessExists)
      .catch((error: unknown) => this.#options.log.warn({ error: String(error) }, 'cannot write an event'));
  }
}

function bookOf(key: string): RuleBook | undefined {
  const name = key.slice(key.indexOf('/') + 1);
  return (Object.keys(ruleSchemas) as RuleBook[]).find((book) => name === book || name.startsWith(`${book}-`));
}

function unlessExists(error: unknown): void {
  if (!isAlreadyExists(error)) throw error;
}
