import type { ImageStream, NamedTagEventList, TagEvent, TagReference } from '../../../domain/payload/kinds.ts';

/** What became of the import of one spec tag. */
export type ImportResult =
  | { kind: 'imported'; image: string; dockerImageReference: string }
  | { kind: 'failed'; reason: string; message: string }
  /** ordered to take its time */
  | { kind: 'delayed'; delayMs: number };

/** A pointer to an image, as a key: changes when the tag is pointed elsewhere. */
export const sourceOf = ({ from, reference }: TagReference) =>
  from == null ? '' : `${from.kind} ${from.namespace ?? ''}/${from.name}${reference === true ? ' reference' : ''}`;

export const statusTag = (stream: ImageStream, tag: string): NamedTagEventList | undefined =>
  stream.status?.tags?.find((each) => each.tag === tag);

/** Whether the newest item is at least as new as the spec tag. */
export function isImported(stream: ImageStream, { name, generation }: TagReference): boolean {
  const newest = statusTag(stream, name)?.items?.[0];
  return newest !== undefined && generation != null && newest.generation >= generation;
}

/**
 * The stream's tags after imports, as OpenShift records them (openshift/library-go, pkg/image/imageutil AddTagEventToImageStream,
 * and image/apiserver/importer): a new image goes in front, the same image only takes the newer generation, a failure is the
 * condition ImportSuccess=False beside what was imported before.
 *
 * @param now RFC 3339, whole seconds
 * @returns the same list object when nothing changes
 */
export function tagsAfter(stream: ImageStream, results: ReadonlyMap<string, ImportResult>, now: string): NamedTagEventList[] {
  const before = stream.status?.tags ?? [];
  const changed = new Map<string, NamedTagEventList>();
  for (const [name, result] of results) {
    if (result.kind === 'delayed') continue;
    const generation = stream.spec?.tags?.find((tag) => tag.name === name)?.generation ?? stream.metadata.generation ?? 1;
    const known = before.find(({ tag }) => tag === name) ?? { tag: name, items: [] };
    const next =
      result.kind === 'imported' ? withImage(known, { ...result, generation }, now) : withFailure(known, { ...result, generation }, now);
    if (next !== known) changed.set(name, next);
  }
  if (changed.size === 0) return before;
  const kept = before.map((entry) => changed.get(entry.tag) ?? entry);
  return [...kept, ...[...changed.values()].filter(({ tag }) => !before.some((entry) => entry.tag === tag))];
}

/** @returns the same object when the newest item is this image at this generation and no failure is left */
export function withImage(
  known: NamedTagEventList,
  { image, dockerImageReference, generation }: Omit<TagEvent, 'created'>,
  now: string,
): NamedTagEventList {
  const items = known.items ?? [];
  const newest = items[0];
  const conditions = (known.conditions ?? []).filter(({ type }) => type !== 'ImportSuccess');
  const rest = { tag: known.tag, ...(conditions.length === 0 ? {} : { conditions }) };
  if (newest === undefined || newest.image !== image || newest.dockerImageReference !== dockerImageReference) {
    return { ...rest, items: [{ created: now, dockerImageReference, image, generation }, ...items] };
  }
  if (newest.generation >= generation && conditions.length === (known.conditions ?? []).length) return known;
  return { ...rest, items: [{ ...newest, generation: Math.max(newest.generation, generation) }, ...items.slice(1)] };
}

function withFailure(
  known: NamedTagEventList,
  { reason, message, generation }: { reason: string; message: string; generation: number },
  now: string,
): NamedTagEventList {
  const conditions = known.conditions ?? [];
  const same = conditions.some(
    (each) => each.type === 'ImportSuccess' && each.reason === reason && each.message === message && each.generation === generation,
  );
  if (same) return known;
  const failure = { type: 'ImportSuccess', status: 'False', lastTransitionTime: now, reason, message, generation };
  return { tag: known.tag, items: known.items ?? [], conditions: [...conditions.filter(({ type }) => type !== 'ImportSuccess'), failure] };
}
