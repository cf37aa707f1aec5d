import { annotation } from './annotations.ts';
import { isStable, parseReleaseConfig } from './config.ts';
import type { ImageStream, Job, ObjectMeta } from './kinds.ts';
import { removalJobName } from './reference-release.ts';
import { millisecondsOf } from './tag-name.ts';

/*
 * What nobody owns any more: jobs, mirrors and payloads whose release tag is gone (openshift/release-controller,
 * cmd/release-controller/sync_gc.go). There a tag of any namespace and stream keeps what bears its name; here it is the
 * tag of the very stream.
 */

/** Streams that hold releases, by `namespace/name`. */
export type LiveStreams = ReadonlyMap<string, { namespace: string; generation: number; tags: ReadonlySet<string> }>;

/** A job that could wait for one of these is kept so long after its end. */
const finishedForMs = 2 * 3_600_000;

/**
 * @param streams metadata of every image stream of the release namespaces
 * @returns which of them hold releases or will: those that say so, Stable ones, and those that a config names as its target
 */
export function streamsWithReleases(streams: readonly ObjectMeta[]): string[] {
  const keys = new Set<string>();
  for (const { namespace, name, annotations = {} } of streams) {
    if (annotations[annotation.hasReleases] !== undefined) keys.add(`${namespace}/${name}`);
    const config = annotations[annotation.config];
    if (config === undefined) continue;
    const parsed = parseReleaseConfig(config);
    // One that can not be read now may be a Stable one, whose releases must not suffer from a slip.
    keys.add(`${namespace}/${!parsed.ok || isStable(parsed.config) ? name : parsed.config.to}`);
  }
  return [...keys].toSorted();
}

/** @param streams as they were read after everything that is judged by them */
export function liveStreams(streams: readonly ImageStream[]): LiveStreams {
  return new Map(
    streams.map(({ metadata: { namespace = '', name, generation = 0 }, spec }) => [
      `${namespace}/${name}`,
      { namespace, generation, tags: new Set((spec?.tags ?? []).map((tag) => tag.name)) },
    ]),
  );
}

/** The same after some tags were removed, by `namespace/name` of their stream. */
export function withoutTags(live: LiveStreams, removed: ReadonlyMap<string, readonly string[]>): LiveStreams {
  return new Map(
    [...live].map(([key, stream]) => {
      const gone = new Set(removed.get(key));
      const tags = new Set([...stream.tags].filter((tag) => !gone.has(tag)));
      return [key, { ...stream, tags, generation: stream.generation + (tags.size < stream.tags.size ? 1 : 0) }];
    }),
  );
}

/** A payload bears the name of its tag and lies in its namespace. */
export function isPayloadGarbage({ namespace, name }: ObjectMeta, live: LiveStreams): boolean {
  return ![...live.values()].some((stream) => stream.namespace === namespace && stream.tags.has(name));
}

/** A mirror goes when its target has changed since it was made: it has, by losing the tag. */
export function isMirrorGarbage(mirror: ObjectMeta, live: LiveStreams): boolean {
  return isOutlived(mirror, live) === 'older than the target';
}

/** `finished`: only when it has ended; `finished long ago`: only when that was two hours ago. */
export type JobFate = 'keep' | 'remove' | 'remove finished' | 'remove finished long ago';

export function fateOfJob(job: ObjectMeta, live: LiveStreams): JobFate {
  const { [annotation.releaseTag]: tag = '', [annotation.target]: target = '', [annotation.purpose]: purpose } = job.annotations ?? {};
  if (purpose === 'audit') return live.get(target)?.tags.has(tag) === false ? 'remove finished long ago' : 'keep';
  const outlived = isOutlived(job, live);
  if (outlived === undefined) return 'keep';
  // it removes the release's image, which goes on after the tag
  if (job.name === removalJobName(tag)) return 'remove finished';
  return outlived === 'older than the target' ? 'remove' : 'remove finished long ago';
}

export function isDue({ status }: Job, fate: JobFate, now: number): boolean {
  if (fate === 'keep' || fate === 'remove') return fate === 'remove';
  const failed = status?.conditions?.find(({ type, status: holds }) => type === 'Failed' && holds === 'True');
  const ended = status?.completionTime ?? failed?.lastTransitionTime;
  if (ended === undefined) return false;
  return fate === 'remove finished' || (millisecondsOf(ended) ?? now) < now - finishedForMs;
}

/** What bears all marks of a release that is gone, of a stream that is there. */
function isOutlived({ annotations = {} }: ObjectMeta, live: LiveStreams): 'older than the target' | 'not older' | undefined {
  const stream = live.get(annotations[annotation.target] ?? '');
  const tag = annotations[annotation.releaseTag];
  const generation = annotations[annotation.generation] ?? '';
  if (stream === undefined || tag === undefined || stream.tags.has(tag)) return undefined;
  if (annotations[annotation.source] === undefined || !/^\d+$/.test(generation)) return undefined;
  return Number(generation) < stream.generation ? 'older than the target' : 'not older';
}
