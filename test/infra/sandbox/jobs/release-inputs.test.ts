import { describe, expect, it } from 'vitest';
import type { ImageStream, NamedTagEventList, TagReference } from '../../../../domain/payload/kinds.ts';
import { releaseInputs } from '../../../../infra/sandbox/jobs/release-inputs.ts';

const digest = (character: string) => `sha256:${character.repeat(64)}`;
const internal = 'image-registry.openshift-image-registry.svc:5000/ocp/mirror';

const item = (dockerImageReference: string, image: string, generation = 1) => ({
  created: '2026-11-24T00:00:00Z',
  dockerImageReference,
  image,
  generation,
});
const mirror = (
  spec: TagReference[],
  status: NamedTagEventList[],
  publicDockerImageRepository = 'registry.example/ocp/mirror',
): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name: 'mirror', namespace: 'ocp' },
  spec: { tags: spec },
  status: { dockerImageRepository: internal, publicDockerImageRepository, tags: status },
});
const inputs = (stream: ImageStream, mode = 'source', ...excluded: string[]) => releaseInputs(stream, mode, new Set(excluded));

const two = mirror(
  [{ name: 'cli', generation: 1, from: { kind: 'DockerImage', name: 'quay.io/x/cli:1' } }],
  [
    { tag: 'oc', items: [item(`${internal}@${digest('b')}`, digest('b'))] },
    { tag: 'cli', items: [item(`quay.io/x/cli@${digest('a')}`, digest('a'))] },
  ],
);

describe('the images of a release', () => {
  it('are where they came from in the mode source, except inside the cluster', () => {
    expect(inputs(two)).toEqual([
      { name: 'cli', image: `quay.io/x/cli@${digest('a')}` },
      { name: 'oc', image: `registry.example/ocp/mirror@${digest('b')}` },
    ]);
  });

  it.each(['', 'public'])('are in the public repository in the mode "%s"', (mode) => {
    expect(inputs(two, mode).map(({ image }) => image)).toEqual([
      `registry.example/ocp/mirror@${digest('a')}`,
      `registry.example/ocp/mirror@${digest('b')}`,
    ]);
  });

  it('do not include what is excluded', () => {
    expect(inputs(two, 'source', 'cli').map(({ name }) => name)).toEqual(['oc']);
  });

  it('are the pinned ones of spec tags that have no status', () => {
    const stream = mirror([{ name: 'cli', from: { kind: 'DockerImage', name: `quay.io/x/cli@${digest('c')}` } }], []);
    expect(inputs(stream)).toEqual([{ name: 'cli', image: `quay.io/x/cli@${digest('c')}` }]);
  });

  it.each<[string, ImageStream, string, string]>([
    ['a mode that is none', two, 'private', 'error: supported reference modes are: "public" (default) and "source"'],
    ['no public repository', mirror([], [], ''), 'public', 'error: only image streams or releases with public image repositories'],
    ['no images', mirror([], []), 'source', 'error: no component images defined, unable to build a release payload'],
    [
      'a tag that was pointed elsewhere and not imported yet',
      mirror([{ name: 'a', generation: 3 }], [{ tag: 'a', items: [item('q/a', digest('a'), 2)] }]),
      'source',
      'error: the tag "a" in the source input stream has not been imported yet',
    ],
    [
      'a tag whose import failed',
      mirror([], [{ tag: 'a', items: [], conditions: [{ type: 'ImportSuccess', status: 'False' }] }]),
      'source',
      'error: the tag "a" in the source input stream has not been imported yet',
    ],
  ])('are refused for %s', (_, stream, mode, message) => {
    expect(() => inputs(stream, mode)).toThrow(message);
  });
});
