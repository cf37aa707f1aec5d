import type { ImageContent } from '../../oci/image.ts';
import type { Component } from './release-inputs.ts';

export interface ReleaseContents {
  /** name and version of the release */
  name: string;
  /** `namespace/name` of the ImageStream it was made from */
  fromImageStream?: string;
  /** the release it was made from, by digest */
  fromRelease?: string;
  components: readonly Component[];
  /** versions that may be upgraded to this one */
  previous: readonly string[];
  metadata: Record<string, unknown> | undefined;
  /** RFC 3339 */
  created: string;
}

/** Where a release image lists its images. */
export const imageReferencesFile = 'release-manifests/image-references';

/**
 * A release image as clients read it: one layer with `release-manifests/image-references` and `release-metadata`, and the
 * label `io.openshift.release` (openshift/oc, pkg/cli/admin/release). The same contents give the same bytes.
 */
export function releaseImage(contents: ReleaseContents): ImageContent {
  return {
    files: {
      [imageReferencesFile]: json(imageReferences(contents)),
      'release-manifests/release-metadata': json(releaseMetadata(contents)),
    },
    labels: { 'io.openshift.release': contents.name },
    created: contents.created,
  };
}

function imageReferences({ name, fromImageStream, fromRelease, components, created }: ReleaseContents) {
  const annotations = {
    ...(fromImageStream === undefined ? {} : { 'release.openshift.io/from-image-stream': fromImageStream }),
    ...(fromRelease === undefined ? {} : { 'release.openshift.io/from-release': fromRelease }),
  };
  return {
    kind: 'ImageStream',
    apiVersion: 'image.openshift.io/v1',
    metadata: { name, creationTimestamp: created, annotations },
    spec: {
      lookupPolicy: { local: false },
      tags: components.map(({ name: tag, image, annotations = {} }) => ({
        name: tag,
        annotations,
        from: { kind: 'DockerImage', name: image },
        generation: null,
        importPolicy: {},
        referencePolicy: { type: '' },
      })),
    },
    status: { dockerImageRepository: '' },
  };
}

const releaseMetadata = ({ name, previous, metadata }: ReleaseContents) => ({
  kind: 'cincinnati-metadata-v0',
  version: name,
  previous: [...previous].sort(),
  ...(metadata === undefined ? {} : { metadata }),
});

const json = (value: unknown) => JSON.stringify(value, undefined, 2);
