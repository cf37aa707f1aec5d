import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, Job, TagReference } from '../../domain/payload/kinds.ts';
import { mirrorName } from '../../domain/payload/mirror.ts';
import { buildRemovalJob, referenceProblem, removalCliImage, removalState } from '../../domain/payload/reference-job.ts';
import { removalJobName } from '../../domain/payload/reference-release.ts';
import { effectivePhase, streamKey, type StreamSnapshot } from '../../domain/payload/stream-tags.ts';
import { overrideImage } from './build-activities.ts';
import { isAlreadyExists, isConflict } from './client.ts';
import { reportEvent } from './events.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { imageStreams, jobs } from './resources.ts';

type Dependencies = Pick<PayloadDependencies, 'client' | 'jobNamespace' | 'creationDeadlineSeconds'>;

/**
 * Has the removal of reference releases' images asked for, each by a job of its own.
 *
 * @param now milliseconds since 1970
 * @returns what is still awaited; nothing when every job is complete, or can not be made and an event says why
 */
export async function awaitRemovalJobs(
  dependencies: Dependencies,
  stream: StreamSnapshot,
  tags: TagReference[],
  now: number,
): Promise<{ for: string; why: string }[]> {
  const awaited: { for: string; why: string }[] = [];
  for (const tag of tags) {
    const why = await awaitRemovalJob(dependencies, stream, tag, now);
    if (why !== undefined) awaited.push({ for: `removal job ${dependencies.jobNamespace}/${removalJobName(tag.name)}`, why });
  }
  return awaited;
}

async function awaitRemovalJob(
  dependencies: Dependencies,
  stream: StreamSnapshot,
  tag: TagReference,
  now: number,
): Promise<string | undefined> {
  const { client, jobNamespace } = dependencies;
  const existing = await client.get<Job>(jobs, jobNamespace, removalJobName(tag.name));
  if (existing === undefined) return create(dependencies, stream, tag);
  const { [annotation.target]: target, [annotation.releaseTag]: releaseTag } = existing.metadata.annotations ?? {};
  // release-controller's own jobs say of nobody whose they are
  const foreign = target !== undefined && (target !== streamKey(stream.target) || releaseTag !== tag.name);
  if (foreign) return `a job of that name belongs to ${releaseTag} of ${target}: delete it when it has ended`;
  const state = removalState(existing, now);
  if (state.kind === 'complete') return undefined;
  if (state.kind === 'running') return 'it asks for the removal of the image, and has not ended';
  // What could not be built was not pushed, so there is nothing to remove, and no try will find it.
  if (effectivePhase(tag, stream.phases) === 'Failed') return undefined;
  if (!state.again) return `${state.why}; it is tried again an hour after it failed, or as soon as somebody deletes it`;
  const { uid = '' } = existing.metadata;
  await client.delete(jobs, jobNamespace, existing.metadata.name, { uid }).catch((error: unknown) => {
    if (!isConflict(error)) throw error;
  });
  return `${state.why}; it is made anew`;
}

async function create(dependencies: Dependencies, stream: StreamSnapshot, tag: TagReference): Promise<string | undefined> {
  const { client, jobNamespace, creationDeadlineSeconds: deadlineSeconds } = dependencies;
  const { source, config, target } = stream;
  const { namespace = '', name } = source.metadata;
  const skip = async (why: string): Promise<undefined> => {
    const message = `${tag.name}: the removal of its image is not asked for: ${why}`;
    await reportEvent(client, { namespace, name }, { reason: 'UnableToProcessRelease', message });
  };
  const problem = referenceProblem(tag.name, config);
  if (problem !== undefined) return skip(problem);
  const mirror = await client.get<ImageStream>(imageStreams, namespace, mirrorName(config, source, tag.name));
  const overrideCLIImage = await overrideImage(client, { source, config });
  const image = removalCliImage({ config: { ...config, overrideCLIImage }, mirror, source, tag });
  if (!image.ok) return skip(image.error);
  try {
    await client.create(jobs, buildRemovalJob({ tag, config, source, target, jobNamespace, image: image.image, deadlineSeconds }));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  return 'it asks for the removal of the image, and has just begun';
}
