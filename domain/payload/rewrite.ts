import { annotation } from './annotations.ts';
import type { TagReference } from './kinds.ts';

/*
 * A Stable release whose image bears another name than its tag is built anew under the tag's name; any other is taken
 * over as it is (openshift/release-controller, cmd/release-controller/sync.go).
 */

/** The label of a release image that says which release it is. */
export const releaseLabel = 'io.openshift.release';

/** What a Stable release is, and its mirror's mark: the tag and the number of what was last pushed there. */
export const stableHash = ({ name, generation }: TagReference) => `${name}-${generation ?? 0}`;

/**
 * @returns undefined while nobody has decided it; so is a decision to take the image as it is after another one was
 * pushed, since that may bear another name
 */
export function isRewrite(tag: TagReference): boolean | undefined {
  const decided = tag.annotations?.[annotation.rewrite];
  if (decided === 'true') return true;
  return decided === 'false' && !isOutdated(tag.annotations?.[annotation.hash] ?? '', tag) ? false : undefined;
}

/** Whether a hash is of something that was pushed to the tag before. */
export function isOutdated(hash: string, tag: TagReference): boolean {
  const pushed = hash.startsWith(`${tag.name}-`) ? hash.slice(tag.name.length + 1) : '';
  return /^\d+$/.test(pushed) && hash !== stableHash(tag);
}

/** @param labels of the image that the tag points at */
export const mustBeRewritten = (labels: Readonly<Record<string, string>>, tag: TagReference) => labels[releaseLabel] !== tag.name;
