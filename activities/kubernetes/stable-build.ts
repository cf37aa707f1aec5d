import { annotation } from '../../domain/payload/annotations.ts';
import { isStable } from '../../domain/payload/config.ts';
import type { ImageStream, Job } from '../../domain/payload/kinds.ts';
import { cliTag, learnedCliImage, type JobPod } from '../../domain/payload/learned-cli-image.ts';
import { specTag } from '../../domain/payload/pull-spec.ts';
import { isOutdated, stableHash } from '../../domain/payload/rewrite.ts';
import type { KubernetesClient } from './client.ts';
import type { ReadRelease } from './release-reader.ts';
import { imageStreams, jobs, pods } from './resources.ts';
import { addTag } from './tag-writer.ts';

/*
 * What building a Stable release asks for beyond other builds: mirror and job belong to one push of the tag, and the
 * image with `oc` is learned from the release itself.
 */

const attempts = 5;

/** Whether a job was made for what the tag points at now. Other releases are built once. */
export function isForThisPush(job: Job, { config, tag }: ReadRelease): boolean {
  return !isStable(config) || job.metadata.annotations?.[annotation.generation] === String(tag.generation ?? 0);
}

/**
 * A mirror of an earlier push may hold images that this one lacks, so it is made anew. One that a job of this push
 * fills already stays, though its mark is older: release-controller leaves it so.
 */
export async function isOfEarlierPush(client: KubernetesClient, mirror: ImageStream, release: ReadRelease, jobNamespace: string) {
  const { config, tag } = release;
  if (!isStable(config) || !isOutdated(mirror.metadata.annotations?.[annotation.hash] ?? '', tag)) return false;
  const job = await client.get<Job>(jobs, jobNamespace, tag.name);
  return job === undefined || !isForThisPush(job, release);
}

/** Release-controller's words for a mirror that is not of the release as its tag marks it. */
export function hashMismatch({ config, tag }: ReadRelease, ofMirror: string): string | undefined {
  const ofTag = tag.annotations?.[annotation.hash] ?? '';
  if (ofTag === '' || ofTag === ofMirror) return undefined;
  if (!isStable(config)) return `mirror hash for "${tag.name}" does not match, release cannot be created`;
  // the tag was pushed again, and takes over the mark of its new mirror
  if (isOutdated(ofTag, tag) && ofMirror === stableHash(tag)) return undefined;
  return 'unimplemented, should regenerate contents of tag';
}

/** Gives the mirror its `cli` tag as soon as a Pod of the job knows it: the job's other containers wait for that image. */
export async function learnCliImage(client: KubernetesClient, { source, mirror }: ReadRelease, job: Job): Promise<void> {
  const labelSelector = `controller-uid=${job.metadata.uid}`;
  const { items } = await client.list<JobPod>(pods, job.metadata.namespace, { labelSelector, fieldSelector: 'status.phase=Pending' });
  const image = learnedCliImage(items);
  if (image === undefined) return;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const stream = await client.get<ImageStream>(imageStreams, source.metadata.namespace, mirror);
    if (stream === undefined || specTag(stream, 'cli') !== undefined) return;
    if (await addTag(client, stream, cliTag(image))) return;
  }
  throw new Error(`image stream ${mirror} changes faster than its tag cli can be added`);
}
