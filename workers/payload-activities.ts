import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Logger } from 'pino';
import type { PayloadActivities, ResourceVersions, WatchActivities } from '../activities/contract.ts';
import { createAskThreads } from '../activities/ask-threads.ts';
import type { EscalationActivities } from '../activities/escalation-contract.ts';
import type { GraphActivities } from '../activities/graph-contract.ts';
import type { CollectActivities } from '../activities/collect-contract.ts';
import type { MirrorCleanupActivities } from '../activities/mirror-cleanup-contract.ts';
import type { ReimportActivities } from '../activities/reimport-contract.ts';
import { buildActivities } from '../activities/kubernetes/build-activities.ts';
import type { KubernetesClient } from '../activities/kubernetes/client.ts';
import { collectActivities } from '../activities/kubernetes/collect-activities.ts';
import { escalationActivities } from '../activities/kubernetes/escalation-activities.ts';
import { graphActivities } from '../activities/kubernetes/graph-activities.ts';
import type { LegacyActivities } from '../activities/legacy-contract.ts';
import { legacyActivities } from '../activities/kubernetes/legacy-activities.ts';
import type { PayloadDependencies } from '../activities/kubernetes/payload-dependencies.ts';
import { ProwDefinitions } from '../activities/kubernetes/prow-definitions.ts';
import { periodicActivities } from '../activities/kubernetes/periodic-activities.ts';
import { releaseActivities } from '../activities/kubernetes/release-activities.ts';
import { publishActivities } from '../activities/kubernetes/publish-activities.ts';
import { retentionActivities } from '../activities/kubernetes/retention-activities.ts';
import { reimportActivities } from '../activities/kubernetes/reimport.ts';
import { ReleaseNamespaces } from '../activities/kubernetes/release-namespaces.ts';
import { stableActivities } from '../activities/kubernetes/stable-activities.ts';
import { streamActivities } from '../activities/kubernetes/stream-activities.ts';
import { verificationActivities } from '../activities/kubernetes/verification-activities.ts';
import { verdictActivities } from '../activities/kubernetes/verdict-activities.ts';
import { watchActivities, watchedKinds, type WatchDependencies } from '../activities/kubernetes/watch.ts';
import { periodicSchedules } from '../activities/periodic-schedules.ts';
import { registryReads } from '../activities/registry-reads.ts';
import { mirrorCleanupActivities } from '../activities/mirror-cleanup-activities.ts';
import { createWake } from '../activities/wake.ts';
import { graphNamespace } from '../infra/settings/graph-namespace.ts';
import type { Settings } from '../infra/settings/settings.ts';
import { taskQueue, workflowIds } from '../workflows/ids.ts';
import { jobHistorySource } from './job-history.ts';
import { qualifierLocation, qualifierSource } from './qualifiers.ts';
import { registriesOf } from './registries.ts';

/** What the activities are built with; a dry run uses it without them. */
export function payloadDependencies(settings: Settings, kubernetes: KubernetesClient, log: Logger): PayloadDependencies {
  const releaseNamespaces = new ReleaseNamespaces(kubernetes, settings.releaseNamespaces, settings.onlySources);
  const { jobNamespace, prowNamespace } = settings;
  const qualifiers = qualifierSource(settings, kubernetes, log);
  return {
    client: kubernetes,
    releaseNamespaces,
    publishNamespaces: settings.publishNamespaces,
    softDeleteReleaseTags: settings.softDeleteReleaseTags,
    definitions: new ProwDefinitions(kubernetes, definitionSource(settings), (message) => log.warn(message)),
    ...(qualifiers === undefined ? {} : { qualifiers }),
    jobNamespace,
    prowNamespace,
    clusterGroups: settings.clusterGroups,
    ...(settings.artSuffix === undefined ? {} : { artSuffix: settings.artSuffix }),
    architecture: settings.architecture,
    manifestListMode: settings.manifestListMode,
    verificationDeadlineMs: settings.verificationDeadline,
    creationDeadlineSeconds: Math.ceil(settings.creationDeadline / 1000),
    updateServices: settings.updateServices,
    auditPolicy: settings.audit,
    ...registryReads(registriesOf(settings, kubernetes)),
  };
}

function definitionSource({ prowJobConfig }: Settings): { configMap: string } | { paths: string[] } {
  return prowJobConfig.kind === 'configMap'
    ? { configMap: `${prowJobConfig.namespace}/${prowJobConfig.name}` }
    : { paths: prowJobConfig.paths };
}

/** The activities of task queue `waybill`, and the kinds that its watches cover. */
export function payloadActivities(settings: Settings, kubernetes: KubernetesClient, client: Client, log: Logger) {
  const askThreads = settings.jira.url === undefined ? undefined : createAskThreads(client);
  const dependencies = { ...payloadDependencies(settings, kubernetes, log), ...(askThreads === undefined ? {} : { askThreads }) };
  const { releaseNamespaces, jobNamespace, prowNamespace } = dependencies;
  const source = definitionSource(settings);
  const location = qualifierLocation(settings);
  const watching: WatchDependencies = {
    client: kubernetes,
    wake: createWake(client, settings.reconcileMinutes),
    releaseNamespaces,
    jobNamespace,
    prowNamespace,
    graph: { namespace: graphNamespace(settings), architecture: settings.architecture },
    ...('configMap' in source ? { jobConfigMap: source.configMap } : {}),
    ...(location !== undefined && 'configMap' in location ? { qualifierConfigMap: location.configMap } : {}),
    ...(dependencies.qualifiers === undefined ? {} : { qualifiers: dependencies.qualifiers }),
  };
  const activities: PayloadActivities &
    WatchActivities &
    GraphActivities &
    ReimportActivities &
    MirrorCleanupActivities &
    LegacyActivities &
    CollectActivities &
    EscalationActivities = {
    ...streamActivities(dependencies),
    ...verdictActivities(dependencies),
    ...publishActivities(dependencies),
    ...retentionActivities(dependencies),
    ...stableActivities(dependencies),
    ...releaseActivities(dependencies),
    ...buildActivities(dependencies),
    ...verificationActivities(dependencies),
    ...periodicActivities(dependencies, periodicSchedules(client)),
    ...legacyActivities(dependencies),
    ...escalationActivities(dependencies, jobHistorySource(settings, kubernetes)),
    ...watchActivities(watching),
    ...graphActivities(dependencies),
    ...reimportActivities(dependencies),
    ...mirrorCleanupActivities({
      client: kubernetes,
      releaseNamespaces,
      furtherNamespaces: settings.mirrorCleanup.namespaces,
      now: Date.now,
    }),
    ...collectActivities(dependencies),
  };
  return { activities, watched: Object.keys(watchedKinds(watching)) };
}

/**
 * Starts the watch workflows where they do not run, and tells those that do that a worker is here: a watch whose
 * worker was killed then moves at once.
 */
export async function greetWatches(client: Client, cluster: string, watched: string[], worker: string): Promise<void> {
  const greet = async (resource: string) => {
    const workflowId = workflowIds.watch(cluster, resource);
    const [versions] = await Promise.all([lastBeat(client, workflowId), forgetWorker(client, workflowId)]);
    await client.workflow.signalWithStart('watch', {
      workflowId,
      taskQueue,
      args: [{ cluster, resource }],
      signal: 'hello',
      signalArgs: [worker, ...(versions === undefined ? [] : [versions])],
      staticSummary: `${resource} of cluster ${cluster}`,
    });
  };
  await Promise.all(watched.map(greet));
}

/** How far a watch had come; undefined where none runs, or it has not said so yet. */
async function lastBeat(client: Client, workflowId: string): Promise<ResourceVersions | undefined> {
  try {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    const [details] = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? [];
    return details == null ? undefined : defaultPayloadConverter.fromPayload<ResourceVersions>(details);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** A task of a workflow that a killed worker had cached would be offered to that worker first. */
async function forgetWorker(client: Client, workflowId: string): Promise<void> {
  const { namespace } = client.options;
  await client.workflowService.resetStickyTaskQueue({ namespace, execution: { workflowId } }).catch(() => undefined);
}
