import { annotation } from '../../domain/payload/annotations.ts';
import type { ReleasePayload, TagReference } from '../../domain/payload/kinds.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import { retention } from '../../domain/payload/retention.ts';
import { effectivePhase, type StreamSnapshot } from '../../domain/payload/stream-tags.ts';
import { rfc3339 } from '../../domain/payload/tag-name.ts';
import { isReferenceReleaseTag } from '../../domain/payload/reference-release.ts';
import type { StreamId } from '../contract.ts';
import type { RetentionActivities, RetentionSurvey, Retirement } from '../retention-contract.ts';
import type { KubernetesClient } from './client.ts';
import { annotateOneTag, removeTags } from './image-stream-tags.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { awaitRemovalJobs } from './removal-jobs.ts';
import { releasePayloads } from './resources.ts';
import { phasesOf, readStream } from './stream-reader.ts';

/** Each tag may be a write of a stream of a megabyte. */
const tagsAtOnce = 20;

type Dependencies = Pick<PayloadDependencies, 'client' | 'softDeleteReleaseTags' | 'jobNamespace' | 'creationDeadlineSeconds'>;

/** What becomes of releases whose time is over. */
export function retentionActivities(dependencies: Dependencies): RetentionActivities {
  const { client, softDeleteReleaseTags: soft } = dependencies;
  const nothing: Retirement = { retired: [], again: false, awaited: [] };
  return {
    async retireReleases(id, now) {
      const found = await findRetired(dependencies, id, now);
      if (found === undefined) return nothing;
      const { stream, due } = found;
      const { target, config } = stream;
      const isReference = (tag: TagReference) => isReferenceReleaseTag(tag, config);
      const local = await certain(
        client,
        stream,
        due.filter((tag) => !isReference(tag)),
      );
      const reference = await certain(client, stream, due.filter(isReference));
      const awaited = await awaitRemovalJobs(dependencies, stream, reference, now);
      const batch = [...local, ...(awaited.length > 0 ? [] : reference)].map(({ name }) => name);
      if (batch.length === 0) return { ...nothing, awaited };
      const done = soft ? await mark(dependencies, stream, batch, now) : await removeTags(client, target, batch);
      return { retired: done ? batch : [], again: !done || due.length > local.length + reference.length, awaited };
    },
  };
}

/** The releases of a stream whose time is over, oldest first, as far as the phases tell that were read; reads only. */
export async function findRetired(
  { client, softDeleteReleaseTags: soft }: Pick<Dependencies, 'client' | 'softDeleteReleaseTags'>,
  id: StreamId,
  now: number,
): Promise<{ stream: StreamSnapshot; due: TagReference[] } | undefined> {
  const read = await readStream(client, id);
  if (read.kind !== 'read' || read.target === undefined) return undefined;
  const { source, config, target } = read;
  const stream = { source, config, target, phases: await phasesOf(client, source, target) };
  return { stream, due: retention(stream, { soft, now }).due };
}

/** Part of a look at a stream, so that one that keeps all its releases costs no step of its own. */
export function surveyRetention(
  { softDeleteReleaseTags: soft }: Pick<Dependencies, 'softDeleteReleaseTags'>,
  stream: StreamSnapshot,
  now: number,
): RetentionSurvey | undefined {
  const { due, next } = retention(stream, { soft, now });
  return due.length === 0 && next === undefined ? undefined : { due: due.length, ...(next === undefined ? {} : { next }) };
}

/** The phase on a tag may be older than an override in its payload, which is the authority for what can not be undone. */
async function certain(client: KubernetesClient, { target, phases }: StreamSnapshot, due: TagReference[]): Promise<TagReference[]> {
  const batch: TagReference[] = [];
  for (const tag of due) {
    const payload = await client.get<ReleasePayload>(releasePayloads, target.metadata.namespace, tag.name);
    const now = payload === undefined ? phases : { ...phases, [tag.name]: payloadPhase(payload) };
    if (effectivePhase(tag, now) === effectivePhase(tag, phases)) batch.push(tag);
    if (batch.length === tagsAtOnce) break;
  }
  return batch;
}

async function mark({ client }: Dependencies, { target }: StreamSnapshot, tags: string[], now: number): Promise<true> {
  const { namespace = '', name } = target.metadata;
  for (const tag of tags) await annotateOneTag(client, namespace, name, tag, { [annotation.softDelete]: rfc3339(now) });
  return true;
}
