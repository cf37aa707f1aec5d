import { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { KubernetesClient } from '../activities/kubernetes/client.ts';
import { createWake } from '../activities/wake.ts';
import type { Settings } from '../infra/settings/settings.ts';
import { connectionOptions } from '../infra/settings/temporal-connection.ts';
import { ensureSearchAttributes } from '../infra/temporal/search-attributes.ts';
import { taskQueue } from '../workflows/ids.ts';
import { auditTaskQueue } from '../workflows/audit-messages.ts';
import { auditActivities } from './audit-activities.ts';
import { ensureBundle } from './bundle.ts';
import { heartbeats } from './heartbeats.ts';
import { ensureFixedSchedules } from './fixed-schedules.ts';
import { namedLogs } from './log-attributes.ts';
import { greetWatches, payloadActivities } from './payload-activities.ts';
import { watchQualifierFile } from './qualifiers.ts';
import { installRuntime } from './runtime.ts';
import { startTracing } from './tracing.ts';

/**
 * What both kinds of worker share. A killed worker's cached workflows move to another one after half a second instead
 * of ten. A cache that is smaller than the number of live workflows makes each of them replay, and wait.
 */
const common = {
  stickyQueueScheduleToStartTimeout: '500ms',
  shutdownGraceTime: '5 seconds',
  shutdownForceTime: '15 seconds',
  maxCachedWorkflows: 1_000,
  workflowThreadPoolSize: 1,
  interceptors: { activity: [namedLogs, heartbeats] },
} satisfies Partial<WorkerOptions>;

/**
 * Runs the workers of one process until it is told to stop: task queue `waybill` with every workflow and the cluster's
 * activities, and `waybill-audit`, whose activities alone read the signing key. The settings may leave one of them to
 * other processes.
 *
 * @throws when the connection to Temporal can not be made, or a worker fails for good
 */
export async function runWorker(settings: Settings, log: Logger): Promise<void> {
  installRuntime(log, settings.worker.metricsPort);
  const connection = await NativeConnection.connect(await connectionOptions(settings.temporal));
  const { namespace } = settings.temporal;
  const { role } = settings.worker;
  const tracing = startTracing(settings.otelEndpoint);
  const plugins = [tracing.plugin];
  const client = new Client({ connection, namespace, plugins });
  const kubernetes = KubernetesClient.connect(settings.kubeconfig);
  const payload = payloadActivities(settings, kubernetes, client, log);
  const audit = auditActivities(settings, kubernetes, client);
  const options = { ...common, connection, namespace, plugins };
  if (role !== 'audit') await registerSearchAttributes(connection, namespace, log);

  const bundle = async () => ({ workflowBundle: { codePath: await ensureBundle() } });
  const workers = await Promise.all([
    ...(role === 'audit'
      ? []
      : [Worker.create({ ...options, ...(await bundle()), taskQueue, activities: { ...payload.activities, ...audit.plain } })]),
    ...(role === 'payloads' ? [] : [Worker.create({ ...options, taskQueue: auditTaskQueue, activities: audit.signing })]),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  if (role !== 'audit') {
    await ensureFixedSchedules(client, settings);
    await greetWatches(client, settings.cluster, payload.watched, workers[0]?.options.identity ?? '');
  }
  log.info({ role, watched: payload.watched }, 'worker is running');
  const unwatch = role === 'audit' ? undefined : watchQualifierFile(settings, createWake(client, settings.reconcileMinutes), log);
  await running;
  unwatch?.();
  await tracing.end();
  await connection.close();
}

/** Where the worker may not register them, an operator does (docs/operations.md); without them no workflow starts. */
async function registerSearchAttributes(connection: NativeConnection, namespace: string, log: Logger): Promise<void> {
  try {
    await ensureSearchAttributes(connection, namespace);
  } catch (error) {
    log.warn(
      { err: error },
      'search attributes could not be looked up or registered: ReleaseStream, ReleaseTag, ReleasePhase and ReleaseNamespace must exist as Keyword',
    );
  }
}
