import { annotation } from './annotations.ts';
import { isStable } from './config.ts';
import type { Phase, TagReference } from './kinds.ts';
import { createdAt, effectivePhase, ownTags, type StreamSnapshot } from './stream-tags.ts';
import { millisecondsOf, rfc3339 } from './tag-name.ts';

/** So many of each kind stay, however old. */
const newestKept = 5;

export interface Retention {
  /** releases whose time is over, oldest first */
  due: TagReference[];
  /** RFC 3339; when the next accepted release expires, if nothing else changes */
  next?: string;
}

/**
 * Which releases of an Integration stream are to go (openshift/release-controller, cmd/release-controller/sync_tags.go):
 *
 * 1. rejected and failed ones that are older than the oldest accepted one
 * 2. of the other rejected, and of the other failed ones, all but the newest five
 * 3. accepted ones beyond the newest five that have lived longer than `expires`
 *
 * Pending and ready ones stay, and so does what bears `keep`. A Stable stream is given its releases and loses none.
 *
 * @param soft whether removing means marking; what is marked already is then not due again
 * @param now milliseconds since 1970
 */
export function retention(stream: StreamSnapshot, { soft, now }: { soft: boolean; now: number }): Retention {
  if (isStable(stream.config) || stream.config.endOfLife) return { due: [] };
  const tags = ownTags(stream).filter(({ annotations }) => annotations?.[annotation.keep] === undefined);
  const inPhase = (phase: Phase) => tags.filter((tag) => effectivePhase(tag, stream.phases) === phase);
  const accepted = inPhase('Accepted');
  const oldest = accepted.at(-1);
  const superseded = (tag: TagReference) => oldest !== undefined && createdAt(tag) < createdAt(oldest);
  const unwanted = [inPhase('Rejected'), inPhase('Failed')].flatMap((failed) => [
    ...failed.filter(superseded),
    ...failed.filter((tag) => !superseded(tag)).slice(newestKept),
  ]);
  const expiries = accepted.slice(newestKept).map((tag) => ({ tag, at: expiryOf(tag, stream.config.expiresMs ?? 0) }));
  const expired = expiries.filter(({ at }) => at < now).map(({ tag }) => tag);
  const next = Math.min(...expiries.map(({ at }) => at).filter((at) => at >= now));
  const marked = ({ annotations }: TagReference) => soft && annotations?.[annotation.softDelete] !== undefined;
  return {
    due: inOrder([...unwanted, ...expired].filter((tag) => !marked(tag))),
    ...(Number.isFinite(next) ? { next: rfc3339(next + 1000) } : {}),
  };
}

/** Infinity for one that never expires, or whose age nobody can tell. */
function expiryOf(tag: TagReference, expiresMs: number): number {
  const created = millisecondsOf(createdAt(tag));
  return expiresMs > 0 && created !== undefined ? created + expiresMs : Infinity;
}

const inOrder = (tags: TagReference[]) => tags.toSorted((a, b) => (createdAt(a) < createdAt(b) ? -1 : Number(createdAt(a) > createdAt(b))));
