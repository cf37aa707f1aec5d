import type { ReleaseConfig } from './config.ts';
import { parseImageReference } from './image-reference.ts';
import type { ImageStream, NamedTagEventList, ObjectReference, TagReference } from './kinds.ts';
import { specTag } from './pull-spec.ts';

/**
 * The tags of a normal release's mirror: one for every image that the source has imported, by its digest
 * (openshift/release-controller, pkg/release-controller/mirror.go). Spec tags that nothing was imported for are
 * left out without a word, as there.
 */
export function mirrorTags(source: ImageStream, config: ReleaseConfig): TagReference[] | { error: string } {
  const published = source.status?.publicDockerImageRepository;
  if (usesPublicRepository(config) && !published)
    return {
      error: 'only image streams with public image repositories can be the source for releases when using the default referenceMode',
    };
  const tags: TagReference[] = [];
  for (const imported of source.status?.tags ?? []) {
    const tag = mirrorTag(source, config, imported);
    if (typeof tag === 'string') return { error: tag };
    if (tag !== undefined) tags.push(tag);
  }
  return tags;
}

function usesPublicRepository({ referenceMode }: ReleaseConfig): boolean {
  return referenceMode === '' || referenceMode === 'public';
}

/** @returns undefined where no image is known, a text where something is wrong */
function mirrorTag(source: ImageStream, config: ReleaseConfig, { tag, items }: NamedTagEventList): TagReference | string | undefined {
  const newest = items?.[0];
  if (newest === undefined || newest.image === '') return undefined;
  const spec = specTag(source, tag);
  if ((spec?.generation ?? 0) > newest.generation) return `the tag "${tag}" in the source input stream has not been imported yet`;

  const original = externalLocation(source, spec, newest.image) ?? importedLocation(source, newest.dockerImageReference);
  const published = source.status?.publicDockerImageRepository;
  const location = published && (usesPublicRepository(config) || original === '') ? `${published}@${newest.image}` : original;
  if (location === '') return `can't use tag "${tag}" because we cannot locate or calculate a source location`;
  const from = sourceOf(source, location, newest.image);
  if (from === undefined) return `the tag "${tag}" points to source "${location}" which is not valid`;

  // the API server numbers a new stream's tags itself; the source's numbers would read as imports still to come
  const { generation: _, ...base } = spec ?? { name: tag };
  return { ...base, from, importPolicy: { ...base.importPolicy, scheduled: false, importMode: 'PreserveOriginal' } };
}

/** Where the image was found, unless that is the cluster's own registry, which readers outside cannot use. */
function importedLocation({ status }: ImageStream, location: string): string {
  const internal = status?.dockerImageRepository;
  return internal && location.startsWith(internal) ? '' : location;
}

/** Where the spec tag says the image comes from. With no internal repository known this is never asked, as upstream. */
function externalLocation({ status }: ImageStream, spec: TagReference | undefined, digest: string): string | undefined {
  const internal = status?.dockerImageRepository;
  if (!internal || spec?.from?.kind !== 'DockerImage' || spec.from.name.startsWith(internal)) return undefined;
  const reference = parseImageReference(spec.from.name);
  return reference && `${reference.repository}@${digest}`;
}

function sourceOf(source: ImageStream, location: string, digest: string): ObjectReference | undefined {
  const published = source.status?.publicDockerImageRepository;
  const { name, namespace } = source.metadata;
  if (published && location.startsWith(`${published}@`))
    return { kind: 'ImageStreamImage', ...(namespace !== undefined && { namespace }), name: `${name}@${digest}` };
  const reference = parseImageReference(location);
  return reference && { kind: 'DockerImage', name: `${reference.repository}@${digest}` };
}
