import { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { ensureLocalKey } from '../../activities/signing-key.ts';
import { installCrds } from '../crds/install.ts';
import { loadSettings, SettingsError, type Settings } from '../settings/settings.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { withConnection } from '../temporal/with-connection.ts';
import { addressTable } from './address-table.ts';
import { ensureNamespaces } from './cluster-objects.ts';
import { ComponentMissing } from './components/resolve.ts';
import { showDemo } from './demo.ts';
import { once } from './once.ts';
import { clusterFront, ownProcesses } from './own-processes.ts';
import { withProgress } from './setup/progress.mjs';
import { startStack, type LocalStack } from './stack.ts';
import { HomeInUse, publishAddresses, withdrawAddresses, type LocalAddresses } from './state-directory.ts';
import { buildWorkflows } from './workflow-bundle.ts';

export interface DevOptions {
  /** no demo */
  empty?: boolean;
  /** leave as soon as the demo's release is accepted and audited: 0 when it is, 1 when not */
  untilAccepted?: boolean;
  /** discard the state of earlier runs */
  fresh?: boolean;
}

export interface DevIo {
  env: NodeJS.ProcessEnv;
  /** asks for an ordered stop */
  signal: AbortSignal;
  /** one line for people */
  say: (line: string) => void;
}

/**
 * Runs everything on this machine: the servers that the settings do not name, worker, server, sandbox and demo. Stays
 * until it is told to stop; whatever happens, nothing that it started outlives it.
 *
 * @returns the exit code
 */
export async function runDev(options: DevOptions, io: DevIo): Promise<number> {
  const started = Date.now();
  try {
    const settings = loadSettings(io.env);
    const stack = await startStack({
      home: settings.home,
      settings,
      log: io.say,
      env: io.env,
      fresh: options.fresh ?? false,
      signal: io.signal,
    });
    // Whoever asks first: a signal, which must not wait for what is being started, or the end of the run.
    const stop = once(() => stopAll(stack, io));
    const stopEarly = () => void stop();
    io.signal.addEventListener('abort', stopEarly);
    if (io.signal.aborted) stopEarly();
    try {
      return await runOn(stack, settings, options, io, started);
    } finally {
      await stop();
    }
  } catch (error) {
    if (io.signal.aborted) return 0;
    if (!isPlain(error)) throw error;
    io.say(error.message);
    return 1;
  }
}

async function stopAll(stack: LocalStack, { say }: DevIo): Promise<void> {
  withdrawAddresses(stack.home);
  say('stopping');
  await withProgress('stopping', () => stack.stop());
}

async function runOn(stack: LocalStack, settings: Settings, options: DevOptions, io: DevIo, started: number): Promise<number> {
  const addresses = await withProgress('starting worker, server and sandbox', () => startOwn(stack, settings));
  io.signal.throwIfAborted();
  publishAddresses(stack.home, addresses);
  io.say(addressTable(stack.home, addresses, Date.now() - started));
  const shown = options.empty || settings.kubeconfig !== undefined ? undefined : showDemo(addresses, io);
  if (options.untilAccepted) return (await shown) ?? 0;
  await shown;
  await aborted(io.signal);
  return 0;
}

/** @returns where everything is, once everything serves */
async function startOwn(stack: LocalStack, settings: Settings): Promise<LocalAddresses> {
  const kubernetes = KubernetesClient.connect(stack.addresses.kubeconfig);
  const ownsKey = settings.signingKey.file === undefined && settings.signingKey.secret === undefined;
  const front = await clusterFront(stack, settings);
  const [signingKey] = await Promise.all([
    ownsKey ? ensureLocalKey(stack.home) : undefined,
    buildWorkflows(),
    prepareCluster(kubernetes, settings),
    front.process && stack.run(front.process).ready(),
    settings.temporal.address === undefined
      ? undefined
      : withConnection(settings.temporal, (given) => ensureSearchAttributes(given, settings.temporal.namespace)),
  ]);
  const { worker, server, sandbox, url } = await ownProcesses(stack, settings, signingKey, front);
  await Promise.all([worker, server, ...(sandbox === undefined ? [] : [sandbox])].map((description) => stack.run(description).ready()));
  const { temporal, temporalUi = '', registry, storageUrl, storageEndpoint } = stack.addresses;
  const bucket = new URL(storageUrl).host;
  return {
    waybill: url,
    temporal,
    temporalUi,
    kubeconfig: front.kubeconfig,
    registry,
    storage: storageEndpoint ?? storageUrl,
    bucket,
    adminToken: stack.adminToken,
  };
}

async function prepareCluster(kubernetes: KubernetesClient, settings: Settings): Promise<void> {
  await installCrds(kubernetes);
  if (settings.kubeconfig === undefined) await ensureNamespaces(kubernetes, settings);
}

/** Trouble that its message explains; a stack trace would only hide it. */
const isPlain = (error: unknown): error is Error =>
  error instanceof SettingsError || error instanceof HomeInUse || error instanceof ComponentMissing;

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
