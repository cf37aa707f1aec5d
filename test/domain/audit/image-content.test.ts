import { describe, expect, test } from 'vitest';
import { contentVerdict, imageParts, releaseContents } from '../../../domain/audit/image-content.ts';

const config = { digest: 'sha256:c', size: 1, mediaType: 'application/vnd.oci.image.config.v1+json' };
const layer = { digest: 'sha256:l', size: 2, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' };

describe('a manifest', () => {
  test.each([
    ['of an image', { config, layers: [layer] }, { config, layers: [layer], images: [] }],
    ['of several platforms', { manifests: [config] }, { layers: [], images: [config] }],
  ])('%s names its parts', (_what, manifest, parts) => {
    expect(imageParts(JSON.stringify(manifest))).toEqual(parts);
  });

  test.each(['', '{}', '[]', '{"layers": 3}', '{"config": {"size": 1}}'])('%j is none', (text) => {
    expect(imageParts(text)).toBeUndefined();
  });
});

describe('a release image', () => {
  test('names its components', () => {
    const tags = [
      { name: 'cli', from: { kind: 'DockerImage', name: 'quay.example/cli@sha256:1' } },
      { name: 'other', from: { kind: 'ImageStreamTag', name: 'x:y' } },
      { name: 'none' },
    ];
    expect(releaseContents(JSON.stringify({ metadata: { name: '4.20.0', creationTimestamp: null }, spec: { tags } }))).toEqual({
      name: '4.20.0',
      created: '',
      components: [{ name: 'cli', pullSpec: 'quay.example/cli@sha256:1' }],
    });
  });

  test.each(['', '[]', '{"spec": 1}'])('%j is no list of components', (text) => {
    expect(releaseContents(text)).toBeUndefined();
  });
});

describe('what a look at a release image means', () => {
  const problem = (image: string) => ({ image, why: 'broken' });
  test.each([
    ['all well', [], [], { result: 'verified' }],
    ['one is tampered with', ['a'], ['b'], { result: 'failed', why: 'content verification failed: a: broken' }],
    ['audit trap 7: one is out of reach', [], ['b'], { result: 'unverified', why: 'not everything could be fetched: b: broken' }],
    [
      'many are',
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
      [],
      { result: 'failed', why: 'content verification failed: a: broken; b: broken; c: broken; d: broken; e: broken; and 2 more' },
    ],
  ])('%s', (_case, tampered, unreachable, verdict) => {
    expect(contentVerdict({ tampered: tampered.map(problem), unreachable: unreachable.map(problem) })).toEqual(verdict);
  });
});
