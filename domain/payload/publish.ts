import type { Publish } from './config.ts';
import type { ImageStream, TagReference } from './kinds.ts';
import { specTag } from './pull-spec.ts';
import { effectivePhase, ownTags, type StreamSnapshot } from './stream-tags.ts';

/** One entry under `publish` that is to be carried out. Of an entry with both kinds only the alias is. */
export type PublishStep =
  | { entry: string; kind: 'alias'; alias: string }
  | { entry: string; kind: 'stream'; namespace: string; name: string; tags: readonly string[]; excludeTags: readonly string[] };

/** What has changed in an image stream: all its spec tags, and the annotations that are set. */
export interface PublishedStream {
  tags: TagReference[];
  annotations?: Record<string, string>;
}

/**
 * The release that a stream publishes: the newest accepted one by its creation time, also in a Stable stream, where
 * that need not be the highest version (openshift/release-controller, cmd/release-controller/sync.go, syncAccepted).
 * When its verdict is turned by an override, the one before it is.
 */
export function publishedRelease(stream: StreamSnapshot): string | undefined {
  return ownTags(stream).find((tag) => effectivePhase(tag, stream.phases) === 'Accepted')?.name;
}

/** The enabled steps of a config, in the order of their names. A destination without a namespace is in the target's. */
export function publishSteps({ config, target, source }: StreamSnapshot): PublishStep[] {
  const own = target.metadata.namespace ?? '';
  const steps = Object.keys(config.publish)
    .toSorted()
    .flatMap((entry) => stepOf(entry, config.publish[entry], own));
  // a stream is never its own destination
  return steps.filter(
    (step) => step.kind === 'alias' || step.namespace !== source.metadata.namespace || step.name !== source.metadata.name,
  );
}

function stepOf(entry: string, publish: Publish | undefined, own: string): PublishStep[] {
  if (publish === undefined || publish.disabled) return [];
  const { tagRef, imageStreamRef } = publish;
  if (tagRef !== undefined) return [{ entry, kind: 'alias', alias: tagRef.name }];
  if (imageStreamRef === undefined) return [];
  const { namespace, name, tags, excludeTags } = imageStreamRef;
  return [{ entry, kind: 'stream', namespace: namespace || own, name, tags, excludeTags }];
}

/**
 * Points a tag of the target at a release of the target (cmd/release-controller/sync_publish.go). What else the tag
 * says stays.
 *
 * @returns undefined when there is nothing to do: it points there, or would point at itself, or the release is gone
 */
export function withAlias(target: ImageStream, alias: string, release: string): PublishedStream | undefined {
  if (alias === release || specTag(target, release) === undefined) return undefined;
  const current = specTag(target, alias);
  const from = current?.from;
  if (from?.kind === 'ImageStreamTag' && from.name === release && !from.namespace) return undefined;
  const pointed: TagReference = {
    ...current,
    name: alias,
    from: { kind: 'ImageStreamTag', name: release },
    importPolicy: { importMode: 'PreserveOriginal' },
  };
  const tags = target.spec?.tags ?? [];
  return { tags: current === undefined ? [...tags, pointed] : tags.map((tag) => (tag === current ? pointed : tag)) };
}

/**
 * The image stream that a release is copied into: all of its images, or the ones that are listed
 * (cmd/release-controller/sync_publish.go). Only the copy of all is marked with the release's name, and not looked at
 * again while the mark stands.
 *
 * @param mirror the images of the release
 * @param stream name of the release stream in its config
 * @returns undefined when there is nothing to do
 */
export function withRelease(
  destination: ImageStream,
  mirror: ImageStream,
  { stream, release, tags, excludeTags }: { stream: string; release: string; tags: readonly string[]; excludeTags: readonly string[] },
): PublishedStream | undefined {
  if (tags.length > 0) return withSelected(destination, mirror, tags, excludeTags);
  if (bearsMark(destination, stream, release)) return undefined;
  const copied = firstOfEachName(mirror.spec?.tags ?? []).filter(({ name }) => !excludeTags.includes(name));
  const names = new Set(copied.map(({ name }) => name));
  const others = (destination.spec?.tags ?? []).filter(({ name }) => !names.has(name));
  return { tags: [...copied, ...others].toSorted(byName), annotations: { [publishedMark(stream)]: release } };
}

/** What is listed to be copied, and is not among the images of the release. */
export function missingImages(
  mirror: ImageStream,
  { tags, excludeTags }: { tags: readonly string[]; excludeTags: readonly string[] },
): string[] {
  return [...new Set(tags)].filter((name) => !excludeTags.includes(name) && specTag(mirror, name) === undefined);
}

/** Whether all images of a release were copied here already. */
export function bearsMark(destination: ImageStream, stream: string, release: string): boolean {
  return destination.metadata.annotations?.[publishedMark(stream)] === release;
}

export const publishedMarkPrefix = 'release.openshift.io/source-';
const publishedMark = (stream: string) => `${publishedMarkPrefix}${stream}`;

function withSelected(
  destination: ImageStream,
  mirror: ImageStream,
  wanted: readonly string[],
  excluded: readonly string[],
): PublishedStream | undefined {
  const before = destination.spec?.tags ?? [];
  const names = new Set(wanted.filter((name) => !excluded.includes(name)));
  const changed = new Map<string, TagReference>();
  for (const name of names) {
    const image = specTag(mirror, name);
    if (image !== undefined && !sameSource(specTag(destination, name), image)) changed.set(name, image);
  }
  if (changed.size === 0) return undefined;
  const known = new Set(before.map(({ name }) => name));
  const added = [...changed.values()].filter(({ name }) => !known.has(name));
  return { tags: [...before.map((tag) => changed.get(tag.name) ?? tag), ...added] };
}

function sameSource(a: TagReference | undefined, b: TagReference): boolean {
  const { from: left } = a ?? {};
  const { from: right } = b;
  if (!left || !right) return a !== undefined && !left && !right;
  return left.kind === right.kind && left.name === right.name && (left.namespace ?? '') === (right.namespace ?? '');
}

function firstOfEachName(tags: readonly TagReference[]): TagReference[] {
  return [...new Map(tags.toReversed().map((tag) => [tag.name, tag])).values()].toReversed();
}

const byName = (a: TagReference, b: TagReference) => (a.name < b.name ? -1 : Number(a.name > b.name));
