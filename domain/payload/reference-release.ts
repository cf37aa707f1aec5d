import type { ReleaseConfig } from './config.ts';
import type { ImageStream, TagReference } from './kinds.ts';

/*
 * Reference releases: the payload is pushed to an external repository instead of the target stream
 * (openshift/release-controller, pkg/release-controller/release.go and types.go).
 */

/** Whether an image stream has at least one spec tag that only refers to its image. */
export function hasReferenceSpecTags(stream: ImageStream | undefined): boolean {
  return (stream?.spec?.tags ?? []).some((tag) => tag.reference === true);
}

/** Whether the releases made from a source stream are reference releases. */
export function isReferenceRelease(source: ImageStream | undefined, config: ReleaseConfig | undefined): boolean {
  return config?.referenceRelease !== undefined && hasReferenceSpecTags(source);
}

/** Whether one release is a reference release; earlier ones of a converted stream are not. */
export function isReferenceReleaseTag(tag: TagReference | undefined, config: ReleaseConfig | undefined): boolean {
  return config?.referenceRelease !== undefined && tag?.reference === true;
}

/** Name of a release's image in the external repository. */
export function referencePayloadTag(tag: string): string {
  return `rc_payload__${tag}`;
}

/** Name of the job that asks for the removal of a release's image. */
export function removalJobName(tag: string): string {
  return `remove-${tag}`;
}

/** Name that asks the external repository's owner to remove the image. */
export function referenceRemovalTag(tag: string): string {
  return `remove__${referencePayloadTag(tag)}`;
}
