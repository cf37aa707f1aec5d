import { describe, expect, it } from 'vitest';
import { cliImage, resolveOverrideCliImage } from '../../../domain/payload/cli-image.ts';
import type { ImageStream, TagReference } from '../../../domain/payload/kinds.ts';
import { configOf, digest, imported, sourceOf, streamOf } from './stream-builder.ts';

const override = 'image-registry.internal:5000/ocp/4.23:cli';
const from = { kind: 'DockerImage', name: 'quay.example/art/cli:1' };
const tools = (tags: TagReference[], status: ReturnType<typeof imported>[] = []) => streamOf('4.23', tags, { tags: status });

describe('override of the CLI image', () => {
  const reference: TagReference = { name: 'cli', reference: true, from };
  const rows: [string, string, ImageStream | undefined, ImageStream | undefined, string][] = [
    ['core 72: empty', '', sourceOf(), tools([reference]), ''],
    ['core 72: unparseable', 'Not Valid', sourceOf(), tools([reference]), 'Not Valid'],
    ['core 72: stream missing', override, sourceOf(), undefined, override],
    ['core 72: tag is no reference', override, sourceOf(), tools([{ name: 'cli', from }]), override],
    ['core 72: tag missing', override, sourceOf(), tools([]), override],
    [
      'core 72: no tag in the reference',
      'image-registry.internal:5000/ocp/4.23',
      sourceOf(),
      tools([reference]),
      'image-registry.internal:5000/ocp/4.23',
    ],
    ['core 72: no source', override, undefined, tools([reference]), override],
    ['core 73: imported', override, sourceOf(), tools([reference], [imported('cli', digest('a'))]), `quay.example/art/cli@${digest('a')}`],
    ['core 74: not imported', override, sourceOf(), tools([reference]), 'quay.example/art/cli:1'],
    ['core 74: not imported and no source', override, sourceOf(), tools([{ name: 'cli', reference: true }]), override],
    ['core 75: external image of the same name', 'quay.io/ocp/4.23:cli', sourceOf(), tools([reference]), 'quay.io/ocp/4.23:cli'],
  ];
  it.each(rows)('%s', (_name, given, source, stream, expected) => {
    expect(resolveOverrideCliImage(given, source, (namespace, name) => (`${namespace}/${name}` === 'ocp/4.23' ? stream : undefined))).toBe(
      expected,
    );
  });
});

describe('override of the CLI image, as audits resolve it', () => {
  const host = 'image-registry.openshift-image-registry.svc:5000';
  const source = { ...sourceOf(), status: { dockerImageRepository: `${host}/ocp/4.23-art-latest` } };
  const wanted = `${host}/ocp/4.23:cli`;
  const reference: TagReference = { name: 'cli', reference: true };
  const referring: TagReference = { ...reference, from: { kind: 'DockerImage', name: 'quay.example/art:cli' } };
  const resolved = `quay.example/art/cli@${digest('a')}`;
  it.each<[number, string, string, ImageStream | undefined, ImageStream | undefined, string]>([
    [1, 'empty', '', source, tools([reference]), ''],
    [2, 'unparseable', '@@invalid@@', source, tools([reference]), '@@invalid@@'],
    [3, 'image stream not found', wanted, source, undefined, wanted],
    [4, 'tag is no reference', wanted, source, tools([{ name: 'cli', from }]), wanted],
    [5, 'reference tag with a status', wanted, source, tools([reference], [imported('cli', digest('a'))]), resolved],
    [6, 'reference tag without a status', wanted, source, tools([referring]), 'quay.example/art:cli'],
    [7, 'reference tag alone', wanted, source, tools([reference]), wanted],
    [8, 'tag not in the stream', wanted, source, tools([{ name: 'tools', reference: true }]), wanted],
    [9, 'external, without a tag', 'quay.io/ocp/ocp-v4.0-art-dev', source, tools([referring]), 'quay.io/ocp/ocp-v4.0-art-dev'],
    [10, 'external, of the same name', 'quay.io/ocp/4.23:cli', source, tools([referring]), 'quay.io/ocp/4.23:cli'],
    [11, 'no source', wanted, undefined, tools([referring]), wanted],
  ])('audit %i: %s', (_number, _case, given, stream, named, expected) => {
    expect(resolveOverrideCliImage(given, stream, (namespace, name) => (`${namespace}/${name}` === 'ocp/4.23' ? named : undefined))).toBe(
      expected,
    );
  });
});

describe('CLI image', () => {
  const reference = { name: 't', reference: true };
  const config = configOf({ referenceRelease: { pullRepository: 'q' } });
  const mirror = streamOf('m', [{ name: 'cli', from }], { dockerImageRepository: 'internal/ocp/m' });
  const rows: [string, Parameters<typeof cliImage>[0], string][] = [
    ['core 86: override', { config: configOf({ overrideCLIImage: 'quay.example/oc' }), mirror, tag: reference }, 'quay.example/oc'],
    ['core 86: reference release', { config, mirror, tag: reference }, 'quay.example/art/cli:1'],
    ['core 86: plain', { config: configOf(), mirror, tag: { name: 't' } }, 'internal/ocp/m:cli'],
  ];
  it.each(rows)('%s', (_name, release, image) => {
    expect(cliImage(release)).toEqual({ ok: true, image });
  });

  const errors: [string, Parameters<typeof cliImage>[0], string][] = [
    [
      'core 87: reference without cli',
      { config, mirror: streamOf('m'), tag: reference },
      "unable to determine CLI image for reference release: ensure a 'cli' spec tag exists in the mirror imagestream ocp/m",
    ],
    [
      'core 87: plain without repository',
      { config: configOf(), mirror: streamOf('m'), tag: { name: 't' } },
      'unable to determine CLI image: mirror imagestream ocp/m has no DockerImageRepository',
    ],
    ['no mirror', { config, mirror: undefined, tag: reference }, 'unable to determine CLI image: mirror imagestream is nil'],
  ];
  it.each(errors)('%s', (_name, release, error) => {
    expect(cliImage(release)).toEqual({ ok: false, error });
  });
});
