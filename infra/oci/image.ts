import { createHash } from 'node:crypto';
import { gzip, tar, type Files } from './tar.ts';

/** One layer of files and what is said about them. */
export interface ImageContent {
  files: Files;
  labels?: Readonly<Record<string, string>>;
  /** Go's name of it; `amd64` when absent */
  architecture?: string;
  /** RFC 3339; the epoch when absent, so that the image depends on its content alone */
  created?: string;
}

export interface Blob {
  mediaType: string;
  digest: string;
  bytes: Buffer;
}

export interface Image {
  manifest: Blob;
  config: Blob;
  layer: Blob;
}

const epoch = '1970-01-01T00:00:00Z';

/** A complete OCI image (opencontainers/image-spec 1.1, manifest.md and config.md). Equal content has an equal digest. */
export function buildImage({ files, labels = {}, architecture = 'amd64', created = epoch }: ImageContent): Image {
  const archive = tar(files);
  const layer = blob('application/vnd.oci.image.layer.v1.tar+gzip', gzip(archive));
  const config = jsonBlob('application/vnd.oci.image.config.v1+json', {
    created,
    architecture,
    os: 'linux',
    config: { Labels: sorted(labels) },
    rootfs: { type: 'layers', diff_ids: [digestOf(archive)] },
    history: [{ created, created_by: 'waybill' }],
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = jsonBlob(mediaType, { schemaVersion: 2, mediaType, config: descriptor(config), layers: [descriptor(layer)] });
  return { manifest, config, layer };
}

/** @returns `sha256:` and the hash in hexadecimal, as registries name what they hold */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

const blob = (mediaType: string, bytes: Buffer): Blob => ({ mediaType, digest: digestOf(bytes), bytes });
const jsonBlob = (mediaType: string, value: unknown) => blob(mediaType, Buffer.from(JSON.stringify(value)));
const descriptor = ({ mediaType, digest, bytes }: Blob) => ({ mediaType, digest, size: bytes.length });
const sorted = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
