import { gzipSync } from 'node:zlib';
import { digestOf, ociManifest } from './registry.ts';
import type { Component } from './release-inputs.ts';
import { tar } from './tar.ts';

export interface ReleaseContents {
  /** name and version of the release */
  name: string;
  /** `namespace/name` of the ImageStream it was made from */
  fromImageStream: string;
  components: readonly Component[];
  /** versions that may be upgraded to this one */
  previous: readonly string[];
  metadata: Record<string, unknown> | undefined;
  /** RFC 3339 */
  created: string;
}

export interface ReleaseImage {
  blobs: Buffer[];
  manifest: { mediaType: string; bytes: Buffer };
  digest: string;
}

/**
 * A release image as clients read it: one layer with `release-manifests/image-references` and `release-metadata`, and the
 * label `io.openshift.release` (openshift/oc, pkg/cli/admin/release). The same contents give the same bytes.
 */
export function releaseImage(contents: ReleaseContents): ReleaseImage {
  const files = tar([
    { name: 'release-manifests/' },
    { name: 'release-manifests/image-references', content: json(imageReferences(contents)) },
    { name: 'release-manifests/release-metadata', content: json(releaseMetadata(contents)) },
  ]);
  const layer = gzipSync(files, { level: 9 });
  const config = Buffer.from(JSON.stringify(imageConfig(contents, digestOf(files))));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: ociManifest,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(layer), size: layer.length }],
    }),
  );
  return { blobs: [config, layer], manifest: { mediaType: ociManifest, bytes: manifest }, digest: digestOf(manifest) };
}

function imageReferences({ name, fromImageStream, components, created }: ReleaseContents) {
  return {
    kind: 'ImageStream',
    apiVersion: 'image.openshift.io/v1',
    metadata: { name, creationTimestamp: created, annotations: { 'release.openshift.io/from-image-stream': fromImageStream } },
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

const imageConfig = ({ name, created }: ReleaseContents, diffId: string) => ({
  created,
  architecture: 'amd64',
  os: 'linux',
  config: { Labels: { 'io.openshift.release': name } },
  rootfs: { type: 'layers', diff_ids: [diffId] },
  history: [{ created, created_by: 'oc adm release new', comment: 'Release image for OpenShift' }],
});

const json = (value: unknown) => JSON.stringify(value, undefined, 2);
