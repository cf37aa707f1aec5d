import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, Job, ReleasePayload } from '../../domain/payload/kinds.ts';
import { mirrorReadiness, planMirror } from '../../domain/payload/mirror.ts';
import { cliImage, overrideCliImageTag, resolveOverrideCliImage } from '../../domain/payload/cli-image.ts';
import { isStable } from '../../domain/payload/config.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import { buildReferenceReleaseJob, referenceProblem } from '../../domain/payload/reference-job.ts';
import {
  alternateMirrorJobName,
  buildAlternateMirrorJob,
  buildReleaseJob,
  type ReleaseJobFacts,
} from '../../domain/payload/release-job.ts';
import { isOutdated } from '../../domain/payload/rewrite.ts';
import { buildStableJob } from '../../domain/payload/stable-job.ts';
import type { EnsuredJob, MirrorState, PayloadActivities, Problem } from '../contract.ts';
import { isAlreadyExists, isConflict, type KubernetesClient } from './client.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { readRelease, type ReadRelease } from './release-reader.ts';
import { imageStreams, jobs, releasePayloads } from './resources.ts';
import { hashMismatch, isForThisPush, isOfEarlierPush, learnCliImage } from './stable-build.ts';

type BuildActivities = Pick<PayloadActivities, 'ensureMirror' | 'ensureReleaseJob' | 'ensureAlternateMirror'>;
type Blocked = { kind: 'blocked'; problem: Problem };

const blocked = (message: string): Blocked => ({ kind: 'blocked', problem: { reason: 'UnableToProcessRelease', message } });

/** What the `mirror` and `creation` workflows ask of the cluster. Everything is named by the release: what exists and is ours is done. */
export function buildActivities(dependencies: PayloadDependencies): BuildActivities {
  const { client, jobNamespace } = dependencies;

  /** @param build makes the job when there is none */
  const ensureJob = async (release: ReadRelease, name: string, build: (facts: ReleaseJobFacts) => Job): Promise<EnsuredJob> => {
    const existing = await client.get<Job>(jobs, jobNamespace, name);
    if (existing !== undefined)
      return isOurs(existing, release)
        ? { kind: 'exists', finished: isFinished(existing) }
        : blocked(`Job ${jobNamespace}/${name} exists and is not of release ${release.tag.name}: delete it`);
    const mirror = await client.get<ImageStream>(imageStreams, release.source.metadata.namespace, release.mirror);
    if (mirror === undefined) return { kind: 'outdated' };
    const overrideCLIImage = await overrideImage(client, release);
    const image = cliImage({ config: { ...release.config, overrideCLIImage }, mirror, tag: release.tag });
    if (!image.ok) return blocked(image.error);
    const { config, target, tag } = release;
    const keepManifestList = dependencies.manifestListMode && !config.disableManifestListMode;
    return create(
      client,
      build({
        tag,
        config,
        target,
        mirror,
        image: image.image,
        jobNamespace,
        keepManifestList,
        deadlineSeconds: dependencies.creationDeadlineSeconds,
      }),
    );
  };

  /** The same for a release that people may push again meanwhile. */
  const ensureStableJob = async (release: ReadRelease): Promise<EnsuredJob> => {
    const { name } = release.tag;
    const existing = await client.get<Job>(jobs, jobNamespace, name);
    if (existing === undefined || !isOurs(existing, release)) {
      // The mirror is of an earlier push, also when it was us who deleted the job and are asked again.
      if (isOutdated(release.tag.annotations?.[annotation.hash] ?? '', release.tag)) return { kind: 'outdated' };
      return ensureJob(release, name, buildStableJob);
    }
    if (!isForThisPush(existing, release)) {
      const { uid = '' } = existing.metadata;
      await client.delete(jobs, jobNamespace, name, { uid }).catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
      return { kind: 'outdated' };
    }
    if (!isFinished(existing) && release.config.overrideCLIImage === '') await learnCliImage(client, release, existing);
    return { kind: 'exists', finished: isFinished(existing) };
  };

  return {
    async ensureMirror(release): Promise<MirrorState> {
      const read = await readRelease(client, release);
      if (read.kind !== 'read') return read;
      const mirror = await existingOrNewMirror(client, read, jobNamespace);
      if ('kind' in mirror && mirror.kind === 'blocked') return mirror as Blocked;
      return stateOf(mirror as ImageStream, read);
    },

    async ensureReleaseJob(release) {
      const read = await readRelease(client, release);
      if (read.kind !== 'read') return read;
      const payload = await client.get<ReleasePayload>(releasePayloads, release.namespace, release.tag);
      if (payload === undefined) return { kind: 'gone' };
      if (payloadPhase(payload) !== 'Pending') return { kind: 'exists', finished: true };
      if (isStable(read.config)) return ensureStableJob(read);
      if (read.tag.reference !== true) return ensureJob(read, release.tag, buildReleaseJob);
      const problem = referenceProblem(release.tag, read.config);
      return problem === undefined ? ensureJob(read, release.tag, buildReferenceReleaseJob) : blocked(problem);
    },

    async ensureAlternateMirror(release) {
      const read = await readRelease(client, release);
      if (read.kind !== 'read') return read;
      const job = await ensureJob(read, alternateMirrorJobName(release.tag), buildAlternateMirrorJob);
      return job.kind === 'outdated'
        ? blocked(`the mirror ${read.source.metadata.namespace}/${read.mirror} of ${release.tag} is gone`)
        : job;
    },
  };
}

async function existingOrNewMirror(client: KubernetesClient, release: ReadRelease, jobNamespace: string): Promise<ImageStream | Blocked> {
  const { namespace } = release.source.metadata;
  const existing = await client.get<ImageStream>(imageStreams, namespace, release.mirror);
  if (existing !== undefined) {
    if (existing.metadata.annotations?.[annotation.releaseTag] !== release.tag.name)
      return blocked(
        `ImageStream ${namespace}/${release.mirror} exists and is not the mirror of ${release.tag.name}: delete it, or give the stream another mirrorPrefix`,
      );
    if (!(await isOfEarlierPush(client, existing, release, jobNamespace))) return existing;
    const { uid = '' } = existing.metadata;
    await client.delete(imageStreams, namespace, release.mirror, { uid });
  }
  const planned = planMirror(release);
  if (!planned.ok) return blocked(planned.error);
  try {
    return await client.create(imageStreams, planned.mirror);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return (
      (await client.get<ImageStream>(imageStreams, namespace, release.mirror)) ??
      blocked(`mirror ${release.mirror} was deleted while it was created`)
    );
  }
}

function stateOf(mirror: ImageStream, release: ReadRelease): MirrorState {
  const hash = mirror.metadata.annotations?.[annotation.hash] ?? '';
  const mismatch = hashMismatch(release, hash);
  if (mismatch !== undefined) return blocked(mismatch);
  // The job of a Stable release fills its mirror, and needs to know where that is.
  if (isStable(release.config) && !mirror.status?.dockerImageRepository) return { kind: 'unplaced' };
  const { ready, waitingFor, failed } = mirrorReadiness(mirror);
  return ready ? { kind: 'ready', hash } : { kind: 'importing', waitingFor, failed };
}

/** An override that names a reference tag of an internal stream is followed to what that tag points at. */
export async function overrideImage(client: KubernetesClient, { source, config }: Pick<ReadRelease, 'source' | 'config'>): Promise<string> {
  const internal = overrideCliImageTag(config.overrideCLIImage, source);
  const stream = internal === undefined ? undefined : await client.get<ImageStream>(imageStreams, internal.namespace, internal.name);
  return resolveOverrideCliImage(config.overrideCLIImage, source, () => stream);
}

const isOurs = (job: Job, { tag, target }: ReadRelease) =>
  job.metadata.annotations?.[annotation.releaseTag] === tag.name &&
  job.metadata.annotations?.[annotation.target] === `${target.metadata.namespace}/${target.metadata.name}`;

const isFinished = ({ status }: Job) =>
  status?.completionTime !== undefined ||
  (status?.conditions ?? []).some(({ type, status: holds }) => type === 'Failed' && holds === 'True');

async function create(client: KubernetesClient, job: Job): Promise<EnsuredJob> {
  try {
    await client.create(jobs, job);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  return { kind: 'exists', finished: false };
}
