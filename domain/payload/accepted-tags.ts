import { isStable } from './config.ts';
import type { TagReference } from './kinds.ts';
import { effectivePhase, ownTags, type StreamSnapshot } from './stream-tags.ts';
import { bySemanticOrder, compareVersions, parseVersion, parseVersionTolerant, type Version } from './version.ts';
import { parseVersionRange } from './version-range.ts';

/** An accepted release and the stream it is in. */
export interface AcceptedTag {
  stream: StreamSnapshot;
  tag: TagReference;
}

/** Accepted releases of a stream: newest first, in a Stable stream highest first. */
export function acceptedTags(stream: StreamSnapshot): TagReference[] {
  const accepted = ownTags(stream).filter((tag) => effectivePhase(tag, stream.phases) === 'Accepted');
  return isStable(stream.config) ? semantically(accepted) : accepted;
}

/** The same without those that are newer (in a Stable stream: higher) than a release, which may be among them. */
export function acceptedUpTo(stream: StreamSnapshot, release: string): TagReference[] {
  const accepted = acceptedTags(stream);
  if (isStable(stream.config)) return accepted.filter(({ name }) => bySemanticOrder(release, name) <= 0);
  const inOrder = ownTags(stream).map(({ name }) => name);
  const newer = new Set(inOrder.slice(0, Math.max(0, inOrder.indexOf(release))));
  return accepted.filter(({ name }) => !newer.has(name));
}

export interface StableQuestion {
  major: number;
  minor: number;
  /** name of a release that is no answer */
  besides?: string;
  /** only releases lower than this one */
  below?: Version;
}

/**
 * The highest accepted release of a major and minor version in any Stable stream. Pre-releases count
 * (openshift/release-controller, pkg/release-controller/release.go).
 */
export function latestStableForVersion(
  streams: readonly StreamSnapshot[],
  { major, minor, besides, below }: StableQuestion,
): AcceptedTag | undefined {
  const versions = streams
    .filter(({ config }) => isStable(config))
    .flatMap((stream) => acceptedTags(stream).map((tag) => ({ stream, tag, version: parseVersion(tag.name) })))
    .filter((found): found is AcceptedTag & { version: Version } => found.version?.major === major && found.version.minor === minor)
    .filter(({ tag, version }) => tag.name !== besides && (below === undefined || compareVersions(version, below) < 0));
  return versions.toSorted((a, b) => compareVersions(b.version, a.version))[0];
}

export type LatestTag =
  | { ok: true; found: AcceptedTag }
  | { ok: false; error: string; /** the stream exists, and none of its releases is accepted and fits */ noneFits?: true };

/**
 * The highest accepted release of the first stream whose config has a name (openshift/release-controller,
 * pkg/release-controller/release.go, LatestForStream).
 *
 * @param range see version-range.ts; undefined for every release
 * @param relative that many of the highest are skipped
 */
export function latestForStream(streams: readonly StreamSnapshot[], name: string, range?: string, relative = 0): LatestTag {
  const stream = streams.find(({ config }) => config.name === name);
  if (stream === undefined) return { ok: false, error: 'no release configuration exists with the requested name' };
  const parsed = range === undefined ? undefined : parseVersionRange(range);
  if (parsed?.ok === false) return parsed;
  const inRange = ({ name: tag }: TagReference) => {
    const version = parseVersionTolerant(tag);
    return parsed === undefined || (version !== undefined && parsed.includes(version));
  };
  const tag = semantically(acceptedTags(stream)).filter(inRange)[relative];
  if (tag === undefined) return { ok: false, error: 'no tags exist within the release that satisfy the request', noneFits: true };
  return { ok: true, found: { stream, tag } };
}

function semantically(tags: TagReference[]): TagReference[] {
  return tags.toSorted((a, b) => bySemanticOrder(a.name, b.name));
}
