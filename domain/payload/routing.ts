import { digestAnnotation } from '../audit/verify-job.ts';
import { annotation, label } from './annotations.ts';
import { approvals } from './approvals.ts';
import { inputHash } from './input-hash.ts';
import type { ImageStream, Job, Phase, ProwJob, ReleasePayload } from './kinds.ts';
import { removalJobName } from './reference-release.ts';
import { learnedCliImage, type JobPod } from './learned-cli-image.ts';
import { statusTag } from './pull-spec.ts';
import { hasOpenRuns, isHalfWritten, needsAttention } from './attention.ts';
import { conditionOf } from './conditions.ts';
import { payloadPhase } from './phase.ts';
import { upgradeHasEnded } from './upgrade-records.ts';

/** The workflow that owns what changed. */
export interface Owner {
  workflow: 'stream' | 'release' | 'mirror' | 'creation' | 'verification' | 'graph' | 'audit' | 'verifyJobs' | 'collect';
  namespace: string;
  name: string;
  /** start it when it does not run; otherwise only a running one is told */
  start: boolean;
  /** false: nothing is decided by it, so it may be gathered for longer */
  urgent: boolean;
}

/**
 * What a watch remembers of one object, so that a change nobody acts on wakes nobody: the text of the parts that
 * matter, and for a target stream one such text a tag.
 */
export interface Seen {
  self: string;
  tags?: Record<string, string>;
  /** of an image stream that releases are published to: what publishing decides by */
  published?: string;
}

/** In place of what a watch would remember of an object, had it not begun anew: it has changed, and nobody knows from what. */
export const forgotten: Seen = { self: 'forgotten' };

export interface Routed {
  owners: Owner[];
  seen: Seen;
}

const owner = (workflow: Owner['workflow'], namespace: string, name: string, extra: Partial<Owner> = {}): Owner => ({
  workflow,
  namespace,
  name,
  start: false,
  urgent: true,
  ...extra,
});

/** An image stream may be a release input, a mirror, a release target, or several of these. */
export function routeImageStream(stream: ImageStream, before: Seen | undefined): Routed {
  const { namespace = '', name, annotations = {} } = stream.metadata;
  const self = JSON.stringify([sourceParts(stream), mirrorParts(stream), annotations[annotation.hasReleases]]);
  const changed = before?.self !== self;
  const owners: Owner[] = [];
  if (changed && annotations[annotation.config] !== undefined) owners.push(owner('stream', namespace, name, { start: true }));
  // without its config nothing else would tell the stream that it has come to its end
  else if (changed && before !== undefined && !before.self.startsWith('[null')) owners.push(owner('stream', namespace, name));
  if (changed && annotations[annotation.releaseTag] !== undefined) owners.push(owner('mirror', namespace, name));
  if (annotations[annotation.hasReleases] === undefined) return { owners, seen: { self } };

  const tags = releaseTags(stream);
  // Any tag may have changed. A stream that there is runs, and those of old tags may be gone.
  if (before === forgotten) owners.push(...sourcesOf(tags).map((source) => ({ ...streamOwner(source), start: false })));
  const sources = before?.tags === undefined ? [] : sourcesOfChangedTags(before.tags, tags);
  // What hung on a tag that is gone is collected, soon and for all of them at once.
  const collect = hasLost(before?.tags ?? {}, tags) ? [owner('collect', '', '', { start: true, urgent: false })] : [];
  return { owners: [...owners, ...sources.map((source) => streamOwner(source)), ...collect], seen: { self, tags } };
}

const isRelease = (text: string) => (JSON.parse(text) as [source: string])[0] !== '';
const hasLost = (before: Record<string, string>, after: Record<string, string>) =>
  Object.entries(before).some(([tag, text]) => after[tag] === undefined && isRelease(text));

/** A release input matters by its config, its images, and what is still to be imported. */
function sourceParts(stream: ImageStream): unknown {
  const { metadata, spec, status } = stream;
  const { [annotation.config]: config, [annotation.mode]: mode } = metadata.annotations ?? {};
  if (config === undefined) return null;
  // Only the input of a Stable stream is its target as well.
  if (metadata.annotations?.[annotation.hasReleases] !== undefined) return givenParts(config, stream);
  const wanted = (spec?.tags ?? []).map(({ name, generation, from, reference }) => [name, generation, from?.name, reference]);
  return [
    config,
    mode,
    inputHash({ metadata, ...(spec === undefined ? {} : { spec }), ...(status === undefined ? {} : { status }) } as ImageStream),
    wanted,
    status?.publicDockerImageRepository,
  ];
}

/** A Stable stream matters by the tags that may become releases, and by the images of those that are to be built. */
function givenParts(config: string, stream: ImageStream): unknown {
  const undecided = (stream.spec?.tags ?? []).filter(({ annotations }) => ['', 'Pending'].includes(annotations?.[annotation.phase] ?? ''));
  const tags = undecided.map(({ name, generation, from, annotations }) => {
    const { items, conditions } = statusTag(stream, name) ?? {};
    const imported = [items?.[0]?.image, items?.[0]?.generation, conditions?.map((c) => [c.type, c.status, c.message])];
    return [name, generation, from?.name, Boolean(annotations?.[annotation.source]), imported];
  });
  return [config, tags, (stream.status?.tags ?? []).length > 0, stream.status?.publicDockerImageRepository];
}

/** A mirror matters by what has been imported into it. */
function mirrorParts({ metadata, status }: ImageStream): unknown {
  if (metadata.annotations?.[annotation.releaseTag] === undefined) return null;
  const imported = (status?.tags ?? []).map(({ tag, items, conditions }) => [
    tag,
    items?.[0]?.image,
    conditions?.map((c) => [c.type, c.status, c.message]),
  ]);
  return [status?.dockerImageRepository, imported];
}

function releaseTags({ spec }: ImageStream): Record<string, string> {
  const parts = (spec?.tags ?? []).map(({ name, annotations, from }) => {
    const of = (key: string) => annotations?.[key] ?? '';
    const alias = of(annotation.source) === '' && from?.kind === 'ImageStreamTag' ? [from.name] : [];
    return [name, JSON.stringify([of(annotation.source), of(annotation.name), of(annotation.phase), of(annotation.keep), ...alias])];
  });
  return Object.fromEntries(parts) as Record<string, string>;
}

const sourcesOf = (tags: Record<string, string>) =>
  [...new Set(Object.values(tags).map((text) => (JSON.parse(text) as [source: string])[0]))].filter((source) => source !== '').toSorted();

/** A tag that appears as Pending, or that nobody owned before, was just made a release by its stream, which need not be told. */
function sourcesOfChangedTags(before: Record<string, string>, after: Record<string, string>): string[] {
  const sources = new Set<string>();
  const partsOf = (text: string) => JSON.parse(text) as [source: string, name: string, phase: string, keep: string, alias?: string];
  // An alias belongs to the stream of the release that it pointed at, which points it there again.
  const ownerOf = (text: string) => {
    const [source, , , , alias] = partsOf(text);
    return alias === undefined ? source : (partsOf(before[alias] ?? '[""]')[0] ?? '');
  };
  for (const [tag, text] of Object.entries(after)) {
    const [source, , phase] = partsOf(text);
    const isNew = partsOf(before[tag] ?? '[""]')[0] === '' && phase === 'Pending';
    if (before[tag] !== text && source !== '' && !isNew) sources.add(source);
    if (before[tag] !== undefined && before[tag] !== text && source === '') sources.add(ownerOf(before[tag]));
  }
  for (const [tag, text] of Object.entries(before)) {
    if (after[tag] === undefined) sources.add(ownerOf(text));
  }
  sources.delete('');
  return [...sources].toSorted();
}

function streamOwner(source: string): Owner {
  const [namespace = '', name = ''] = source.split('/');
  return owner('stream', namespace, name, { start: true });
}

/** A removal job belongs to the stream, release and alternate mirror jobs belong to their release by annotations (core reference of the job's `target`). */
export function routeJob(job: Job, before: Seen | undefined): Routed {
  const { annotations = {}, name, deletionTimestamp } = job.metadata;
  const { active, ready, completionTime, conditions = [] } = job.status ?? {};
  const self = JSON.stringify([
    (active ?? 0) > 0,
    (ready ?? 0) > 0,
    completionTime,
    conditions.map(({ type, status }) => [type, status]),
    deletionTimestamp,
  ]);
  if (annotations[annotation.purpose] !== undefined) return { owners: before?.self === self ? [] : auditOwners(job), seen: { self } };
  const [namespace, tag] = [annotations[annotation.target]?.split('/')[0], annotations[annotation.releaseTag]];
  if (namespace === undefined || tag === undefined || before?.self === self) return { owners: [], seen: { self } };
  const urgent =
    completionTime !== undefined ||
    deletionTimestamp !== undefined ||
    conditions.some(({ type, status }) => type === 'Failed' && status === 'True');
  if (name === removalJobName(tag)) return { owners: [streamOwner(annotations[annotation.source] ?? '')], seen: { self } };
  return { owners: [owner(name === tag ? 'creation' : 'release', namespace, tag, { urgent })], seen: { self } };
}

/** A verify job belongs to the audit of its image, and makes room for the next one when it ends. */
function auditOwners({ metadata }: Job): Owner[] {
  const { namespace = '', annotations = {} } = metadata;
  const digest = annotations[digestAnnotation];
  const room = owner('verifyJobs', namespace, namespace);
  return digest === undefined ? [room] : [owner('audit', namespace, digest), room];
}

/**
 * A Pod wakes the build of a Stable release when it has told which image has the `oc` client.
 *
 * @param jobOf the job that a Pod belongs to, where it still exists
 */
export async function routePod(pod: JobPod, before: Seen | undefined, jobOf: (name: string) => Promise<Job | undefined>): Promise<Routed> {
  const self = learnedCliImage([pod]) ?? '';
  const name = pod.metadata.labels?.['batch.kubernetes.io/job-name'] ?? pod.metadata.labels?.['job-name'];
  const job = self === '' || name === undefined || before?.self === self ? undefined : await jobOf(name);
  const owners = job === undefined ? [] : routeJob(job, undefined).owners.map((each) => ({ ...each, urgent: true }));
  return { owners, seen: { self } };
}

/** Where results of upgrade jobs are kept. */
export interface GraphPlace {
  /** of the Secret with the graph */
  namespace: string;
  architecture: string;
}

export function routeProwJob(job: ProwJob, before: Seen | undefined, graph?: GraphPlace): Routed {
  const { state, url, startTime, completionTime } = job.status ?? {};
  const self = JSON.stringify([state, url, startTime, completionTime, job.spec.cluster, job.metadata.deletionTimestamp]);
  const tag = job.metadata.annotations?.[annotation.tag] ?? job.metadata.labels?.[label.payload];
  const namespace = job.metadata.annotations?.[annotation.source]?.split('/')[0];
  const payload = job.metadata.labels?.[label.payload];
  if (before?.self === self) return { owners: [], seen: { self } };
  const upgrades =
    graph !== undefined && upgradeHasEnded(job, graph.architecture)
      ? [owner('graph', graph.namespace, payload ?? '', { start: true, urgent: false })]
      : [];
  if (payload === undefined || tag === undefined || namespace === undefined) return { owners: upgrades, seen: { self } };
  return { owners: [owner('verification', namespace, tag, { urgent: completionTime !== undefined }), ...upgrades], seen: { self } };
}

/**
 * A payload wakes its release when its phase, the override or an approval moves, not for the results of its jobs. One
 * without any status was just made by its stream, which starts the release itself.
 *
 * @param now milliseconds since 1970
 */
export function routeReleasePayload(payload: ReleasePayload, before: Seen | undefined, now: number): Routed {
  const { namespace = '', name } = payload.metadata;
  const { status } = payload;
  const phase = payloadPhase(payload);
  // While jobs run, an entry that somebody removes has to come back.
  const entries =
    phase === 'Ready'
      ? [status?.blockingJobResults, status?.informingJobResults, status?.upgradeJobResults].map((list) => list?.length ?? 0)
      : [];
  const verdict = [conditionOf(payload, 'PayloadAccepted')?.reason, conditionOf(payload, 'PayloadRejected')?.reason];
  const approved = approvals(payload.metadata);
  const { deletionTimestamp } = payload.metadata;
  const parts = [payload.spec, phase, phase === 'Pending' ? [] : verdict, entries, approved, deletionTimestamp, isHalfWritten(payload)];
  const self = JSON.stringify(parts);
  if (status === undefined || before?.self === self) return { owners: [], seen: { self } };
  // At first sight nobody may be there who takes in the results of runs that outlast the verdict.
  const isLeft = before === undefined && hasOpenRuns(payload, now);
  const start = needsAttention(payload) || isLeft || turned(before, phase) || approvedAnew(before, approved);
  return { owners: [owner('release', namespace, name, { start })], seen: { self } };
}

/** Approvals come days after the verdict, when nothing of the release runs any more. */
function approvedAnew(before: Seen | undefined, approved: unknown): boolean {
  if (before === undefined || before === forgotten) return false;
  const [, , , , previous] = JSON.parse(before.self) as unknown[];
  return JSON.stringify(previous) !== JSON.stringify(approved);
}

/** A verdict that a late result turned has to be told again, though its release workflow may have ended. */
function turned(before: Seen | undefined, phase: Phase): boolean {
  const [, previous] = before === undefined || before === forgotten ? [] : (JSON.parse(before.self) as [unknown, Phase]);
  return (previous === 'Accepted' || previous === 'Rejected') && previous !== phase;
}

/** The owner of an object that is gone: whoever made it may have to make it again. What is recorded stays recorded. */
export function ownersOfDeleted(route: Routed): Owner[] {
  return route.owners.filter(({ workflow }) => workflow !== 'graph').map((gone) => ({ ...gone, start: false, urgent: true }));
}
