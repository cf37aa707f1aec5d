import { createHash } from 'node:crypto';
import { isAlreadyExists } from '../../activities/kubernetes/client.ts';
import type { KubernetesClient, KubernetesObject } from '../../activities/kubernetes/client.ts';
import { configMaps, events, namespaces } from '../../activities/kubernetes/resources.ts';
import type { Log } from './log.ts';
import { Reflector, keyOf } from './reflector.ts';
import { parseRules, ruleSchemas } from './rule-schema.ts';
import type { ImportRule, JobRule, ProwRule, RuleBook } from './rule-schema.ts';

interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
}

export const ordersNamespace = 'sandbox';
const rulesKey = 'rules.yaml';

/** Orders for the played systems, as they stand in the ConfigMaps of the namespace `sandbox` now. */
export class Rules {
  readonly #client: KubernetesClient;
  readonly #log: Log;
  readonly #maps: Reflector<ConfigMap>;
  readonly #listeners: ((book: RuleBook) => void)[] = [];
  #prow: ProwRule[] = [];
  #jobs: JobRule[] = [];
  #imports: ImportRule[] = [];

  constructor({ client, signal, log }: { client: KubernetesClient; signal: AbortSignal; log: Log }) {
    this.#client = client;
    this.#log = log;
    this.#maps = new Reflector({ client, signal, log, resource: configMaps, namespace: ordersNamespace, onChange: (key, map) => this.#read(key, map) });
  }

  async start(): Promise<void> {
    await this.#client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ordersNamespace } }).catch(unlessExists);
    await this.#maps.start();
  }

  /** Tells when a book changed; called after the new rules hold. */
  onChange(listener: (book: RuleBook) => void): void {
    this.#listeners.push(listener);
  }

  /** The rules, not older than `revision`: who writes an order and then starts a job gets what was ordered. */
  async prow(revision: bigint): Promise<readonly ProwRule[]> {
    await this.#maps.atLeast(revision);
    return this.#prow;
  }

  async jobs(revision: bigint): Promise<readonly JobRule[]> {
    await this.#maps.atLeast(revision);
    return this.#jobs;
  }

  async imports(revision: bigint): Promise<readonly ImportRule[]> {
    await this.#maps.atLeast(revision);
    return this.#imports;
  }

  #read(key: string, map: ConfigMap | undefined): void {
    const book = (Object.keys(ruleSchemas) as RuleBook[]).find((name) => key === `${ordersNamespace}/${name}`);
    if (book === undefined) return;
    const problems = this.#learn(book, map?.data?.[rulesKey] ?? '');
    if (map !== undefined) for (const problem of problems) void this.#complain(map, problem);
    for (const listener of this.#listeners) listener(book);
  }

  #learn(book: RuleBook, text: string): string[] {
    const { problems } = parseRules(book, text);
    if (book === 'prow-rules') this.#prow = parseRules(book, text).rules;
    if (book === 'job-rules') this.#jobs = parseRules(book, text).rules;
    if (book === 'import-rules') this.#imports = parseRules(book, text).rules;
    return problems;
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
    this.#log.warn({ configMap: keyOf(map), problem: message }, 'rule ignored');
    await this.#client.create(events, event).catch(unlessExists).catch((error: unknown) => this.#log.warn({ error: String(error) }, 'cannot write an event'));
  }
}

function unlessExists(error: unknown): void {
  if (!isAlreadyExists(error)) throw error;
}
