import { annotation } from './annotations.ts';
import { isStable, type ReleaseConfig } from './config.ts';
import type { ImageStream, Phase, TagReference } from './kinds.ts';
import { tagPhase } from './phase.ts';
import { bySemanticOrder } from './version.ts';

/** Everything that decides about one stream of releases, as read at one time. */
export interface StreamSnapshot {
  source: ImageStream;
  config: ReleaseConfig;
  target: ImageStream;
  /** effective phase by tag, from the ReleasePayloads; a tag without one is judged by its annotation */
  phases: Readonly<Record<string, Phase>>;
}

/** `<namespace>/<name>`, as back-references name a stream. */
export function streamKey(stream: ImageStream): string {
  return `${stream.metadata.namespace ?? ''}/${stream.metadata.name}`;
}

/**
 * The release tags that a stream has in its target, newest first by the text of their creation time; of two made
 * in one second, the higher version first.
 */
export function ownTags({ source, config, target }: StreamSnapshot): TagReference[] {
  const key = streamKey(source);
  const own = (target.spec?.tags ?? []).filter(
    ({ annotations }) => (isStable(config) || annotations?.[annotation.source] === key) && annotations?.[annotation.name] === config.name,
  );
  return own.toSorted((a, b) => descending(createdAt(a), createdAt(b)) || bySemanticOrder(a.name, b.name));
}

/** The creation time as written on the tag; empty where it is missing. */
export function createdAt(tag: TagReference): string {
  return tag.annotations?.[annotation.creationTimestamp] ?? '';
}

/**
 * The effective phase of a tag; empty where nothing has decided it yet.
 *
 * A release that gave way to a newer one while pending carries that only in its annotations, since its payload
 * never gets a verdict; without looking at them it would be aborted again for ever.
 */
export function effectivePhase(tag: TagReference, phases: Readonly<Record<string, Phase>>): Phase | '' {
  const phase = tagPhase(phases, tag);
  return phase === 'Pending' && gaveWay(tag) ? 'Failed' : phase;
}

/** Whether a release was given up for a newer one, by what its tag says. */
export function gaveWay({ annotations }: TagReference): boolean {
  return annotations?.[annotation.phase] === 'Failed' && annotations[annotation.reason] === 'Aborted';
}

function descending(a: string, b: string): number {
  return a > b ? -1 : Number(a < b);
}
