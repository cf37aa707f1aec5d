import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll } from 'vitest';
import { stringify } from 'yaml';
import { isAlreadyExists, type KubernetesClient, type KubernetesObject } from '../../activities/kubernetes/client.ts';
import { configMaps, namespaces, type Resource } from '../../activities/kubernetes/resources.ts';
import type { PeriodicDefinition } from '../../domain/payload/kinds.ts';
import { openStore, type SignatureStore } from '../../activities/signature-store.ts';
import { ensureLocalKey } from '../../activities/signing-key.ts';
import { ensureSearchAttributes } from '../../infra/temporal/search-attributes.ts';
import { ReleaseScene } from './release-scene.ts';
import { withClock } from './skewed-clock.ts';
import { testStack } from './stack.ts';
import { TestProcess } from './test-process.ts';

/** Addresses of the servers that a plant works with. */
export interface PlantServers {
  home: string;
  kubernetes: KubernetesClient;
  /** settings that lead to the servers, as environment variables */
  env: Record<string, string>;
}

export interface PlantOptions {
  /** how many tests of the file can have a namespace of their own */
  scenes?: number;
  /** how long a scene waits for a state; a minute where it is not given */
  patienceMs?: number;
  /** further settings of the worker */
  env?: Record<string, string>;
  /** how far the worker's clock is from the cluster's, and that of the played systems */
  clocks?: { workerMs: number; sandboxMs: number };
}

/**
 * A worker and a sandbox on real servers, for the tests of one file: release namespaces, ProwJobs, release jobs,
 * Temporal namespace and a folder of the bucket are its own, so that plants do not see each other.
 */
export class ReleasePlant {
  readonly name: string;
  readonly servers: PlantServers;
  readonly temporal: Client;
  readonly store: SignatureStore;
  readonly signingKey: string;
  readonly worker: TestProcess;
  readonly sandbox: TestProcess;
  /** of the worker, as environment variables */
  readonly settings: Record<string, string>;
  /** of each namespace for a scene */
  readonly namespaces: readonly string[];
  /** how long a scene waits for a state */
  readonly patienceMs: number;
  readonly #free: string[];

  constructor(
    name: string,
    servers: PlantServers,
    temporal: Client,
    signingKey: string,
    { scenes = 12, patienceMs = 60_000, env = {}, clocks = { workerMs: 0, sandboxMs: 0 } }: PlantOptions,
  ) {
    this.name = name;
    this.servers = servers;
    this.temporal = temporal;
    this.signingKey = signingKey;
    this.patienceMs = patienceMs;
    this.namespaces = Array.from({ length: scenes }, (_, index) => `${name}-${index + 1}`);
    this.#free = [...this.namespaces];
    const storageUrl = `${servers.env['WAYBILL_STORAGE_URL']}/${name}`;
    const endpoint = servers.env['WAYBILL_STORAGE_ENDPOINT'];
    this.store = openStore(storageUrl, endpoint === undefined ? {} : { endpoint });
    this.settings = { ...servers.env, ...this.#ownSettings(), WAYBILL_STORAGE_URL: storageUrl, ...env };
    const process = (offsetMs: number) => ({ home: servers.home, env: { ...this.settings, ...withClock(offsetMs) } });
    this.worker = new TestProcess({
      ...process(clocks.workerMs),
      name: `${name}-worker`,
      script: ['cli/waybill.ts', 'worker'],
      ready: 'worker is running',
    });
    this.sandbox = new TestProcess({
      ...process(clocks.sandboxMs),
      name: `${name}-sandbox`,
      script: ['infra/sandbox/main.ts'],
      ready: 'the sandbox plays',
    });
  }

  get jobNamespace(): string {
    return `${this.name}-jobs`;
  }

  get prowNamespace(): string {
    return `${this.name}-prow`;
  }

  #ownSettings(): Record<string, string> {
    return {
      WAYBILL_TEMPORAL_NAMESPACE: this.name,
      WAYBILL_RELEASE_NAMESPACES: this.namespaces.join(','),
      WAYBILL_JOB_NAMESPACE: this.jobNamespace,
      WAYBILL_PROW_NAMESPACE: this.prowNamespace,
      WAYBILL_PROW_JOB_CONFIG: `configmap:${this.prowNamespace}/job-config`,
      WAYBILL_SIGNING_KEY_FILE: this.signingKey,
      WAYBILL_WORKER_METRICS_PORT: '0',
      WAYBILL_SANDBOX_NAMESPACES: `^${this.name}-`,
    };
  }

  /** What a test does and sees in a namespace of its own. */
  async scene(): Promise<ReleaseScene> {
    const namespace = this.#free.shift();
    if (namespace === undefined) throw new Error(`plant ${this.name} has no namespace left: raise scenes`);
    await this.ensure(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    return new ReleaseScene(this, namespace);
  }

  async ensure(resource: Resource, object: KubernetesObject): Promise<void> {
    await this.servers.kubernetes.create(resource, object).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }

  /** Everything there that the processes expect; jobs take no time and succeed unless a scene orders otherwise. */
  async prepare(): Promise<void> {
    const { connection } = this.temporal;
    await connection.workflowService.registerNamespace({ namespace: this.name, workflowExecutionRetentionPeriod: msToTs('1 day') });
    await ensureSearchAttributes(connection, this.name);
    for (const name of [this.jobNamespace, this.prowNamespace, 'sandbox']) {
      await this.ensure(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    await this.ensure(configMaps, configMap(this.prowNamespace, 'job-config', {}));
    await this.orderQuickJobs();
  }

  protected async orderQuickJobs(): Promise<void> {
    await this.order('prow-rules', 'zz', [{ job: '.', namespace: `^${this.prowNamespace}$`, seconds: 0 }]);
    await this.order('job-rules', 'zz', [{ job: '.', namespace: `^${this.jobNamespace}$`, seconds: 0 }]);
  }

  /** Adds Prow job definitions, in place of those of the same file. */
  async define(file: string, definitions: PeriodicDefinition[]): Promise<void> {
    await this.servers.kubernetes.patch(configMaps, this.prowNamespace, 'job-config', {
      data: { [file]: stringify({ periodics: definitions }) },
    });
  }

  /** Gives the played systems orders, in place of those of the same name. Names are tried in alphabetical order. */
  async order(book: 'prow-rules' | 'job-rules' | 'import-rules', name: string, rules: unknown[]): Promise<void> {
    const object = configMap('sandbox', `${book}-${this.name}-${name}`, { 'rules.yaml': JSON.stringify(rules) });
    await this.servers.kubernetes.patch(configMaps, 'sandbox', object.metadata.name, object, { fieldManager: 'test' });
  }

  async start(): Promise<void> {
    await Promise.all([this.worker.start(), this.sandbox.start()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.worker.kill(), this.sandbox.kill()]);
    await this.temporal.connection.close();
  }
}

const configMap = (namespace: string, name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name },
  data,
});

/** A plant whose processes do not run yet. */
export async function buildPlant(name: string, servers: PlantServers, options: PlantOptions = {}): Promise<ReleasePlant> {
  const connection = await Connection.connect({ address: servers.env['WAYBILL_TEMPORAL_ADDRESS'] ?? '' });
  const temporal = new Client({ connection, namespace: name });
  const plant = new ReleasePlant(name, servers, temporal, await ensureLocalKey(servers.home), options);
  await plant.prepare();
  return plant;
}

/** Runs a plant on the stack of the test run while the tests of this file run. Call at the top of the file. */
export function releasePlant(options: PlantOptions = {}): () => ReleasePlant {
  let plant: ReleasePlant | undefined;
  beforeAll(async () => {
    const { freshName, home, kubernetes, env } = testStack();
    plant = await buildPlant(freshName('plant'), { home, kubernetes, env: env() }, options);
    await plant.start();
  }, 120_000);
  afterAll(() => plant?.stop());
  return () => {
    if (plant === undefined) throw new Error('the plant runs while tests run');
    return plant;
  };
}
