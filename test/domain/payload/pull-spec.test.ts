import { describe, expect, it } from 'vitest';
import { imageIdForTag, publicPullSpec, releasePullSpec, tagPullSpec } from '../../../domain/payload/pull-spec.ts';
import { configOf, digest, imported, internalRepository, publicRepository, sourceOf, streamOf, targetOf } from './stream-builder.ts';

describe('pull spec of a release', () => {
  const reference = configOf({ referenceRelease: { pullRepository: 'quay.example/dev' } });
  const local = 'registry.example/ocp/release:4.15.1';
  const target = targetOf([]);
  it.each([
    ['core 88: no tag', target, undefined, configOf(), ''],
    ['core 88: no pull repository', target, { name: '4.15.1', reference: true }, configOf({ referenceRelease: {} }), ''],
    ['core 88: no public repository', streamOf('release'), { name: '4.15.1' }, configOf(), ''],
    ['core 89: flag without configuration', target, { name: '4.15.1', reference: true }, configOf(), local],
    ['core 89: earlier release of a converted stream', target, { name: '4.15.1' }, reference, local],
    ['reference release', target, { name: '4.15.1', reference: true }, reference, 'quay.example/dev:rc_payload__4.15.1'],
  ])('%s', (_name, stream, tag, config, expected) => {
    expect(releasePullSpec({ target: stream, tag, config })).toBe(expected);
  });
});

describe('digest of a tag', () => {
  const cli = imported('cli', digest('a'));
  const failed = { ...cli, conditions: [{ type: 'ImportSuccess', status: 'False' }] };
  it.each([
    ['no status', sourceOf([]), ''],
    ['no items', sourceOf([{ tag: 'cli', items: [] }]), ''],
    ['failed import', sourceOf([failed]), ''],
    ['no spec tag', sourceOf([cli]), digest('a')],
    ['spec tag imported', sourceOf([cli], [{ name: 'cli', generation: 2 }]), digest('a')],
    ['spec tag ahead', sourceOf([cli], [{ name: 'cli', generation: 3 }]), ''],
    ['spec tag without generation', sourceOf([cli], [{ name: 'cli' }]), ''],
  ])('%s', (_name, stream, expected) => {
    expect(imageIdForTag(stream, 'cli')).toBe(expected);
  });
});

describe('pull spec of a tag', () => {
  const cli = imported('cli', digest('a'));
  const empty = { tag: 'cli', items: [] };
  const from = { name: 'cli', generation: 2, from: { kind: 'DockerImage', name: 'quay.example/x/cli:1' } };
  it.each([
    ['no status', sourceOf([], [from]), '', ''],
    ['nothing imported', sourceOf([empty], [from]), 'quay.example/x/cli:1', 'quay.example/x/cli:1'],
    ['imported, spec as new', sourceOf([cli], [from]), `quay.example/art/cli@${digest('a')}`, 'quay.example/x/cli:1'],
    [
      'imported, spec older',
      sourceOf([cli], [{ ...from, generation: 1 }]),
      `quay.example/art/cli@${digest('a')}`,
      `${publicRepository}:cli`,
    ],
    ['pushed', sourceOf([cli]), `quay.example/art/cli@${digest('a')}`, `${publicRepository}:cli`],
    [
      'internal only',
      streamOf('s', [], {
        dockerImageRepository: internalRepository,
        tags: [imported('cli', '', { dockerImageReference: `${internalRepository}@x` })],
      }),
      `${internalRepository}@x`,
      '',
    ],
    ['external only', streamOf('s', [], { tags: [cli] }), `quay.example/art/cli@${digest('a')}`, `quay.example/art/cli@${digest('a')}`],
  ])('%s', (_name, stream, internal, external) => {
    expect(tagPullSpec(stream, 'cli')).toBe(internal);
    expect(publicPullSpec(stream, 'cli')).toBe(external);
  });
});
