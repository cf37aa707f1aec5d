import { annotation, label } from '../../domain/payload/annotations.ts';
import type { ImageStream, Job, ProwJob, ReleasePayload, ReleasePayloadStatus } from '../../domain/payload/kinds.ts';
import type { JobPod } from '../../domain/payload/learned-cli-image.ts';
import { escalationThreads } from '../../domain/payload/escalation-threads.ts';
import { endedJobs } from '../../domain/payload/job-history.ts';
import { legacyDataSource, legacyRelease, type LegacyRelease } from '../../domain/payload/legacy-results.ts';
import { overdueRuns } from '../../domain/payload/overdue-runs.ts';
import { payloadEvents } from '../../domain/payload/payload-events.ts';
import { reconcileStatus, type PayloadFacts } from '../../domain/payload/payload-status.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import type { ObservedFacts, ReleaseId } from '../contract.ts';
import type { KubernetesClient } from './client.ts';
import { reportPayloadEvents } from './events.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { updateStatus } from './payload-store.ts';
import { imageStreams, jobs, pods, prowJobs } from './resources.ts';

export type ObserverDependencies = Pick<PayloadDependencies, 'client' | 'qualifiers' | 'askThreads'>;

/** What a payload without blocking entries waits for, beyond what it says itself. */
export type Awaited = Pick<PayloadFacts, 'asyncEntries' | 'expectedUpgrades'>;

export const nothingAwaited: Awaited = { asyncEntries: [] };

/** A payload after its status was brought up to what the cluster shows, and the ProwJobs it was made from. */
export interface ObservedPayload {
  payload: ReleasePayload;
  prowJobs: readonly ProwJob[];
}

/**
 * Reads what the payload's status is made from and writes the status when it differs: the one writer of it.
 *
 * @param awaited asked only where it matters, that is where nothing is blocking
 * @returns undefined when there is no payload
 */
export async function observePayload(
  dependencies: ObserverDependencies,
  { namespace, tag }: ReleaseId,
  observed: ObservedFacts,
  awaited: (payload: ReleasePayload) => Promise<Awaited>,
): Promise<ObservedPayload | undefined> {
  let runs: readonly ProwJob[] = [];
  const derive = async (current: ReleasePayload) => {
    const facts = await factsOf(dependencies, current, observed, awaited);
    runs = facts.prowJobs;
    return reconcileStatus(current, facts);
  };
  // Told before it is written: somebody who dies between the two tells it again, under the same name.
  const announce = async (before: ReleasePayload, status: ReleasePayloadStatus) => {
    await reportPayloadEvents(dependencies.client, before, payloadEvents(before, status));
    await askAboutEnded(dependencies, before, status);
  };
  const payload = await updateStatus(dependencies.client, namespace, tag, derive, announce);
  return payload === undefined ? undefined : { payload, prowJobs: runs };
}

/** A job of a payload that is verified or accepted has ended: whoever watches over its failures looks at them. */
async function askAboutEnded(
  { qualifiers, askThreads }: ObserverDependencies,
  before: ReleasePayload,
  status: ReleasePayloadStatus,
): Promise<void> {
  const phase = payloadPhase(before);
  if (askThreads === undefined || (phase !== 'Ready' && phase !== 'Accepted')) return;
  const ended = endedJobs(before, { status });
  const general = ended.length === 0 ? undefined : await qualifiers?.load();
  if (general === undefined) return;
  const threads = escalationThreads(before, general).filter(({ jobs: inThread }) => inThread.some(({ job }) => ended.includes(job)));
  if (threads.length > 0) await askThreads(before, threads);
}

async function factsOf(
  { client, qualifiers }: ObserverDependencies,
  payload: ReleasePayload,
  observed: ObservedFacts,
  awaited: (payload: ReleasePayload) => Promise<Awaited>,
): Promise<PayloadFacts> {
  const {
    releaseCreationCoordinates: creation,
    releaseMirrorCoordinates: mirror,
    prowCoordinates: prow,
  } = payload.spec.payloadCreationConfig ?? {};
  const { releaseCreationJobResult, releaseMirrorJobResult } = payload.status ?? {};
  // The result tells it as well where somebody cleared the conditions: its runs must not be taken for ones still to come.
  const built = payloadPhase(payload) !== 'Pending' || releaseCreationJobResult?.status === 'Success';
  const isLegacy = payload.spec.payloadVerificationConfig?.payloadVerificationDataSource === legacyDataSource;
  const nothingBlocks = (payload.spec.payloadVerificationConfig?.blockingJobs ?? []).length === 0;
  const [creationJob, mirrorJob, runs, entries, general, legacy] = await Promise.all([
    releaseCreationJobResult?.status === 'Success' ? null : jobAt(client, creation?.namespace, creation?.releaseCreationJobName),
    releaseMirrorJobResult?.status === 'Success' ? null : jobAt(client, mirror?.namespace, mirror?.releaseMirrorJobName),
    built && !isLegacy ? runsOf(client, prow?.namespace, payload) : [],
    nothingBlocks ? awaited(payload) : nothingAwaited,
    qualifiers?.load(),
    isLegacy ? legacyOf(client, payload) : undefined,
  ]);
  const failure = isFailed(creationJob) ? await terminationMessage(client, creationJob) : undefined;
  return {
    creationJob,
    ...(failure === undefined ? {} : { creationFailure: failure }),
    mirrorJob,
    ...(observed.alternateMirrorFailure === undefined ? {} : { mirrorFailure: observed.alternateMirrorFailure }),
    prowJobs: runs,
    notRun: (observed.notRun ?? []).map((run) => ({ run })),
    overdue: overdueRuns(runs, observed.overdueIfBegunBy),
    ...entries,
    ...(general === undefined ? {} : { qualifiers: general }),
    ...(legacy === undefined ? {} : { legacy }),
    now: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

async function jobAt(client: KubernetesClient, namespace: string | undefined, name: string | undefined): Promise<Job | null> {
  if (!namespace || !name) return null;
  return (await client.get<Job>(jobs, namespace, name)) ?? null;
}

/** What the tag of an old release says; nothing where the tag is gone, so that what was read from it before stays. */
async function legacyOf(client: KubernetesClient, { metadata, spec }: ReleasePayload): Promise<LegacyRelease | undefined> {
  const stream = spec.payloadCoordinates?.imagestreamName;
  const target = stream === undefined ? undefined : await client.get<ImageStream>(imageStreams, metadata.namespace, stream);
  const tag = target?.spec?.tags?.find(({ name }) => name === metadata.name);
  return target === undefined || tag === undefined ? undefined : legacyRelease(target, tag);
}

/** ProwJobs of the release; one of the same name in another release namespace has the same label. */
async function runsOf(client: KubernetesClient, namespace: string | undefined, { metadata }: ReleasePayload): Promise<ProwJob[]> {
  if (!namespace) return [];
  const { items } = await client.list<ProwJob>(prowJobs, namespace, { labelSelector: `${label.payload}=${metadata.name}` });
  return items.filter((job) => job.metadata.annotations?.[annotation.source]?.split('/')[0] === metadata.namespace);
}

const isFailed = (job: Job | null): job is Job =>
  job?.status?.conditions?.some(({ type, status }) => type === 'Failed' && status === 'True') === true;

/** The newest last word of the job's failed build containers (release-payload's creation status controller). */
async function terminationMessage(client: KubernetesClient, job: Job): Promise<string | undefined> {
  const selectors = { labelSelector: `controller-uid=${job.metadata.uid}`, fieldSelector: 'status.phase=Failed' };
  const { items } = await client.list<JobPod>(pods, job.metadata.namespace, selectors);
  const ends = items
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .filter(({ name }) => name === 'build')
    .map(({ state }) => ({ message: state?.terminated?.message ?? '', at: state?.terminated?.finishedAt ?? '' }))
    .toSorted((a, b) => b.at.localeCompare(a.at));
  return ends.find(({ message }) => message !== '')?.message;
}
