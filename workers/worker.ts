import { flushCompileCache } from 'node:module';
import { hostname } from 'node:os';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { KubernetesClient } from '../activities/kubernetes/client.ts';
import { createWake } from '../activities/wake.ts';
import { ClusterLease, LeaseRefused } from '../activities/kubernetes/cluster-lease.ts';
import type { Settings } from '../infra/settings/settings.ts';
import { temporalIdentity } from '../infra/temporal/identity.ts';
import { connectionOptions } from '../infra/settings/temporal-connection.ts';
import { ensureSearchAttributes } from '../infra/temporal/search-attributes.ts';
import { taskQueue } from '../workflows/ids.ts';
import { auditTaskQueue } from '../workflows/audit-messages.ts';
import { externalTaskQueue } from '../workflows/escalation-messages.ts';
import { auditActivities } from './audit-activities.ts';
import { ensureBundle } from './bundle.ts';
import { clusterClient } from './cluster-client.ts';
import { externalActivities, externalRate } from './external-activities.ts';
import { heartbeats } from './heartbeats.ts';
import { ensureFixedSchedules } from './fixed-schedules.ts';
import { namedLogs } from './log-attributes.ts';
import { greetWatches, payloadActivities } from './payload-activities.ts';
import { watchQualifierFile } from './qualifiers.ts';
import { sayMissingNamespaces } from './startup-checks.ts';
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
 * @throws LeaseRefused when another Waybill drives the cluster, or has taken it over
 * @throws when the connection to Temporal can not be made, or a worker fails for good
 */
export async function runWorker(settings: Settings, log: Logger, { takeOver = false }: { takeOver?: boolean } = {}): Promise<void> {
  installRuntime(log, settings.worker.metricsPort);
  const connection = await NativeConnection.connect(await connectionOptions(settings.temporal));
  const { namespace } = settings.temporal;
  const { role } = settings.worker;
  // The audit worker writes nothing into the cluster, and runs no workflow.
  const drives = role !== 'audit';
  const tracing = await startTracing(settings.otelEndpoint);
  const plugins = [tracing.plugin];
  const client = new Client({ connection, namespace, plugins });
  const lease = drives ? await holdLease(settings, connection, log, takeOver).catch(leaveWith(connection)) : undefined;
  const kubernetes = clusterClient(settings, () => lease?.refusal());
  const payload = payloadActivities(settings, kubernetes, client, log);
  const audit = auditActivities(settings, kubernetes, client);
  const external = externalActivities(settings, log);
  const options = { ...common, connection, namespace, plugins, identity: `${process.pid}@${hostname()}` };
  // What changed while no worker ran is waiting: the watches, told now, move as soon as a worker asks for work.
  const [codePath] = await Promise.all([
    drives ? ensureBundle() : '',
    drives ? greetWatches(client, settings.cluster, payload.watched, options.identity) : undefined,
    drives ? registerSearchAttributes(connection, namespace, log) : undefined,
  ]).catch(leaveWith(connection));
  const workflowBundle = { codePath };
  const workers = await Promise.all([
    ...(drives ? [Worker.create({ ...options, workflowBundle, taskQueue, activities: { ...payload.activities, ...audit.plain } })] : []),
    ...(drives && external !== undefined
      ? [Worker.create({ ...options, taskQueue: externalTaskQueue, activities: external, maxTaskQueueActivitiesPerSecond: externalRate })]
      : []),
    ...(role === 'payloads' ? [] : [Worker.create({ ...options, taskQueue: auditTaskQueue, activities: audit.signing })]),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  const lost = lease?.keep().then((why) => {
    if (why !== undefined) for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    return why;
  });
  if (drives) await ensureFixedSchedules(client, settings);
  log.info({ role, watched: payload.watched }, 'worker is running');
  // A killed process leaves nothing behind that its successor could start faster with, so it is written now.
  flushCompileCache();
  const unwatch = drives ? watchQualifierFile(settings, createWake(client, settings.reconcileMinutes), log) : undefined;
  await running;
  unwatch?.();
  lease?.close();
  await tracing.end();
  await connection.close();
  const why = await lost;
  if (why !== undefined) throw new LeaseRefused(why);
}

/** A process with an open connection would not end. */
const leaveWith =
  (connection: NativeConnection) =>
  async (error: unknown): Promise<never> => {
    await connection.close();
    throw error;
  };

/** @throws LeaseRefused when this worker must not start */
async function holdLease(settings: Settings, connection: NativeConnection, log: Logger, takeOver: boolean): Promise<ClusterLease> {
  const { namespace, address = '127.0.0.1:7233' } = settings.temporal;
  const client = KubernetesClient.connect(settings.kubeconfig);
  const lease = await ClusterLease.hold({
    client,
    namespace: settings.jobNamespace,
    me: await temporalIdentity(connection, namespace, address),
    takeOver,
    onTrouble: (message) => log.warn(message),
  });
  // Nothing waits for what is only said.
  void sayMissingNamespaces(client, settings, log).catch((error: unknown) => log.warn({ err: error }, 'namespaces could not be looked up'));
  return lease;
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
