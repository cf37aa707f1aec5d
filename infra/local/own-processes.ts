import { join } from 'node:path';
import { officialUpdateServices } from '../../activities/update-service.ts';
import { taskQueue } from '../../workflows/ids.ts';
import type { Settings } from '../settings/settings.ts';
import { withConnection } from '../temporal/with-connection.ts';
import { httpAnswers, httpsAnswers } from './processes/health.ts';
import type { ProcessDescription } from './processes/managed-process.ts';
import { kubeCredentials, writeKubeconfig } from './servers/kube-credentials.ts';
import type { LocalStack } from './stack.ts';

const root = join(import.meta.dirname, '..', '..');

export interface OwnProcesses {
  worker: ProcessDescription;
  server: ProcessDescription;
  /** absent where the cluster is not ours: it has the real systems */
  sandbox?: ProcessDescription;
  /** address of the server */
  url: string;
}

/** The API server as people and Waybill reach it. */
export interface ClusterFront {
  /** path of a kubeconfig */
  kubeconfig: string;
  /** absent where the cluster is not ours: it serves everything itself */
  process?: ProcessDescription;
}

/** Our own processes, each told by its environment where the stack is. Everything else they read as we did. */
export async function ownProcesses(
  stack: LocalStack,
  settings: Settings,
  signingKey: string | undefined,
  front: ClusterFront,
): Promise<OwnProcesses> {
  const servePort = await stack.ports.port('serve', settings.serve.port);
  const metricsPort = await stack.ports.port('worker-metrics', settings.worker.metricsPort);
  const env = {
    ...process.env,
    ...stackEnv(stack, settings),
    WAYBILL_SERVE_PORT: String(servePort),
    WAYBILL_WORKER_METRICS_PORT: String(metricsPort),
  };
  const played = await playedUpdateService(stack, settings);
  const ours = { ...env, ...played.worker, ...playedVerification(settings), WAYBILL_KUBECONFIG: front.kubeconfig };
  const workerEnv = signingKey === undefined ? ours : { ...ours, WAYBILL_SIGNING_KEY_FILE: signingKey };
  const url = `http://127.0.0.1:${servePort}`;
  const description = described(stack);
  const waybill = join(root, 'cli', 'waybill.ts');
  return {
    url,
    worker: description('worker', [waybill, 'worker'], workerEnv, polls(stack.addresses.temporal, settings)),
    server: description('server', [waybill, 'serve'], env, httpAnswers(`${url}/readyz`)),
    ...(settings.kubeconfig === undefined
      ? { sandbox: description('sandbox', [join(root, 'infra', 'sandbox', 'main.ts')], { ...env, ...played.sandbox }) }
      : {}),
  };
}

/** With a cluster of ours the sandbox plays `oc`, so that releases are verified before they are signed, unless the settings say with what. */
function playedVerification({ kubeconfig, audit }: Settings): NodeJS.ProcessEnv {
  return kubeconfig === undefined && audit.cliImage === undefined ? { WAYBILL_AUDIT_CLI_IMAGE: 'quay.io/openshift/origin-cli:4.20' } : {};
}

/** With a cluster of ours official releases come from the sandbox as well, unless the settings say from where. */
async function playedUpdateService(
  stack: LocalStack,
  settings: Settings,
): Promise<{ worker: NodeJS.ProcessEnv; sandbox: NodeJS.ProcessEnv }> {
  if (settings.kubeconfig !== undefined || settings.updateServices.join() !== officialUpdateServices.join())
    return { worker: {}, sandbox: {} };
  const port = String(await stack.ports.port('update-service', 7082));
  return {
    worker: { WAYBILL_UPDATE_SERVICES: `http://127.0.0.1:${port}/api/upgrades_info/graph` },
    sandbox: { WAYBILL_UPDATE_SERVICE_PORT: port },
  };
}

/** The sandbox serves what no custom resource can hold, in front of the API server; the played systems themselves need none of it. */
export async function clusterFront(stack: LocalStack, settings: Settings): Promise<ClusterFront> {
  if (settings.kubeconfig !== undefined) return { kubeconfig: settings.kubeconfig };
  const credentials = kubeCredentials(stack.home);
  const port = await stack.ports.port('front', 6443);
  const url = `https://127.0.0.1:${port}`;
  const kubeconfig = join(stack.home, 'kubeconfig');
  writeKubeconfig(kubeconfig, url, credentials);
  const env = {
    ...process.env,
    WAYBILL_KUBECONFIG: stack.addresses.kubeconfig,
    WAYBILL_FRONT_PORT: String(port),
    WAYBILL_FRONT_PKI: credentials.folder,
    WAYBILL_REGISTRY: stack.addresses.registry,
  };
  const script = [join(root, 'infra', 'sandbox', 'front', 'main.ts')];
  return { kubeconfig, process: described(stack)('front', script, env, httpsAnswers(`${url}/readyz`, credentials.token)) };
}

const described =
  ({ home }: LocalStack) =>
  (name: string, script: string[], env: NodeJS.ProcessEnv, healthy?: () => Promise<boolean>): ProcessDescription => ({
    name,
    command: process.execPath,
    arguments: script,
    env,
    logFile: join(home, 'logs', `${name}.log`),
    ...(healthy === undefined ? {} : { healthy }),
  });

function stackEnv({ home, addresses, adminToken }: LocalStack, settings: Settings): Record<string, string> {
  const { temporal, kubeconfig, registry, storageUrl, storageEndpoint } = addresses;
  return {
    WAYBILL_HOME: home,
    WAYBILL_TEMPORAL_ADDRESS: temporal,
    WAYBILL_TEMPORAL_NAMESPACE: settings.temporal.namespace,
    WAYBILL_KUBECONFIG: kubeconfig,
    WAYBILL_REGISTRY: registry,
    WAYBILL_STORAGE_URL: storageUrl,
    ...(storageEndpoint === undefined ? {} : { WAYBILL_STORAGE_ENDPOINT: storageEndpoint }),
    WAYBILL_ADMIN_TOKEN: adminToken,
  };
}

/** A worker has no port that tells: it is ready once Temporal has seen it ask for work. */
const polls =
  (address: string, { temporal }: Settings) =>
  () =>
    withConnection({ ...temporal, address }, async ({ workflowService }) => {
      const queue = { namespace: temporal.namespace, taskQueue: { name: taskQueue }, taskQueueType: 1 };
      const { pollers } = await workflowService.describeTaskQueue(queue);
      return pollers.length > 0;
    });
