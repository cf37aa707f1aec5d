import { isConflict, type KubernetesClient } from '../../../activities/kubernetes/client.ts';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import type { Registry } from '../images/registry.ts';
import { badRequest, conflict, failure, notFound, success, type Reply } from './answers.ts';
import { imageMetadata } from './image-metadata.ts';
import { imageStreamImage, imageStreamTag, listOf, specTagOf, type ImageStreamTag } from './objects.ts';

const attempts = 10;
const plural = 'imagestreamtags';

/** One request for a played resource, taken apart. */
export interface TagRequest {
  namespace: string | undefined;
  /** `<stream>:<tag>` or `<stream>@<digest>`; absent for a list */
  name: string | undefined;
  /** of the query, for lists */
  labelSelector?: string;
}

/**
 * `imagestreamtags` as OpenShift serves them (openshift/openshift-apiserver, pkg/image/apiserver/registry/imagestreamtag): each
 * is made from its ImageStream, and a change of it changes the stream, with the stream's resource version.
 *
 * @param registry whose images tell their labels
 */
export function imageStreamTags(client: KubernetesClient, registry?: Registry) {
  const streamOf = (namespace: string | undefined, name: string) => client.get<ImageStream>(imageStreams, namespace, name);

  return {
    async get({ namespace, name = '' }: TagRequest): Promise<Reply> {
      const [streamName, tag] = taken(name);
      if (tag === undefined) return malformed;
      const stream = await streamOf(namespace, streamName);
      if (stream === undefined) return notFound('imagestreams', streamName);
      const found = imageStreamTag(stream, tag);
      return found?.imported === true ? { status: 200, body: found.object } : notFound(plural, name);
    },

    async list({ namespace, labelSelector }: TagRequest): Promise<{ tags: ImageStreamTag[]; reply: Reply }> {
      const selector = labelSelector === undefined ? {} : { labelSelector };
      const { items, resourceVersion } = await client.list<ImageStream>(imageStreams, namespace, selector);
      const tags = items.flatMap((stream) =>
        (stream.status?.tags ?? []).flatMap(({ tag }) => {
          const found = imageStreamTag(stream, tag);
          return found?.imported === true ? [found.object] : [];
        }),
      );
      return { tags, reply: { status: 200, body: listOf(tags, resourceVersion) } };
    },

    /**
     * @param change what the tag shall be, from what it is
     * Without a resource version in it the write is repeated when somebody was faster; with one it is refused.
     */
    async update({ namespace, name = '' }: TagRequest, change: (current: ImageStreamTag) => ImageStreamTag): Promise<Reply> {
      const [streamName, tag] = taken(name);
      if (tag === undefined) return malformed;
      for (let attempt = 1; ; attempt += 1) {
        const stream = await streamOf(namespace, streamName);
        if (stream === undefined) return notFound(plural, name);
        const spec = stream.spec?.tags?.find((each) => each.name === tag);
        const wanted = change(imageStreamTag(stream, tag)?.object ?? absent(stream, tag));
        const guarded = wanted.metadata.resourceVersion ?? '';
        const now = stream.metadata.resourceVersion;
        if (guarded !== '' && guarded !== now) return conflict(plural, name, `another caller has updated the resource version to ${now}`);
        if (spec === undefined && wanted.tag === null)
          return badRequest(`imagestreamtag ${tag} is not a spec tag in imagestream ${namespace}/${streamName}, cannot be updated`);
        const changed = specTagOf(wanted, tag, spec);
        const tags =
          spec === undefined
            ? [...(stream.spec?.tags ?? []), changed]
            : (stream.spec?.tags ?? []).map((each) => (each === spec ? changed : each));
        try {
          const written = await client.replace(imageStreams, { ...stream, spec: { ...stream.spec, tags } });
          return { status: spec === undefined ? 201 : 200, body: imageStreamTag(written, tag)?.object };
        } catch (error) {
          if (!isConflict(error) || attempt === attempts) throw error;
        }
      }
    },

    /** Spec tag and status tag go; the images stay. One that died between the two is finished by the next. */
    async remove({ namespace, name = '' }: TagRequest, uid: string | undefined): Promise<Reply> {
      const [streamName, tag] = taken(name);
      if (tag === undefined) return malformed;
      for (let attempt = 1; attempt <= attempts; attempt += 1) {
        const stream = await streamOf(namespace, streamName);
        if (stream === undefined) return notFound('imagestreams', streamName);
        if (uid !== undefined && uid !== stream.metadata.uid) return conflict(plural, name, 'the UID precondition was not met');
        if (imageStreamTag(stream, tag) === undefined) return notFound(plural, name);
        try {
          await withoutTag(client, stream, tag);
          return success;
        } catch (error) {
          if (!isConflict(error)) throw error;
        }
      }
      return failure(500, 'ServerTimeout', `the delete of ${plural} ${name} could not be completed: others keep writing; try again`);
    },

    async image({ namespace, name = '' }: TagRequest): Promise<Reply> {
      const [streamName = '', digest] = name.split('@');
      if (!digest) return badRequest('ImageStreamImages must be retrieved with <name>@<id>');
      const stream = await streamOf(namespace, streamName);
      if (stream === undefined) return notFound('imagestreams', streamName);
      const found = imageStreamImage(stream, digest);
      if (found === undefined) return notFound('imagestreamimages', name);
      const told = registry === undefined ? {} : await imageMetadata(registry, found.image.dockerImageReference);
      return { status: 200, body: { ...found, image: { ...found.image, ...told } } };
    },
  };
}

const malformed = badRequest('ImageStreamTags must be retrieved with <name>:<tag>');

function taken(name: string): [stream: string, tag: string | undefined] {
  const [stream = '', tag, ...more] = name.split(':');
  return stream === '' || !tag || more.length > 0 ? [stream, undefined] : [stream, tag];
}

/** What a tag is that is to be made. */
const absent = (stream: ImageStream, tag: string): ImageStreamTag => ({
  ...imageStreamTag({ ...stream, spec: { tags: [{ name: tag }] } }, tag)!.object,
  tag: null,
});

async function withoutTag(client: KubernetesClient, stream: ImageStream, tag: string): Promise<void> {
  const has = (current: ImageStream) => current.status?.tags?.some((each) => each.tag === tag) === true;
  const specTags = stream.spec?.tags ?? [];
  const kept = specTags.filter(({ name }) => name !== tag);
  const written =
    kept.length === specTags.length ? stream : await client.replace(imageStreams, { ...stream, spec: { ...stream.spec, tags: kept } });
  if (!has(written)) return;
  const tags = (written.status?.tags ?? []).filter((each) => each.tag !== tag);
  await client.replaceStatus(imageStreams, { ...written, status: { ...written.status, tags } });
}
