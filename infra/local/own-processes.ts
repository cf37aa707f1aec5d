import { join } from 'node:path';
import { taskQueue } from '../../workflows/ids.ts';
import type { Settings } from '../settings/settings.ts';
import { withConnection } from '../temporal/with-connection.ts';
import { httpAnswers } from './processes/health.ts';
import type { ProcessDescription } from './processes/managed-process.ts';
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

/** Our own processes, each told by its environment where the stack is. Everything else they read as we did. */
export async function ownProcesses(stack: LocalStack, settings: Settings, signingKey: string | undefined): Promise<OwnProcesses> {
  const servePort = await stack.ports.port('serve', settings.serve.port);
  const metricsPort = await stack.ports.port('worker-metrics', settings.worker.metricsPort);
  const env = {
    ...process.env,
    ...stackEnv(stack, settings),
    WAYBILL_SERVE_PORT: String(servePort),
    WAYBILL_WORKER_METRICS_PORT: String(metricsPort),
  };
  const workerEnv = signingKey === undefined ? env : { ...env, WAYBILL_SIGNING_KEY_FILE: signingKey };
  const url = `http://127.0.0.1:${servePort}`;
  const description = (name: string, script: string[], own: NodeJS.ProcessEnv, healthy?: () => Promise<boolean>): ProcessDescription => ({
    name,
    command: process.execPath,
    arguments: script,
    env: own,
    logFile: join(stack.home, 'logs', `${name}.log`),
    ...(healthy === undefined ? {} : { healthy }),
  });
  const waybill = join(root, 'cli', 'waybill.ts');
  return {
    url,
    worker: description('worker', [waybill, 'worker'], workerEnv, polls(stack.addresses.temporal, settings)),
    server: description('server', [waybill, 'serve'], env, httpAnswers(`${url}/readyz`)),
    ...(settings.kubeconfig === undefined ? { sandbox: description('sandbox', [join(root, 'infra', 'sandbox', 'main.ts')], env) } : {}),
  };
}

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
