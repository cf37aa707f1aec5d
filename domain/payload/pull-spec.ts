import type { ReleaseConfig } from './config.ts';
import type { ImageStream, NamedTagEventList, TagEvent, TagReference } from './kinds.ts';
import { isReferenceReleaseTag, referencePayloadTag } from './reference-release.ts';

/*
 * Where the images of tags are (openshift/release-controller, pkg/release-controller/release.go). An empty text
 * means that nobody knows yet.
 */

export function specTag(stream: ImageStream, tag: string): TagReference | undefined {
  return stream.spec?.tags?.find(({ name }) => name === tag);
}

export function statusTag(stream: ImageStream, tag: string): NamedTagEventList | undefined {
  return stream.status?.tags?.find((list) => list.tag === tag);
}

/** The pull spec by which a release's payload is built, verified and published. */
export function releasePullSpec(release: { target: ImageStream; tag: TagReference | undefined; config: ReleaseConfig }): string {
  const { target, tag, config } = release;
  if (tag === undefined) return '';
  const reference = isReferenceReleaseTag(tag, config);
  const repository = reference ? config.referenceRelease?.pullRepository : target.status?.publicDockerImageRepository;
  return repository ? `${repository}:${reference ? referencePayloadTag(tag.name) : tag.name}` : '';
}

/** Digest of a tag's image, once what its spec asks for is imported; empty before and after a failed import. */
export function imageIdForTag(stream: ImageStream, tag: string): string {
  const status = statusTag(stream, tag);
  const newest = status?.items?.[0];
  if (newest === undefined || importFailure(status) !== undefined) return '';
  const spec = specTag(stream, tag);
  return spec === undefined || isImported(spec, newest) ? newest.image : '';
}

/** Where the image of a tag was imported from or is to be imported from; internal addresses included. */
export function tagPullSpec(stream: ImageStream, tag: string): string {
  const status = statusTag(stream, tag);
  if (status === undefined) return '';
  return status.items?.[0]?.dockerImageReference ?? externalSource(specTag(stream, tag));
}

/** The same for readers outside the cluster. */
export function publicPullSpec(stream: ImageStream, tag: string): string {
  const status = statusTag(stream, tag);
  if (status === undefined) return '';
  const spec = specTag(stream, tag);
  const newest = status.items?.[0];
  const source = externalSource(spec);
  if (source !== '' && (newest === undefined || (spec?.generation ?? 0) >= newest.generation)) return source;
  const { publicDockerImageRepository: published, dockerImageRepository: internal } = stream.status ?? {};
  if (published) return `${published}:${tag}`;
  const location = newest?.dockerImageReference ?? '';
  return internal && location.startsWith(internal) ? '' : location;
}

/** Message of the condition that says a tag's image could not be imported. */
export function importFailure(status: NamedTagEventList | undefined): string | undefined {
  const failed = status?.conditions?.find(({ type, status: holds }) => type === 'ImportSuccess' && holds === 'False');
  return failed && (failed.message ?? failed.reason ?? 'import failed');
}

function isImported(spec: TagReference, newest: TagEvent): boolean {
  return typeof spec.generation === 'number' && spec.generation <= newest.generation;
}

function externalSource(spec: TagReference | undefined): string {
  return spec?.from?.kind === 'DockerImage' ? spec.from.name : '';
}
