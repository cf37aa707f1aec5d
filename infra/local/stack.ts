import { join } from 'node:path';
import { defaultSources, resolveComponents } from './components/resolve.ts';
import type { ComponentKey } from './components/table.ts';
import { once } from './once.ts';
import { rememberedPorts, type Ports } from './processes/free-ports.ts';
import { manage, type ManagedProcess } from './processes/managed-process.ts';
import { pidFiles } from './processes/pid-files.ts';
import { startCluster } from './servers/cluster.ts';
import { registry } from './servers/registry.ts';
import { serving, type Run, type ServerContext } from './servers/server-context.ts';
import { storage } from './servers/storage.ts';
import { startTemporal } from './servers/temporal.ts';
import { withProgress } from './setup/progress.mjs';
import { openStateDirectory, type StateDirectory } from './state-directory.ts';
import type { Settings } from '../settings/settings.ts';

export interface StackOptions {
  /** state directory */
  home: string;
  /** addresses given here replace local servers */
  settings: Settings;
  log: (line: string) => void;
  env?: NodeJS.ProcessEnv;
  /** discard the state first */
  fresh?: boolean;
  /** false: any free ports, for a stack beside others */
  usualPorts?: boolean;
  /** stops a start that is under way */
  signal?: AbortSignal;
}

/** Where everything is, local or given. */
export interface StackAddresses {
  temporal: string;
  /** absent when Temporal is not ours */
  temporalUi?: string;
  /** path of a kubeconfig file */
  kubeconfig: string;
  /** `host:port` */
  registry: string;
  /** `gs://bucket[/prefix]` or `file:///path` */
  storageUrl: string;
  /** absent for Google's own */
  storageEndpoint?: string;
}

export interface LocalStack {
  /** absolute */
  home: string;
  addresses: StackAddresses;
  adminToken: string;
  ports: Ports;
  /** starts one more process that is watched, restarted and stopped with the stack, before the servers */
  run: Run;
  /** local servers by name */
  servers: readonly ManagedProcess[];
  /** last started, first stopped; then the state directory is free */
  stop(): Promise<void>;
}

const localBucket = 'waybill';

/**
 * Starts the servers that the settings do not name, all at once, and waits until each of them serves.
 *
 * @throws HomeInUse when another process has the state directory
 * @throws ComponentMissing when a program can not be had
 */
export async function startStack(options: StackOptions): Promise<LocalStack> {
  const { settings, log, env = process.env, fresh = false, usualPorts = true, signal } = options;
  const directory = await openStateDirectory(options.home, { fresh, log });
  const servers: ManagedProcess[] = [];
  const others: ManagedProcess[] = [];
  const pids = pidFiles(directory.pids);
  const runInto =
    (list: ManagedProcess[]): Run =>
    (description) => {
      signal?.throwIfAborted();
      const managed = manage(description, pids, log);
      list.push(managed);
      return managed;
    };
  const stop = once(() => stopAll(others, servers, directory));
  const stopEarly = () => void stop();
  signal?.addEventListener('abort', stopEarly);
  try {
    const programs = await resolveComponents(defaultSources(env, log, signal), neededComponents(settings));
    const ports = rememberedPorts(join(directory.home, 'ports.json'), usualPorts);
    const context = { home: directory.home, programs, ports };
    const addresses = await withProgress('starting the local stack', () => startServers(context, settings, runInto(servers)));
    const adminToken = settings.adminToken ?? directory.adminToken;
    return { home: directory.home, addresses, adminToken, ports, run: runInto(others), servers, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stopEarly);
  }
}

async function startServers(context: ServerContext, settings: Settings, run: Run): Promise<StackAddresses> {
  const [temporal, kubeconfig, registryAddress, bucket] = await Promise.all([
    settings.temporal.address === undefined
      ? startTemporal(context, settings.temporal.namespace, run)
      : { temporal: settings.temporal.address },
    settings.kubeconfig ?? startCluster(context, run),
    settings.registry ?? serving(registry(context), run).then(({ address }) => address),
    settings.storage.url === undefined
      ? serving(storage(context, localBucket), run).then(({ endpoint }) => ({
          storageUrl: `gs://${localBucket}`,
          storageEndpoint: endpoint,
        }))
      : given(settings.storage.url, settings.storage.endpoint),
  ]);
  return { ...temporal, kubeconfig, registry: registryAddress, ...bucket };
}

const given = (storageUrl: string, storageEndpoint: string | undefined) => ({
  storageUrl,
  ...(storageEndpoint === undefined ? {} : { storageEndpoint }),
});

function neededComponents({ temporal, kubeconfig, registry: registryAddress, storage: bucket }: Settings): ComponentKey[] {
  return [
    ...(kubeconfig === undefined ? (['etcd', 'kubeApiserver', 'kubeControllerManager', 'kubeScheduler'] as const) : []),
    ...(temporal.address === undefined ? (['temporal'] as const) : []),
    ...(registryAddress === undefined ? (['registry'] as const) : []),
    ...(bucket.url === undefined ? (['fakeGcsServer'] as const) : []),
    ...(kubeconfig === undefined ? (['kwok'] as const) : []),
  ];
}

/** First what uses the servers, then the servers, last started first: etcd outlives the API server that writes to it. */
async function stopAll(others: ManagedProcess[], servers: ManagedProcess[], directory: StateDirectory): Promise<void> {
  await Promise.all(others.map((managed) => managed.stop()));
  for (const managed of servers.toReversed()) await managed.stop();
  directory.release();
}
