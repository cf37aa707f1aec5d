import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buildImage, digestOf } from '../../../infra/oci/image.ts';

const content = { files: { 'etc/version': '1\n' }, labels: { b: '2', a: '1' } };

describe('buildImage', () => {
  it('gives equal content an equal digest, and other content another one', () => {
    const { manifest } = buildImage(content);
    expect(buildImage({ ...content, labels: { a: '1', b: '2' } }).manifest.digest).toBe(manifest.digest);
    expect(buildImage({ ...content, files: { 'etc/version': '2\n' } }).manifest.digest).not.toBe(manifest.digest);
    expect(buildImage({ ...content, labels: {} }).manifest.digest).not.toBe(manifest.digest);
  });

  it('describes its blobs by their size and digest', () => {
    const { manifest, config, layer } = buildImage(content);
    expect(JSON.parse(manifest.bytes.toString())).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config.bytes), size: config.bytes.length },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(layer.bytes), size: layer.bytes.length }],
    });
  });

  it('tells in its config what it is, with the digest of the unpacked layer', () => {
    const { config, layer } = buildImage({ ...content, architecture: 'arm64', created: '2026-01-02T03:04:05Z' });
    expect(JSON.parse(config.bytes.toString())).toMatchObject({
      architecture: 'arm64',
      os: 'linux',
      created: '2026-01-02T03:04:05Z',
      config: { Labels: { a: '1', b: '2' } },
      rootfs: { type: 'layers', diff_ids: [digestOf(gunzipSync(layer.bytes))] },
    });
  });
});
