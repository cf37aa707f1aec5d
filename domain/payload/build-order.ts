import { annotation } from './annotations.ts';
import type { ImageStream, TagReference } from './kinds.ts';
import { importFailure, statusTag } from './pull-spec.ts';

/** Which pending releases of a Stable stream are built now, and what holds the others. Lists keep the order of the tags. */
export interface BuildOrder {
  build: string[];
  held: { tag: string; why: string }[];
}

/**
 * Decides whose turn it is: the newest release whose image is imported is built, and until that is done no older one
 * begins (openshift/release-controller, cmd/release-controller/sync.go). What has begun goes on, also beside a newer one.
 *
 * @param pending newest first
 */
export function buildOrder(pending: readonly TagReference[], target: ImageStream): BuildOrder {
  const first = pending.find((tag) => importObstacle(target, tag) === undefined);
  const isTurn = (tag: TagReference) => tag === first || hasBegun(tag);
  const why = (tag: TagReference) => importObstacle(target, tag) ?? `${first?.name} is newer and is built first`;
  return {
    build: pending.filter(isTurn).map(({ name }) => name),
    held: pending.filter((tag) => !isTurn(tag)).map((tag) => ({ tag: tag.name, why: why(tag) })),
  };
}

/** A build begins with its mirror, whose hash the tag takes over. */
const hasBegun = ({ annotations }: TagReference) => Boolean(annotations?.[annotation.hash]);

/** @returns why the image that a tag points at is not there yet; undefined when it is */
export function importObstacle(stream: ImageStream, { name, generation }: TagReference): string | undefined {
  const status = statusTag(stream, name);
  const failure = importFailure(status);
  if (failure !== undefined) return `its image can not be imported: ${failure}`;
  const newest = status?.items?.[0];
  const isThere = newest !== undefined && typeof generation === 'number' && generation <= newest.generation;
  return isThere ? undefined : 'its image has not been imported yet';
}
