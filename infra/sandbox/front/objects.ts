import type { ImageStream, ObjectMeta, TagEvent, TagReference } from '../../../domain/payload/kinds.ts';

/** `image.openshift.io/v1` ImageStreamTag: one tag of a stream as an object of its own, made from the stream whenever it is asked for. */
export interface ImageStreamTag {
  apiVersion: string;
  kind: 'ImageStreamTag';
  metadata: ObjectMeta;
  tag: TagReference | null;
  generation: number;
  lookupPolicy: { local: boolean };
  conditions?: unknown[];
  image: Image;
}

export interface Image {
  metadata: Partial<ObjectMeta>;
  dockerImageReference: string;
}

const apiVersion = 'image.openshift.io/v1';

/**
 * @returns undefined for a tag that neither spec nor status has; `imported` is false for one without an image, which
 * OpenShift lets be changed and removed, and neither reads nor lists
 */
export function imageStreamTag(stream: ImageStream, tag: string): { object: ImageStreamTag; imported: boolean } | undefined {
  const spec = stream.spec?.tags?.find(({ name }) => name === tag);
  const status = stream.status?.tags?.find((each) => each.tag === tag);
  if (spec === undefined && status === undefined) return undefined;
  const newest = status?.items?.[0];
  const { name, namespace, labels, resourceVersion, uid, creationTimestamp } = stream.metadata;
  const created = newest?.created ?? creationTimestamp;
  const metadata: ObjectMeta = {
    name: `${name}:${tag}`,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(created === undefined ? {} : { creationTimestamp: created }),
    ...(labels === undefined ? {} : { labels }),
    ...(spec?.annotations == null ? {} : { annotations: spec.annotations }),
  };
  const object: ImageStreamTag = {
    apiVersion,
    kind: 'ImageStreamTag',
    metadata,
    tag: spec ?? null,
    generation: newest?.generation ?? 0,
    lookupPolicy: stream.spec?.lookupPolicy ?? { local: false },
    ...(status?.conditions === undefined ? {} : { conditions: status.conditions }),
    image: imageOf(newest),
  };
  return { object, imported: newest !== undefined && newest.image !== '' };
}

const imageOf = (event: TagEvent | undefined): Image => ({
  metadata: event === undefined ? {} : { name: event.image, creationTimestamp: event.created },
  dockerImageReference: event?.dockerImageReference ?? '',
});

/** One image of a stream, whichever tag has or had it. */
export function imageStreamImage(stream: ImageStream, digest: string) {
  const events = (stream.status?.tags ?? []).flatMap(({ items }) => items ?? []);
  const event = events.find(({ image }) => image !== '' && image.startsWith(digest));
  if (event === undefined) return undefined;
  const { name, namespace } = stream.metadata;
  const metadata = { name: `${name}@${event.image}`, namespace, creationTimestamp: event.created };
  return { apiVersion, kind: 'ImageStreamImage', metadata, image: imageOf(event) };
}

/** The spec tag that a changed ImageStreamTag asks for: its annotations are those of the object. */
export function specTagOf({ metadata, tag: wanted }: ImageStreamTag, tag: string, current: TagReference | undefined): TagReference {
  const { annotations: _, ...rest } = wanted ?? current ?? { name: tag };
  const { annotations } = metadata;
  return { ...rest, name: tag, ...(annotations === undefined ? {} : { annotations }) };
}

const columns = [
  { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
  { name: 'Image Reference', type: 'string', format: '', description: '', priority: 0 },
  { name: 'Updated', type: 'date', format: '', description: '', priority: 0 },
];

/** The same as rows for people, which kubectl asks for. */
export function tableOf(tags: readonly ImageStreamTag[]) {
  const rows = tags.map(({ metadata, image }) => ({
    cells: [metadata.name, image.dockerImageReference, metadata.creationTimestamp ?? ''],
    object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata },
  }));
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: {}, columnDefinitions: columns, rows };
}

export const listOf = (items: readonly ImageStreamTag[], resourceVersion: string) => ({
  kind: 'ImageStreamTagList',
  apiVersion,
  metadata: { resourceVersion },
  items,
});
