import { planAdoption } from './adoption.ts';
import { annotation } from './annotations.ts';
import { buildOrder } from './build-order.ts';
import { isStable, type ReleaseConfig } from './config.ts';
import { formatGoSeconds } from './go-duration.ts';
import { inputHash } from './input-hash.ts';
import type { ImageStream, Phase, TagReference } from './kinds.ts';
import { isReferenceRelease, referencePayloadTag } from './reference-release.ts';
import { createdAt, effectivePhase, ownTags, streamKey, type StreamSnapshot } from './stream-tags.ts';
import { streamUsable, type Usable } from './stream-usable.ts';
import { millisecondsOf, releaseTagName, rfc3339 } from './tag-name.ts';
import type { Waiting } from './waiting.ts';

export interface StreamFacts {
  source: ImageStream;
  config: ReleaseConfig;
  /** undefined where it does not exist */
  target: ImageStream | undefined;
  /** effective phase by tag, from the ReleasePayloads */
  phases: Readonly<Record<string, Phase>>;
  /** milliseconds since 1970 */
  now: number;
}

/** What one look at a stream asks for. Lists are newest first. */
export interface StreamPlan {
  usable: Usable;
  /** the target does not say yet that it holds releases */
  markTarget: boolean;
  /** fingerprint of the images there are now */
  hash: string;
  create?: { tag: string; tagReference: TagReference };
  /** why there is no `create`, although the images are new */
  hold?: Hold;
  /** tags that a Stable stream is about to take for releases; see adoption.ts */
  adopt?: string[];
  /** releases to be built now; in an Integration stream the first is the one to go on with */
  pending: string[];
  /** pending releases that give way to the first */
  aborted: string[];
  /** releases to be verified */
  ready: string[];
  /** of a Stable stream: what holds its tags */
  waiting?: Waiting[];
}

export interface Hold {
  reason: 'locked' | 'pending' | 'maxUnready' | 'interval';
  message: string;
  /** RFC 3339; when the hold ends by itself */
  until?: string;
}

/**
 * Decides what a stream needs: a new release, and the ones that go on. A release is made when no release in the
 * stream, in any phase, has the images that there are now (openshift/release-controller,
 * cmd/release-controller/sync.go and sync_tags.go). Stable streams are given their releases and make none.
 */
export function planStream({ source, config, target, phases, now }: StreamFacts): StreamPlan {
  const usable = streamUsable(source, target, config);
  const ended = config.endOfLife ? ({ ok: false, why: `release ${config.name} has reached its end of life` } as const) : usable;
  if (!ended.ok || target === undefined) return { usable: ended, ...nothing };
  const stream: StreamSnapshot = { source, config, target, phases };
  const census = countTags(stream);
  return {
    usable,
    markTarget: target.metadata.annotations?.[annotation.hasReleases] !== 'true',
    hash: census.hash,
    ready: census.ready,
    ...(isStable(config) ? givenReleases(stream, census, now) : madeReleases(stream, census, now)),
  };
}

/** A stream that was filled with hundreds of releases is looked at as many times, and each look is kept for a while. */
const heldShown = 100;

type Turns = Pick<StreamPlan, 'create' | 'hold' | 'adopt' | 'pending' | 'aborted' | 'waiting'>;

/** Of builds from images that move on only the newest is worth its time. */
function madeReleases(stream: StreamSnapshot, census: Census, now: number): Turns {
  return { ...nextRelease(stream, census, now), pending: census.pending, aborted: census.pending.slice(1) };
}

/** Releases that people put into a Stable stream all get their turn. */
function givenReleases(stream: StreamSnapshot, { pending }: Census, now: number): Turns {
  const { change, problem } = planAdoption(stream, now);
  const tags = new Map(stream.target.spec?.tags?.map((tag) => [tag.name, tag]));
  const { build, held } = buildOrder(
    pending.flatMap((name) => tags.get(name) ?? []),
    stream.target,
  );
  const waiting: Waiting[] = [
    ...(problem === undefined ? [] : [{ for: 'a version for the tag next', why: problem, about: { release: 'next' } }]),
    ...held.slice(0, heldShown).map(({ tag, why }) => ({ for: `the build of ${tag}`, why, about: { release: tag } })),
    ...(held.length > heldShown
      ? [{ for: `the builds of ${held.length - heldShown} older releases`, why: 'newer ones are built first' }]
      : []),
  ];
  return {
    ...(change === undefined ? {} : { adopt: change.adopted }),
    pending: build,
    aborted: [],
    waiting: waiting.length > 0 ? waiting : [{ for: 'new tags', why: 'every tag that is a version is a release already' }],
  };
}

const nothing = { markTarget: false, hash: '', pending: [], aborted: [], ready: [] };

interface Census {
  hash: string;
  newImages: boolean;
  newest: TagReference | undefined;
  unready: number;
  pending: string[];
  ready: string[];
}

function countTags(stream: StreamSnapshot): Census {
  const hash = isStable(stream.config) ? '' : inputHash(stream.source);
  const own = ownTags(stream);
  const phased = (...wanted: (Phase | '')[]) =>
    own.filter((tag) => wanted.includes(effectivePhase(tag, stream.phases))).map(({ name }) => name);
  return {
    hash,
    // `keep` protects a release from being removed and does nothing else: pinning one must not release its images again
    newImages: !own.some((tag) => (tag.annotations?.[annotation.hash] ?? '') === hash),
    newest: own[0],
    unready: own.length - phased('Failed', 'Rejected', 'Accepted').length,
    pending: phased('Pending', ''),
    ready: phased('Ready'),
  };
}

function nextRelease(stream: StreamSnapshot, census: Census, now: number): Pick<StreamPlan, 'create' | 'hold'> {
  if (!census.newImages) return {};
  const hold = lockOf(stream) ?? holdOf(stream.config, census, now);
  return hold === undefined ? { create: newTag(stream, now) } : { hold };
}

/** Somebody does not want a release now. release-controller shows this mode and does not heed it. */
function lockOf({ source, config }: StreamSnapshot): Hold | undefined {
  if (source.metadata.annotations?.[annotation.mode] !== 'locked') return undefined;
  return {
    reason: 'locked',
    message: `Release ${config.name} is locked by ${annotation.mode} on ${streamKey(source)}, will not launch new tags`,
  };
}

function holdOf({ name, maxUnreadyReleases, minCreationIntervalSeconds }: ReleaseConfig, census: Census, now: number): Hold | undefined {
  const [pending] = census.pending;
  if (pending !== undefined)
    return { reason: 'pending', message: `Release ${name} is still building ${pending}, will not launch new tags` };
  if (maxUnreadyReleases > 0 && census.unready >= maxUnreadyReleases)
    return { reason: 'maxUnready', message: `Release ${name} at max ${maxUnreadyReleases} unready releases, will not launch new tags` };
  // without a minimum not even a tag of the future holds, which a clock ahead of ours has made
  if (census.newest === undefined || minCreationIntervalSeconds <= 0) return undefined;
  return intervalHold(name, census.newest, minCreationIntervalSeconds * 1000, now);
}

function intervalHold(name: string, newest: TagReference, intervalMs: number, now: number): Hold | undefined {
  const created = millisecondsOf(createdAt(newest));
  if (created === undefined || now - created >= intervalMs) return undefined;
  const age = formatGoSeconds(now - created);
  const interval = formatGoSeconds(intervalMs);
  return {
    reason: 'interval',
    message: `Release ${name} last tag ${newest.name} created ${age} ago (less than minimum interval ${interval}), will not launch new tags`,
    until: rfc3339(created + intervalMs),
  };
}

/** The tag has no hash yet: it gets that of its mirror, once the images are held there. */
function newTag({ source, config, target }: StreamSnapshot, now: number): NonNullable<StreamPlan['create']> {
  const taken = new Set(target.spec?.tags?.map((tag) => tag.name));
  let at = now;
  while (taken.has(releaseTagName(config.name, at))) at += 1000;
  const tag = releaseTagName(config.name, at);
  const annotations = {
    [annotation.name]: config.name,
    [annotation.source]: streamKey(source),
    [annotation.creationTimestamp]: rfc3339(at),
    [annotation.phase]: 'Pending',
  };
  return {
    tag,
    tagReference: { name: tag, annotations, importPolicy: { importMode: 'PreserveOriginal' }, ...payloadSource(source, config, tag) },
  };
}

/** A normal release's image appears when its job pushes it; a reference release's lies elsewhere. */
function payloadSource(source: ImageStream, config: ReleaseConfig, tag: string): Partial<TagReference> {
  if (!isReferenceRelease(source, config)) return {};
  const name = `${config.referenceRelease?.pullRepository ?? ''}:${referencePayloadTag(tag)}`;
  return { reference: true, from: { kind: 'DockerImage', name } };
}
