import { describe, expect, test } from 'vitest';
import { previousVersions } from '../../activities/release-image.ts';
import { releaseImage } from '../../infra/sandbox/jobs/release-image.ts';
import { pushImage } from '../../infra/oci/push.ts';
import { testStack } from '../support/stack.ts';

const release = (previous: string[]) =>
  releaseImage({
    name: '4.20.1',
    fromImageStream: 'ocp/4.20',
    components: [],
    previous,
    metadata: { url: 'https://example.test' },
    created: '2025-06-01T00:00:00Z',
  });

async function pushed(content: Parameters<typeof pushImage>[3]) {
  const { registry, freshName } = testStack();
  const path = `${freshName('release')}/deep`;
  const digest = await pushImage(registry, path, 'v1', content);
  return { registry, path, digest, repository: `${registry}/${path}` };
}

describe('previous versions of a release image', () => {
  test('stand in its metadata', async () => {
    const { repository, digest } = await pushed(release(['4.19.9', '4.20.0']));
    expect(await previousVersions(repository, digest)).toEqual(['4.19.9', '4.20.0']);
  });

  test('are found behind larger files', async () => {
    const { files, ...image } = release(['4.20.0']);
    const big = Buffer.alloc(3_000_001, 'x');
    const { repository, digest } = await pushed({ ...image, files: { ...files, 'aaa/big': big, 'release-manifests/a': big } });
    expect(await previousVersions(repository, digest)).toEqual(['4.20.0']);
  });

  test('of a manifest list are those of the amd64 image', async () => {
    const arm = await pushed(release(['4.19.1']));
    const { registry, path, digest } = arm;
    const amd = await pushImage(registry, path, 'amd64', release(['4.19.2']));
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const child = (image: string, architecture: string) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: image,
      size: 1,
      platform: { os: 'linux', architecture },
    });
    const index = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [child(digest, 'arm64'), child(amd, 'amd64')] });
    const put = await fetch(`http://${registry}/v2/${path}/manifests/list`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: index,
    });
    expect(put.status).toBe(201);
    expect(await previousVersions(arm.repository, put.headers.get('docker-content-digest') ?? '')).toEqual(['4.19.2']);
  });

  test('of an image that is no release, or is not there: an error that names it', async () => {
    const { repository, digest } = await pushed({ files: { a: '1' } });
    await expect(previousVersions(repository, digest)).rejects.toThrow(`${repository}@${digest} is no release image`);
    const none = `sha256:${'0'.repeat(64)}`;
    await expect(previousVersions(repository, none)).rejects.toThrow(/manifests\/sha256:0+: 404/);
    await expect(previousVersions('127.0.0.1:1/x', none)).rejects.toThrow();
  });
});
