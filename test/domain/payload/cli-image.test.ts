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
