import { describe, expect, test } from 'vitest';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import {
  byStreamOrder,
  configuredStream,
  displayPhase,
  releaseLocation,
  selectionPhase,
  semanticOrder,
} from '../../../domain/payload/stream-catalog.ts';
import { parseReleaseConfig } from '../../../domain/payload/config.ts';

const stream = (name: string, parts: Partial<ImageStream> = {}, config?: object): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name, namespace: 'ocp', ...(config && { annotations: { [annotation.config]: JSON.stringify(config) } }) },
  status: { publicDockerImageRepository: `registry/ocp/${name}`, tags: [{ tag: 'cli', items: [] }] },
  ...parts,
});
const integration = { name: '4.18.0-0.nightly', to: 'release' };
const tag = (name: string, created: string, source = 'ocp/art', of = integration.name) => ({
  name,
  annotations: { [annotation.source]: source, [annotation.name]: of, [annotation.creationTimestamp]: created },
});

describe('a stream is visible', () => {
  const target = stream('release');
  const found = (source: ImageStream, other: ImageStream | undefined = target) => configuredStream(source, () => other);

  test('with a valid config, images and a target', () => {
    expect(found(stream('art', {}, integration))).toMatchObject({ visible: true, config: { name: integration.name } });
  });

  test('only with a config', () => {
    expect(found(stream('art'))).toBeUndefined();
  });

  test.each([
    ['a name', { to: 'release' }],
    ['a target name', { name: 'x' }],
    ['a known upgrade source', { ...integration, verify: { a: { upgradeFrom: 'Yesterday' } } }],
    ['a name for each Prow job', { ...integration, verify: { a: { prowJob: { name: '' } } } }],
  ])('only when its config has %s', (_what, config) => {
    expect(found(stream('art', {}, config))).toMatchObject({
      visible: false,
      why: expect.stringContaining('its release config is invalid') as string,
    });
  });

  test.each([
    ['a public repository', stream('art', { status: { tags: [{ tag: 'cli' }] } }, integration), target],
    ['an imported tag', stream('art', { status: { publicDockerImageRepository: 'r' } }, integration), target],
    ['its target', stream('art', {}, integration), undefined],
  ])('only with %s', (_what, source, other) => {
    expect(configuredStream(source, () => other)).toMatchObject({ visible: false });
  });

  test('by references alone where it makes reference releases', () => {
    const config = { ...integration, referenceRelease: { pushRepository: 'p', pullRepository: 'q', secretName: 's' } };
    expect(found(stream('art', { spec: { tags: [{ name: 'cli', reference: true }] }, status: {} }, config))).toMatchObject({
      visible: true,
    });
  });

  test('with its own tags alone, newest first by the text of their time', () => {
    const tags = [
      tag('a', '2025-01-01T00:00:00Z'),
      tag('b', '2025-01-02T00:00:00Z'),
      tag('other', '2025-01-03T00:00:00Z', 'ocp/else'),
      tag('renamed', '2025-01-03T00:00:00Z', 'ocp/art', 'old'),
    ];
    const configured = found(stream('art', {}, integration), stream('release', { spec: { tags } }));
    expect(configured?.visible === true && configured.stream.tags.map(({ name }) => name)).toEqual(['b', 'a']);
  });
});

describe('orders', () => {
  const sorted = (names: string[]) => semanticOrder(names.map((name) => ({ name }))).map(({ name }) => name);

  test.each([
    ['api 75', ['4.0.0', '4.0.1', '4.0.0-2', '4.0.0-1-a'], ['4.0.1', '4.0.0', '4.0.0-1-a', '4.0.0-2']],
    ['api 76', ['4.0.0-0.9', '4.0.0-0.2', '4.0.0-0.2.a'], ['4.0.0-0.9', '4.0.0-0.2.a', '4.0.0-0.2']],
    ['names that are no versions come last, descending', ['zz', '4.0.0', 'aa'], ['4.0.0', 'zz', 'aa']],
  ])('%s', (_name, names, wanted) => {
    expect(sorted(names)).toEqual(wanted);
  });
});

test('streams: Stable first, newer versions first, hidden ones late, broken ones last', () => {
  const configs = [
    { name: '4.9.0-0.ci', to: 'r' },
    { name: '4.10.0-0.nightly', to: 'r' },
    { name: '4.10.0-0.ci', to: 'r' },
    { name: '4.11.0-0.ci', to: 'r', hide: true },
    { name: '4-stable', as: 'Stable' },
    { name: '' },
    { name: 'okd', to: 'r' },
  ];
  const streams = configs
    .map((config, index) => configuredStream(stream(`s${index}`, {}, config), () => undefined))
    .filter((each) => each !== undefined);
  expect(streams.toSorted(byStreamOrder).map(({ config, source }) => config?.name ?? source.metadata.name)).toEqual([
    '4-stable',
    '4.10.0-0.ci',
    '4.10.0-0.nightly',
    '4.9.0-0.ci',
    'okd',
    '4.11.0-0.ci',
    's5',
  ]);
});

describe('phases', () => {
  const annotated = { name: 'x', annotations: { [annotation.phase]: 'Accepted' } };

  test('a tag without payload is shown as Unknown but chosen by its annotation', () => {
    expect(displayPhase(undefined)).toBe('Unknown');
    expect(selectionPhase(annotated, undefined)).toBe('Accepted');
  });

  test.each([
    [
      'api 73: made, not judged',
      [
        ['PayloadAccepted', 'Unknown'],
        ['PayloadCreated', 'True'],
        ['PayloadRejected', 'Unknown'],
      ],
      'Ready',
    ],
    ['api 74: nothing is known', [], 'Pending'],
  ] as const)('%s', (_name, conditions, phase) => {
    const payload = {
      apiVersion: '',
      kind: '',
      metadata: { name: 'x' },
      spec: {},
      status: { conditions: conditions.map(([type, status]) => ({ type, status, reason: '', message: '', lastTransitionTime: '' })) },
    };
    expect(displayPhase(payload)).toBe(phase);
    expect(selectionPhase(annotated, payload)).toBe(phase);
  });
});

describe('where a release is pulled from', () => {
  const config = (parts: object) => {
    const parsed = parseReleaseConfig(JSON.stringify({ ...integration, ...parts }));
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.config;
  };
  const referring = config({ referenceRelease: { pushRepository: 'p', pullRepository: 'quay.io/o/r', secretName: 's' } });
  const target = stream('release', {
    status: {
      publicDockerImageRepository: 'registry/ocp/release',
      tags: [{ tag: 'T', items: [{ created: '', dockerImageReference: 'x', image: 'sha256:1', generation: 1 }] }],
    },
  });

  test.each([
    ['api 77: a reference release', { name: 'T', reference: true }, 'quay.io/o/r:rc_payload__T'],
    ['api 78: an earlier release of a converted stream', { name: 'T', reference: false }, 'registry/ocp/release:T'],
    ['nowhere before it is pushed', { name: 'U' }, ''],
  ])('%s', (_name, releaseTag, wanted) => {
    expect(releaseLocation({ target, config: referring }, releaseTag)).toBe(wanted);
  });
});
