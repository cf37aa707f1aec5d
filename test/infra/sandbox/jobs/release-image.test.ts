import { expect, it } from 'vitest';
import { buildImage } from '../../../../infra/oci/image.ts';
import { releaseImage } from '../../../../infra/sandbox/jobs/release-image.ts';
import type { ReleaseContents } from '../../../../infra/sandbox/jobs/release-image.ts';

const contents: ReleaseContents = {
  name: '4.20.0-0.nightly-2026-11-24-010203',
  fromImageStream: 'ocp/mirror',
  components: [{ name: 'cli', image: 'quay.io/x/cli@sha256:1' }],
  previous: ['4.19.2', '4.19.1'],
  metadata: undefined,
  created: '2026-11-24T01:02:03Z',
};
const fileOf = (name: string) => JSON.parse(String(releaseImage(contents).files[`release-manifests/${name}`])) as unknown;

it('lists its images', () => {
  expect(fileOf('image-references')).toMatchObject({
    kind: 'ImageStream',
    apiVersion: 'image.openshift.io/v1',
    metadata: { name: contents.name, annotations: { 'release.openshift.io/from-image-stream': 'ocp/mirror' } },
    spec: { tags: [{ name: 'cli', from: { kind: 'DockerImage', name: 'quay.io/x/cli@sha256:1' } }] },
  });
});

it('says what it is and what it follows', () => {
  expect(fileOf('release-metadata')).toEqual({ kind: 'cincinnati-metadata-v0', version: contents.name, previous: ['4.19.1', '4.19.2'] });
  expect(releaseImage(contents).labels).toEqual({ 'io.openshift.release': contents.name });
});

it('is the same image from the same contents, another from others', () => {
  const digest = (of: ReleaseContents) => buildImage(releaseImage(of)).manifest.digest;
  expect(digest(contents)).toBe(digest({ ...contents }));
  expect(digest(contents)).not.toBe(digest({ ...contents, name: '4.20.1' }));
});
