import { Client } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { KubernetesClient } from '../activities/kubernetes/client.ts';
import type { Settings } from '../infra/settings/settings.ts';
import { taskQueue } from '../workflows/ids.ts';
import { auditTaskQueue } from '../workflows/audit-messages.ts';
import { auditActivities } from './audit-activities.ts';
import { ensureBundle } from './bundle.ts';
import { nativeConnection } from './connection.ts';
import { greetWatches, payloadActivities } from './payload-activities.ts';
import { installRuntime } from './runtime.ts';
import { tracingPlugin } from './tracing.ts';

/** What both workers share: a killed worker's cached workflows move to another one after this, instead of ten seconds. */
const common = {
  stickyQueueScheduleToStartTimeout: '2 seconds',
  shutdownGraceTime: '5 seconds',
  shutdownForceTime: '15 seconds',
} satisfies Partial<WorkerOptions>;

/**
 * Runs the worker of one process until it is told to stop: task queue `waybill` with every workflow and the cluster's
 * activities, and `waybill-audit`, whose activities alone read the signing key.
 *
 * @throws when the connection to Temporal can not be made, or a worker fails for good
 */
export async function runWorker(settings: Settings, log: Logger): Promise<void> {
  installRuntime(log, settings.worker.metricsPort);
  const connection = await nativeConnection(settings.temporal);
  const { namespace } = settings.temporal;
  const plugins = [tracingPlugin(settings.otelEndpoint)];
  const client = new Client({ connection, namespace });
  const kubernetes = KubernetesClient.connect(settings.kubeconfig);
  const payload = payloadActivities(settings, kubernetes, client, log);
  const audit = auditActivities(settings, kubernetes, client);

  const workers = await Promise.all([
    Worker.create({ ...common, connection, namespace, taskQueue, plugins, workflowBundle: { codePath: await ensureBundle() }, activities: { ...payload.activities, ...audit.plain }, maxCachedWorkflows: 600, workflowThreadPoolSize: 1 }),
    Worker.create({ ...common, connection, namespace, taskQueue: auditTaskQueue, plugins, activities: audit.signing }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  await greetWatches(client, settings.cluster, payload.watched, workers[0].options.identity);
  log.info({ watched: payload.watched }, 'worker is running');
  await running;
  await connection.close();
}
