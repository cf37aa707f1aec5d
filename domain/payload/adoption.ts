import { annotation } from './annotations.ts';
import type { ReleaseConfig } from './config.ts';
import type { ImageStream, TagReference } from './kinds.ts';
import { streamKey } from './stream-tags.ts';
import { rfc3339 } from './tag-name.ts';
import { compareVersions, incrementVersion, parseVersion, type Version } from './version.ts';

/** What is to be written so that the tags people put into a Stable stream become its releases. */
export interface Adoption {
  /** all spec tags of the stream, as they are to be */
  tags: TagReference[];
  /** the ones that become releases, by the names they are to have */
  adopted: string[];
}

export interface AdoptionPlan {
  /** absent where nothing waits to be adopted */
  change?: Adoption;
  /** why the tag `next` stays as it is */
  problem?: string;
}

/** A tag of this name asks for the version after the highest one there is. */
const nextTag = 'next';

const noExistingTags = {
  reason: 'NoExistingTags',
  message: 'The next tag requires at least one existing semantic version tag in this image stream.',
};

/**
 * Decides which tags of a Stable stream become releases: those that are versions and that nobody has claimed or judged.
 * All others are left alone for ever. `next` comes first and alone (openshift/release-controller,
 * cmd/release-controller/sync.go and sync_tags.go).
 *
 * @param now milliseconds since 1970
 */
export function planAdoption({ source, config }: { source: ImageStream; config: ReleaseConfig }, now: number): AdoptionPlan {
  const tags = source.spec?.tags ?? [];
  const identity = {
    [annotation.name]: config.name,
    [annotation.source]: streamKey(source),
    [annotation.creationTimestamp]: rfc3339(now),
    [annotation.phase]: 'Pending',
  };
  const next = tags.find((tag) => tag.name === nextTag && isUnclaimed(tag));
  const renamed = next === undefined ? {} : adoptNext(next, tags, identity);
  if (renamed.change !== undefined) return renamed;

  // A `next` that can not be numbered does not keep the others from being adopted.
  const fresh = tags.filter(isAdoptable);
  if (fresh.length === 0) return renamed;
  const adopt = (tag: TagReference) => ({ ...tag, annotations: { ...tag.annotations, ...identity } });
  const change = { tags: tags.map((tag) => (fresh.includes(tag) ? adopt(tag) : tag)), adopted: fresh.map(({ name }) => name) };
  return { ...renamed, change };
}

const isUnclaimed = ({ annotations }: TagReference) => !annotations?.[annotation.source] && !annotations?.[annotation.phase];
const isAdoptable = (tag: TagReference) => isUnclaimed(tag) && parseVersion(tag.name) !== undefined;

function adoptNext(next: TagReference, tags: readonly TagReference[], identity: Record<string, string>): AdoptionPlan {
  const replaced = (by: TagReference) => tags.map((tag) => (tag === next ? by : tag));
  const newest = newestVersion(tags, identity);
  if (newest === undefined) {
    const { reason, message } = noExistingTags;
    const failed = { [annotation.phase]: 'Failed', [annotation.reason]: reason, [annotation.message]: message };
    return { change: { tags: replaced({ ...next, annotations: { ...next.annotations, ...failed } }), adopted: [] } };
  }
  const name = freeNameAfter(newest, tags);
  if (name === undefined)
    return { problem: `the version ${newest.version} cannot be incremented, no numeric prerelease portions: tag the version you mean` };

  const mirrorImages = next.annotations?.[annotation.mirrorImages];
  const annotations = {
    ...identity,
    [annotation.rewrite]: 'true',
    ...(mirrorImages === undefined ? {} : { [annotation.mirrorImages]: mirrorImages }),
  };
  // Under its new name nothing was imported yet, so the number of its import does not go with it.
  const { generation: _, ...rest } = next;
  return { change: { tags: replaced({ ...rest, name, annotations }), adopted: [name] } };
}

/** Of the stream's releases in any phase, and of the tags that are about to become some. */
function newestVersion(tags: readonly TagReference[], identity: Record<string, string>): Version | undefined {
  const isOwn = ({ annotations }: TagReference) =>
    [annotation.name, annotation.source].every((key) => annotations?.[key] === identity[key]);
  const versions = tags.filter((tag) => isOwn(tag) || isAdoptable(tag)).map(({ name }) => parseVersion(name));
  return versions
    .filter((version) => version !== undefined)
    .toSorted(compareVersions)
    .at(-1);
}

function freeNameAfter(newest: Version, tags: readonly TagReference[]): string | undefined {
  let version = incrementVersion(newest);
  while (version !== undefined && tags.some(({ name }) => name === version?.version)) version = incrementVersion(version);
  return version?.version;
}
