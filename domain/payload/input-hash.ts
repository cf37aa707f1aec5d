import type { ImageStream } from './kinds.ts';
import { hasReferenceSpecTags } from './reference-release.ts';
import { sha256Hex } from './sha256.ts';

/**
 * Fingerprint of the images that a release would be made of, `sha256:<hex>`. Only the images in the order of their
 * tags count: not the tags' names, not the stream's (openshift/release-controller, pkg/release-controller/types.go,
 * HashSpecTagImageDigests).
 */
export function inputHash(source: ImageStream): string {
  const inputs = hasReferenceSpecTags(source) ? referencedImages(source) : importedImages(source);
  return `sha256:${sha256Hex(
    inputs
      .toSorted(byTag)
      .map(([, image]) => image)
      .join(''),
  )}`;
}

type Input = readonly [tag: string, image: string];

function importedImages(source: ImageStream): Input[] {
  return (source.status?.tags ?? []).flatMap(({ tag, items }): Input[] => {
    const newest = items?.[0];
    return newest === undefined ? [] : [[tag, newest.image || newest.dockerImageReference]];
  });
}

function referencedImages(source: ImageStream): Input[] {
  return (source.spec?.tags ?? []).flatMap(({ name, from }): Input[] => (from ? [[name, from.name]] : []));
}

/** By code unit, as Go compares strings of these characters; never by locale. */
function byTag([a]: Input, [b]: Input): number {
  return a < b ? -1 : Number(a > b);
}
