import { signedPhases } from '../../domain/audit/verification-policy.ts';
import { abortedMessage, buildFailure } from '../../domain/payload/build-failure.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { hasOpenRuns } from '../../domain/payload/attention.ts';
import { isStable } from '../../domain/payload/config.ts';
import type { ReleasePayload, ReleasePayloadStatus, TagReference } from '../../domain/payload/kinds.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import { imageIdForTag, releasePullSpec } from '../../domain/payload/pull-spec.ts';
import { gaveWay } from '../../domain/payload/stream-tags.ts';
import type { PayloadActivities, ReleaseId, ReleaseMark } from '../contract.ts';
import { RegistryRefused } from '../registry-requests.ts';
import { fullConfig } from './art-verification.ts';
import { reportEvent } from './events.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { type Awaited, nothingAwaited, observePayload } from './payload-observer.ts';
import { payloadState } from './payload-state.ts';
import { ensurePayload, updateStatus } from './payload-store.ts';
import { readRelease, type ReadRelease } from './release-reader.ts';
import { releasePayloads } from './resources.ts';
import { UpgradeSamples } from './sampled-upgrades.ts';
import { annotateTag } from './tag-writer.ts';

type ReleaseActivities = Pick<
  PayloadActivities,
  'openRelease' | 'syncPayload' | 'markRelease' | 'releaseDigest' | 'abortPending' | 'reportReleaseProblem'
>;

/** What the `release` workflow asks of the cluster. */
export function releaseActivities(dependencies: PayloadDependencies): ReleaseActivities {
  const { client, digestOf } = dependencies;
  const samples = new UpgradeSamples(dependencies);
  /** A verdict that stands may not be what the override says by now. */
  const reconsidered = async (release: ReleaseId, payload: ReleasePayload) =>
    (await observePayload(dependencies, release, {}, (observed) => awaitedOf(dependencies, samples, release, observed)))?.payload ??
    payload;

  const activities: ReleaseActivities = {
    async openRelease(release) {
      const read = await readRelease(client, release);
      if (read.kind !== 'read') return read;
      const { source, config, target, tag, mirror } = read;
      const { namespace = '', name } = source.metadata;
      if (!dependencies.releaseNamespaces.includes(namespace, name)) return { kind: 'gone' };
      const payload = await payloadFor(dependencies, read);
      if (typeof payload === 'string') return { kind: 'blocked', problem: { reason: 'UnableToProcessRelease', message: payload } };
      if (payloadPhase(payload) === 'Pending' && gaveWay(tag)) {
        // Another controller says it in the tag only: it must not be built after all.
        await activities.abortPending({ ...release, target: target.metadata.name });
        return { kind: 'gone' };
      }
      const current = isDecided(payload) ? await reconsidered(release, payload) : payload;
      const state = payloadState(current);
      return {
        kind: 'open',
        source: `${source.metadata.namespace}/${source.metadata.name}`,
        stream: config.name,
        target: target.metadata.name,
        mirror,
        signed: signedPhases(dependencies.auditPolicy, config),
        ...(isStable(config) ? { stable: true as const } : {}),
        hasAlternateMirror: Boolean(payload.spec.payloadCreationConfig?.releaseMirrorCoordinates?.releaseMirrorJobName),
        verificationDeadlineMs: dependencies.verificationDeadlineMs,
        ...(state.phase === 'Ready' && bearsVerdict(read.tag) ? { bearsWithdrawnVerdict: true } : {}),
        ...(isDecided(current) && hasOpenRuns(current, Date.now()) ? { hasOpenRuns: true as const } : {}),
        state,
      };
    },

    async syncPayload(release, facts) {
      const observed = await observePayload(dependencies, release, facts, (payload) => awaitedOf(dependencies, samples, release, payload));
      return payloadState(observed?.payload);
    },

    async markRelease(release, mark) {
      const read = release.target === undefined ? await readRelease(client, release) : undefined;
      const target = release.target ?? (read?.kind === 'read' ? read.target.metadata.name : undefined);
      if (target !== undefined) await annotateTag(client, release.namespace, target, release.tag, annotationsOf(mark));
    },

    async releaseDigest(release) {
      const read = await readRelease(client, release);
      if (read.kind !== 'read') return {};
      const location = releasePullSpec(read);
      const shown = imageIdForTag(read.target, release.tag);
      if (location === '') return shown === '' ? {} : { digest: shown };
      try {
        const digest = shown || (await digestOf(location));
        return { location, ...(digest === undefined ? {} : { digest }) };
      } catch (error) {
        if (!(error instanceof RegistryRefused)) throw error;
        return { location, problem: error.message };
      }
    },

    async abortPending(release) {
      const observe = () => observePayload(dependencies, release, {}, async () => nothingAwaited);
      // First what the cluster shows: a build that ended meanwhile is not aborted, and a result without coordinates would not stay.
      await observe();
      await updateStatus(client, release.namespace, release.tag, (payload) =>
        payloadPhase(payload) === 'Pending' ? aborted(payload) : (payload.status ?? {}),
      );
      const observed = await observe();
      const isAborted = observed === undefined || observed.payload.status?.releaseCreationJobResult?.message === abortedMessage;
      if (release.target === undefined || !isAborted) return;
      await annotateTag(
        client,
        release.namespace,
        release.target,
        release.tag,
        annotationsOf({ phase: 'Failed', ...buildFailure(abortedMessage) }),
      );
    },

    async reportReleaseProblem(release, problem) {
      const read = await readRelease(client, release);
      if (read.kind !== 'read') return;
      const { namespace = '', name } = read.source.metadata;
      await reportEvent(client, { namespace, name }, problem);
    },
  };
  return activities;
}

/** @returns why there is no payload and none can be made yet, where that is so */
async function payloadFor(dependencies: PayloadDependencies, { config, target, tag }: ReadRelease): Promise<ReleasePayload | string> {
  const { client } = dependencies;
  const full = await fullConfig(dependencies, { config, target, tag });
  if (full.ok) return ensurePayload(client, { config: full.config, target, tag }, dependencies);
  // What was made before says itself what it is verified by.
  return (await client.get<ReleasePayload>(releasePayloads, target.metadata.namespace, tag.name)) ?? full.message;
}

function aborted({ status }: ReleasePayload): ReleasePayloadStatus {
  return { ...status, releaseCreationJobResult: { ...status?.releaseCreationJobResult, status: 'Failed', message: abortedMessage } };
}

function isDecided(payload: ReleasePayload): boolean {
  const phase = payloadPhase(payload);
  return phase !== 'Pending' && phase !== 'Ready';
}

function bearsVerdict({ annotations }: TagReference): boolean {
  const phase = annotations?.[annotation.phase];
  return phase === 'Accepted' || phase === 'Rejected';
}

/**
 * Entries of the live config that nothing waits for, which the payload does not say, and upgrade entries that will have
 * a run: all of them, as long as the sample is not known.
 */
export async function awaitedOf(
  { client }: PayloadDependencies,
  samples: UpgradeSamples,
  release: ReleaseId,
  payload: ReleasePayload,
): Promise<Awaited> {
  const read = await readRelease(client, release);
  if (read.kind !== 'read') return nothingAwaited;
  const sample = await samples.of(release, payload);
  const platforms = payload.spec.payloadVerificationConfig?.upgradeJobs ?? [];
  const expected = platforms.filter(({ ciConfigurationName: name }) => !sample.ok || sample.runs.some((run) => run.platform === name));
  return {
    asyncEntries: Object.entries(read.config.verify).flatMap(([name, { async }]) => (async ? [name] : [])),
    expectedUpgrades: expected.map(({ ciConfigurationName }) => ciConfigurationName),
  };
}

/** Setting a phase clears an older reason and message, as release-controller does. */
function annotationsOf({ phase, reason, message, hash }: ReleaseMark): Record<string, string | undefined> {
  return {
    ...(phase === undefined ? {} : { [annotation.phase]: phase, [annotation.reason]: reason, [annotation.message]: message }),
    ...(hash === undefined ? {} : { [annotation.hash]: hash }),
  };
}
