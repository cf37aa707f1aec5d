import { describe, expect, it } from 'vitest';
import { inputHash } from '../../../domain/payload/input-hash.ts';
import type { ImageStream, TagEventCondition, TagReference } from '../../../domain/payload/kinds.ts';
import { mirrorName, mirrorReadiness, planMirror } from '../../../domain/payload/mirror.ts';
import {
  configName,
  configOf,
  digest,
  imported,
  internalRepository,
  publicRepository,
  referenceSource,
  sourceOf,
  streamOf,
  targetOf,
} from './stream-builder.ts';

const tag: TagReference = { name: `${configName}-2024-08-30-110931`, generation: 4 };
const target = targetOf([tag]);

function plan(source: ImageStream, config: Record<string, unknown> = {}) {
  return planMirror({ source, target, config: configOf(config), tag });
}

function tagsOf(source: ImageStream, config?: Record<string, unknown>) {
  const planned = plan(source, config);
  return planned.ok ? planned.mirror.spec?.tags : planned.error;
}

const fromImage = (name: string, generation = 2): TagReference => ({ name: 'cli', from: { kind: 'DockerImage', name }, generation });
const mirrored = (from: TagReference['from']) => [
  { name: 'cli', from, importPolicy: { scheduled: false, importMode: 'PreserveOriginal' } },
];
const byDigest = mirrored({ kind: 'ImageStreamImage', namespace: 'ocp', name: `4.15-art-latest@${digest('a')}` });
const cli = imported('cli', digest('a'));
const original = { referenceMode: 'source' };

describe('mirror name', () => {
  it.each([
    ['the source', {}, '4.15-art-latest-2024-08-30-110931'],
    ['the prefix of the config', { mirrorPrefix: '4.15' }, '4.15-2024-08-30-110931'],
    ['nothing in a Stable stream', { as: 'Stable' }, tag.name],
  ])('begins with %s', (_name, config, expected) => {
    expect(mirrorName(configOf(config), sourceOf(), tag.name)).toBe(expected);
  });
});

describe('mirror', () => {
  it('says what it holds and carries only three annotations of its source', () => {
    const source = sourceOf();
    const carried = {
      'release.openshift.io/inconsistency': 'x',
      'release.openshift.io/build-url': 'y',
      'release.openshift.io/runtime-brew-event': 'z',
    };
    source.metadata.annotations = { ...carried, 'release.openshift.io/config': '{}', other: '1' };
    source.metadata.labels = { label: '1' };
    expect(plan(source)).toMatchObject({ ok: true });
    const planned = plan(source);
    expect(planned.ok && planned.mirror.metadata).toStrictEqual({
      name: '4.15-art-latest-2024-08-30-110931',
      namespace: 'ocp',
      annotations: {
        ...carried,
        'release.openshift.io/source': 'ocp/4.15-art-latest',
        'release.openshift.io/target': 'ocp/release',
        'release.openshift.io/releaseTag': tag.name,
        'release.openshift.io/hash': inputHash(source),
        'release.openshift.io/generation': '7',
      },
    });
  });

  it('of a Stable release is empty and has the hash of its tag', () => {
    const planned = plan(sourceOf(), { as: 'Stable' });
    expect(planned.ok && planned.mirror).toMatchObject({
      metadata: { name: tag.name, annotations: { 'release.openshift.io/hash': `${tag.name}-4` } },
      spec: { tags: [] },
    });
  });

  it.each([
    [
      2,
      [
        { name: 'a', from: { kind: 'DockerImage', name: 'q/a' }, importPolicy: { scheduled: true } },
        { name: 'b', from: { kind: 'DockerImage', name: 'q/b' } },
      ],
    ],
    [1, [{ name: 'a', from: { kind: 'DockerImage', name: 'q/a' } }, { name: 'b' }]],
    [0, [{ name: 'a' }, { name: 'b' }]],
  ])('core 51: of a reference release has the %i tags that refer to an image, none scheduled', (count, tags) => {
    const source = streamOf(
      's',
      tags.map((one) => ({ ...one, reference: true, generation: 3 })),
    );
    const planned = tagsOf(source, { referenceRelease: { pullRepository: 'q' } }) as TagReference[];
    expect(planned).toHaveLength(count);
    expect(
      planned.every(
        ({ importPolicy, reference, generation }) => importPolicy?.scheduled === false && reference === true && generation === undefined,
      ),
    ).toBe(true);
  });

  const rows: [string, ImageStream, Record<string, unknown>, unknown][] = [
    ['refers to the source by digest in public mode', sourceOf([cli], [fromImage('quay.example/x/cli:latest')]), {}, byDigest],
    ['so too in mode public', sourceOf([cli]), { referenceMode: 'public' }, byDigest],
    [
      'keeps the place of import in source mode',
      sourceOf([cli]),
      original,
      mirrored({ kind: 'DockerImage', name: `quay.example/art/cli@${digest('a')}` }),
    ],
    [
      'prefers the place that the spec tag names',
      sourceOf([cli], [fromImage('registry.example:5000/x/y/cli:latest')]),
      original,
      mirrored({ kind: 'DockerImage', name: `registry.example:5000/x/y/cli@${digest('a')}` }),
    ],
    [
      'ignores a spec tag that does not parse',
      sourceOf([cli], [fromImage('Not A Reference')]),
      original,
      mirrored({ kind: 'DockerImage', name: `quay.example/art/cli@${digest('a')}` }),
    ],
    [
      'ignores a spec tag inside the cluster',
      sourceOf([cli], [fromImage(`${internalRepository}:cli`)]),
      original,
      mirrored({ kind: 'DockerImage', name: `quay.example/art/cli@${digest('a')}` }),
    ],
    [
      'turns an internal place into the public one',
      sourceOf([imported('cli', digest('a'), { dockerImageReference: `${internalRepository}@${digest('a')}` })]),
      original,
      byDigest,
    ],
    [
      'sees that a place is its own public repository',
      sourceOf([imported('cli', digest('a'), { dockerImageReference: `${publicRepository}@${digest('a')}` })]),
      original,
      byDigest,
    ],
    [
      'leaves out tags without an image or digest',
      sourceOf([cli, { tag: 'b', items: [] }, imported('c', '')], [{ name: 'never' }]),
      {},
      byDigest,
    ],
  ];
  it.each(rows)('%s', (_name, source, config, expected) => {
    expect(tagsOf(source, config)).toStrictEqual(expected);
  });

  it('keeps what else a spec tag says, without its generation', () => {
    const spec: TagReference = {
      ...fromImage('quay.example/x/cli:latest'),
      annotations: { a: 'b' },
      importPolicy: { scheduled: true, insecure: true },
      referencePolicy: { type: 'Source' },
    };
    expect(tagsOf(sourceOf([cli], [spec]))).toStrictEqual([
      {
        ...byDigest[0],
        annotations: { a: 'b' },
        referencePolicy: { type: 'Source' },
        importPolicy: { insecure: true, scheduled: false, importMode: 'PreserveOriginal' },
      },
    ]);
  });

  const without = (repositories: object, ...args: Parameters<typeof sourceOf>) => ({
    ...sourceOf(...args),
    status: { tags: args[0] ?? [], ...repositories },
  });
  it('without an internal repository never asks the spec tag, and lets every place stand', () => {
    const source = without({ publicDockerImageRepository: publicRepository }, [cli], [fromImage('quay.example/x/cli:latest')]);
    expect(tagsOf(source, original)).toStrictEqual(mirrored({ kind: 'DockerImage', name: `quay.example/art/cli@${digest('a')}` }));
  });

  const noPlace = imported('cli', digest('a'), { dockerImageReference: '' });
  const errors: [string, ImageStream, Record<string, unknown>, string][] = [
    [
      'no public repository',
      without({}, [cli]),
      {},
      'only image streams with public image repositories can be the source for releases when using the default referenceMode',
    ],
    [
      'not imported',
      sourceOf([cli], [fromImage('quay.example/x/cli:latest', 3)]),
      {},
      'the tag "cli" in the source input stream has not been imported yet',
    ],
    ['no place', without({}, [noPlace]), original, `can't use tag "cli" because we cannot locate or calculate a source location`],
    [
      'no valid place',
      sourceOf([imported('cli', digest('a'), { dockerImageReference: 'Not Valid' })]),
      original,
      'the tag "cli" points to source "Not Valid" which is not valid',
    ],
  ];
  it.each(errors)('cannot be made: %s', (_name, source, config, error) => {
    expect(plan(source, config)).toEqual({ ok: false, error });
  });

  it('of a reference source without configuration is a normal one', () => {
    expect(tagsOf(referenceSource())).toBe(
      'only image streams with public image repositories can be the source for releases when using the default referenceMode',
    );
  });
});

describe('mirror readiness', () => {
  const failed: TagEventCondition = { type: 'ImportSuccess', status: 'False', message: 'no such image' };
  const mirror = (tags: TagReference[], status: NonNullable<ImageStream['status']>['tags']) => streamOf('m', tags, { tags: status ?? [] });
  const waiting = (...waitingFor: string[]) => ({ ready: false, waitingFor, failed: [] });
  const done = { ready: true, waitingFor: [], failed: [] };

  it.each([
    [
      'is ready when every tag is there',
      mirror([{ name: 'a', generation: 2 }, { name: 'b' }], [imported('a', digest('a')), imported('b', digest('b'))]),
      done,
    ],
    ['is ready when it has nothing to hold', mirror([], []), done],
    ['waits for a tag without status', mirror([{ name: 'a' }, { name: 'b' }], [imported('a', digest('a'))]), waiting('b')],
    [
      'waits for a tag whose image is of an older generation',
      mirror([{ name: 'a', generation: 3 }], [imported('a', digest('a'))]),
      waiting('a'),
    ],
    [
      'names what could not be imported',
      mirror([{ name: 'a' }, { name: 'b' }], [{ tag: 'a', conditions: [failed] }]),
      { ready: false, waitingFor: ['b'], failed: [{ tag: 'a', message: 'no such image' }] },
    ],
  ])('%s', (_name, stream, expected) => {
    expect(mirrorReadiness(stream)).toEqual(expected);
  });
});
