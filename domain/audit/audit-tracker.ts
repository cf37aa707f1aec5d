import { annotation } from '../payload/annotations.ts';
import type { TagReference } from '../payload/kinds.ts';
import { releasePullSpec } from '../payload/pull-spec.ts';
import { createdAt, streamKey, type StreamSnapshot } from '../payload/stream-tags.ts';
import { tagPhase } from '../payload/phase.ts';
import { auditRecordPath, type AuditedRelease } from './audit-record.ts';
import { signedPhases, type AuditPolicy } from './verification-policy.ts';

/*
 * The tracker: which releases ought to have a signature, and which of them are audited now
 * (openshift/release-controller, cmd/release-controller/audit.go).
 */

/** A release that ought to be signed, whose digest is looked up by the caller. */
export interface EligibleRelease extends Omit<AuditedRelease, 'digest'> {
  /** RFC 3339; empty where the tag does not say */
  created: string;
}

/** Of an image that had its audit begun and has no signature yet: how often, and when it may be begun again; by digest. */
export type TrackerMemory = Record<string, { tries: number; /** RFC 3339 */ nextAt: string }>;

export interface TrackerPlan {
  /** whose audit begins now; of one image all, next to each other */
  due: AuditedRelease[];
  memory: TrackerMemory;
  /** images whose turn comes in a later run */
  left: number;
  /** images that had their audit begun lately: it goes on, or has refused */
  waiting: number;
}

/** Images whose audit one run begins. */
export const mostBegun = 50;
/** Releases of one image beyond these are left to people: each makes the audit longer. */
const mostTagsOfImage = 20;
/** More images than this are tried each time, since nobody remembers them. */
const remembered = 500;

const hour = 3_600_000;
const longestMs = 24 * hour;

/**
 * The releases of one stream that ought to be signed and have a place, as far as their tags tell. The audit looks at the
 * payload again before it signs.
 */
export function eligibleReleases(stream: StreamSnapshot, policy: AuditPolicy): EligibleRelease[] {
  const { source, config, target, phases } = stream;
  const signed: readonly string[] = signedPhases(policy, config);
  const namespace = target.metadata.namespace ?? '';
  const eligible = (tag: TagReference) =>
    tag.annotations?.[annotation.source] === streamKey(source) && signed.includes(tagPhase(phases, tag)) && isRecent(tag, policy);
  return (signed.length === 0 ? [] : (target.spec?.tags ?? [])).filter(eligible).flatMap((tag) => {
    const location = releasePullSpec({ target, tag, config });
    const release = { namespace, tag: tag.name, stream: config.name, target: target.metadata.name, location };
    return location === '' ? [] : [{ ...release, created: createdAt(tag) }];
  });
}

/** One that does not say how old it is counts as old. */
function isRecent(tag: TagReference, { trackSince }: AuditPolicy): boolean {
  return trackSince === undefined || Date.parse(createdAt(tag)) >= Date.parse(trackSince);
}

/**
 * Whose audit begins now: images that never had one before those that had, newest first. An image that has no signature an
 * hour later is begun again, then after twice as long, at most a day. That finds an audit that was terminated and one that
 * refused too early; one that still runs is not disturbed by it.
 *
 * @param unsigned in any order; releases of images without a signature that clients find, and releases {@link withoutRecord}
 */
export function planAudits(unsigned: readonly (AuditedRelease & { created: string })[], memory: TrackerMemory, now: number): TrackerPlan {
  const images = [...byDigest(unsigned)];
  const known = (digest: string) => (Object.hasOwn(memory, digest) ? memory[digest] : undefined);
  const waits = ([digest]: Image) => Date.parse(known(digest)?.nextAt ?? '') > now;
  const ready = images.filter((image) => !waits(image)).toSorted((a, b) => tries(known(a[0])) - tries(known(b[0])) || newer(a, b));
  const begun = ready.slice(0, mostBegun);
  const entries = begun.map(([digest]) => [digest, nextTry(tries(known(digest)), now)] as const);
  const kept = images.flatMap((image) => {
    const before = known(image[0]);
    return before === undefined || begun.includes(image) ? [] : [[image[0], before] as const];
  });
  return {
    due: begun.flatMap(([, releases]) => releases.slice(0, mostTagsOfImage).map(({ created: _, ...release }) => release)),
    memory: Object.fromEntries([...entries, ...kept].slice(0, remembered)),
    left: ready.length - begun.length,
    waiting: images.length - ready.length,
  };
}

/**
 * Releases of an image that is signed, which have no record of their own: they were accepted when its audit was over, and nobody had them
 * audited. Only where another release of the image has one: what another auditor signed has no records, and needs none.
 *
 * @param signed releases whose image has a signature
 * @param recorded the paths of audit records that are there; asked for only where several releases share an image
 */
export async function withoutRecord<Release extends AuditedRelease>(
  signed: readonly Release[],
  recorded: () => Promise<ReadonlySet<string>>,
): Promise<Release[]> {
  const shared = [...byDigest(signed).values()].filter((releases) => releases.length > 1);
  if (shared.length === 0) return [];
  const paths = await recorded();
  const has = (release: Release) => paths.has(auditRecordPath(release));
  return shared.filter((releases) => releases.some(has)).flatMap((releases) => releases.filter((release) => !has(release)));
}

type Image = [digest: string, releases: (AuditedRelease & { created: string })[]];

function byDigest<Release extends AuditedRelease>(releases: readonly Release[]): Map<string, Release[]> {
  const images = new Map<string, Release[]>();
  for (const release of releases) {
    const same = images.get(release.digest);
    if (same === undefined) images.set(release.digest, [release]);
    else same.push(release);
  }
  return images;
}

const tries = (known: TrackerMemory[string] | undefined) => known?.tries ?? 0;

const newestOf = ([, releases]: Image) => releases.reduce((newest, { created }) => (created > newest ? created : newest), '');

function newer(a: Image, b: Image): number {
  const [one, other] = [newestOf(a), newestOf(b)];
  return one < other ? 1 : Number(one > other) * -1;
}

function nextTry(before: number, now: number): TrackerMemory[string] {
  return { tries: before + 1, nextAt: new Date(now + Math.min(hour * 2 ** Math.min(before, 10), longestMs)).toISOString() };
}
