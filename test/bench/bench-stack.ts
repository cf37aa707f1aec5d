import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { KubernetesClient, type KubernetesObject, type WatchEvent } from '../../activities/kubernetes/client.ts';
import { configMaps, namespaces, type Resource } from '../../activities/kubernetes/resources.ts';
import { ensureLocalKey } from '../../activities/signing-key.ts';
import { installCrds } from '../../infra/crds/install.ts';
import { startStack, type LocalStack } from '../../infra/local/stack.ts';
import { loadSettings } from '../../infra/settings/settings.ts';
import { ensureSearchAttributes } from '../../infra/temporal/search-attributes.ts';

const root = join(import.meta.dirname, '..', '..');
export const namespace = 'ocp';
/** A watch has connected by then, and a change is not gathered with the one before it. */
export const restMs = 500;

/** A local stack of its own with one worker, and the sandbox where a bench wants it. */
export class BenchStack {
  readonly stack: LocalStack;
  readonly kubernetes: KubernetesClient;
  readonly temporal: Client;
  /** whether the sandbox writes statuses */
  plays = false;
  readonly #home: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #processes: ChildProcess[] = [];

  private constructor(home: string, stack: LocalStack, temporal: Client, env: NodeJS.ProcessEnv) {
    this.stack = stack;
    this.temporal = temporal;
    this.kubernetes = KubernetesClient.connect(stack.addresses.kubeconfig);
    this.#home = home;
    this.#env = env;
  }

  static async start(): Promise<BenchStack> {
    const home = mkdtempSync(join(tmpdir(), 'waybill-bench-'));
    const stack = await startStack({ home, settings: loadSettings({}), log: console.error, usualPorts: false });
    const { temporal, kubeconfig, registry, storageUrl, storageEndpoint = '' } = stack.addresses;
    const connection = await Connection.connect({ address: temporal });
    await ensureSearchAttributes(connection, 'default');
    const env = {
      ...process.env,
      WAYBILL_TEMPORAL_ADDRESS: temporal,
      WAYBILL_KUBECONFIG: kubeconfig,
      WAYBILL_REGISTRY: registry,
      WAYBILL_STORAGE_URL: storageUrl,
      WAYBILL_STORAGE_ENDPOINT: storageEndpoint,
      WAYBILL_SIGNING_KEY_FILE: await ensureLocalKey(home),
      WAYBILL_WORKER_METRICS_PORT: String(await stack.ports.port('bench-metrics', 0)),
      WAYBILL_LOG_LEVEL: 'warn',
      // The thousand finished releases were never signed; to sign them is not what is measured.
      WAYBILL_AUDIT_TRACK_INTERVAL: '0',
    };
    const bench = new BenchStack(home, stack, new Client({ connection }), env);
    await installCrds(bench.kubernetes);
    for (const name of [namespace, 'ci', 'ci-release', 'sandbox']) await bench.create(namespaces, { metadata: { name } });
    return bench;
  }

  /** Starts our worker and waits until its watches run. */
  async startWorker(): Promise<ChildProcess> {
    const worker = this.#spawn('worker', [join(root, 'cli', 'bin.mjs'), 'worker']);
    await this.until('the watches run', async () => {
      const { raw } = await this.temporal.workflow.getHandle('watch/local/imagestreams').describe();
      return raw.pendingActivities?.some(({ lastStartedTime }) => lastStartedTime) === true;
    });
    return worker;
  }

  async startSandbox(): Promise<ChildProcess> {
    this.plays = true;
    const rules = (job: string) => ({ 'rules.yaml': JSON.stringify([{ job, outcomes: ['success'], seconds: 0 }]) });
    await this.create(configMaps, { metadata: { namespace: 'sandbox', name: 'prow-rules' }, data: rules('.*') });
    await this.create(configMaps, { metadata: { namespace: 'sandbox', name: 'job-rules' }, data: rules('.*') });
    return this.#spawn('sandbox', [join(root, 'infra', 'sandbox', 'main.ts')]);
  }

  create(resource: Resource, object: object): Promise<KubernetesObject> {
    const { group, version, kind } = resource;
    return this.kubernetes.create(resource, {
      apiVersion: group === '' ? version : `${group}/${version}`,
      kind,
      ...object,
    } as KubernetesObject);
  }

  /** `RUNNING`, `COMPLETED`, …; undefined where there is none */
  async statusOf(workflowId: string): Promise<string | undefined> {
    try {
      return (await this.temporal.workflow.getHandle(workflowId).describe()).status.name;
    } catch {
      return undefined;
    }
  }

  /** The milliseconds until an object of the kind satisfies the condition, by a watch begun so long before `act`, and the object. */
  async timeUntil<T extends KubernetesObject>(
    resource: Resource,
    where: string,
    holds: (object: T) => boolean,
    act: () => Promise<unknown>,
    beforeMs = 0,
  ): Promise<{ ms: number; object: T }> {
    const { resourceVersion } = await this.kubernetes.list<T>(resource, where);
    const done = new AbortController();
    let began = 0;
    const seen = new Promise<{ ms: number; object: T }>((resolve, reject) => {
      const onEvent = ({ type, object }: WatchEvent<T>) => {
        if (type !== 'BOOKMARK' && type !== 'DELETED' && holds(object)) resolve({ ms: performance.now() - began, object });
      };
      this.kubernetes.watch<T>(resource, { namespace: where, resourceVersion, signal: done.signal }, onEvent).catch(reject);
    });
    // Where `act` fails nobody waits for it.
    seen.catch(() => undefined);
    if (beforeMs > 0) await new Promise((resolve) => setTimeout(resolve, beforeMs));
    began = performance.now();
    await act();
    const found = await seen;
    done.abort();
    return found;
  }

  async until(what: string, holds: () => Promise<boolean>, seconds = 120): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!(await holds().catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`bench: ${what} did not come true in ${seconds} s; logs are in ${this.#home}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stopProcess(process: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (process.exitCode !== null || process.signalCode !== null) return;
    const gone = once(process, 'exit');
    process.kill(signal);
    await gone;
  }

  async stop(): Promise<void> {
    for (const process of this.#processes) await this.stopProcess(process, 'SIGKILL');
    await this.temporal.connection.close();
    await this.stack.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }

  #spawn(name: string, args: string[]): ChildProcess {
    const log = openSync(join(this.#home, `${name}.log`), 'a');
    const child = spawn(process.execPath, args, { env: this.#env, stdio: ['ignore', log, log] });
    this.#processes.push(child);
    return child;
  }
}

/** The value below which that share of the samples lies. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** CPU seconds and resident MiB of a process, from the kernel. */
export function usageOf(pid: number): { cpuSeconds: number; residentMiB: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const ticks = Number(stat[11]) + Number(stat[12]);
  return { cpuSeconds: ticks / 100, residentMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024 };
}
