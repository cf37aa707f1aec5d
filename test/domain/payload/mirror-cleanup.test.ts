import { describe, expect, it, test } from 'vitest';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import { copyRepositories, isOldEnough } from '../../../domain/payload/mirror-cleanup.ts';
import { streamOf } from './stream-builder.ts';

const configured = (name: string, config: object | string, spec: string[] = [], status: string[] = []): ImageStream => {
  const stream = streamOf(
    name,
    spec.map((tag) => ({ name: tag })),
    { tags: status.map((tag) => ({ tag })) },
  );
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  return { ...stream, metadata: { ...stream.metadata, annotations: { 'release.openshift.io/config': text } } };
};
const target = (name: string, spec: string[], status: string[] = []) => {
  const { metadata, ...rest } = configured(name, {}, spec, status);
  return { ...rest, metadata: { name: metadata.name, namespace: 'ocp' } };
};
const nightly = (alternateImageRepository: string, to = 'release', more: object = {}) =>
  configured(`nightly-${to}`, { name: `4.20-${to}`, to, alternateImageRepository, ...more });
const stable = configured('stable', { name: '4-stable', as: 'Stable' }, ['4.15.0'], ['4.14.9']);

const found = (...streams: ImageStream[]) => {
  const answer = copyRepositories(streams);
  if (!answer.ok) return answer.error;
  return Object.fromEntries(answer.repositories.map(({ repository, valid }) => [repository, [...valid].toSorted()]));
};

describe('audit trap 28: copies that are needed', () => {
  it('are the spec and status tags of the streams that copy there, and of Stable streams', () => {
    expect(found(stable, nightly('quay.io/a'), target('release', ['t1'], ['t1', 't2']))).toEqual({
      'quay.io/a': ['4.14.9', '4.15.0', 't1', 't2'],
    });
  });
  it('are told apart by repository', () => {
    const streams = [nightly('quay.io/a'), nightly('quay.io/b', 'arm'), target('release', ['t']), target('arm', ['u'])];
    expect(found(...streams)).toEqual({ 'quay.io/a': ['t'], 'quay.io/b': ['u'] });
  });
  it('are those of every stream that shares the repository', () => {
    const streams = [nightly('quay.io/a'), nightly('quay.io/a', 'arm'), target('release', ['t']), target('arm', ['u'])];
    expect(found(...streams)).toEqual({ 'quay.io/a': ['t', 'u'] });
  });
  it('of a Stable stream that copies are its own', () =>
    expect(found(configured('s', { name: 's', as: 'Stable', alternateImageRepository: 'quay.io/a' }, ['1.0.0']))).toEqual({
      'quay.io/a': ['1.0.0'],
    }));
  it('are none where nobody copies', () => expect(found(stable)).toEqual({}));

  it.each<[string, ImageStream[], string]>([
    [
      'a config can not be read',
      [nightly('quay.io/a'), target('release', []), configured('broken', '{')],
      'the release.openshift.io/config annotation for ocp/broken is invalid',
    ],
    ['a target does not exist', [nightly('quay.io/a')], 'the image stream release with the releases of ocp/nightly-release does not exist'],
    [
      'the repository holds payloads too',
      [nightly('quay.io/a', 'release', { referenceRelease: { pushRepository: 'quay.io/a' } }), target('release', [])],
      'quay.io/a, that ocp/nightly-release copies to, holds the payloads of reference releases too',
    ],
  ])('are not known when %s', (_, streams, message) => expect(found(...streams)).toContain(message));
});

test.each<[string | undefined, boolean]>([
  ['2024-01-01T00:00:00Z', true],
  ['2024-01-02T00:00:00Z', false],
  ['2024-01-03T00:00:00Z', false],
  [undefined, false],
  ['yesterday', false],
])('a copy made at %s may go after a day: %s', (created, expected) => {
  expect(isOldEnough(created, Date.UTC(2024, 0, 3), 24 * 3_600_000)).toBe(expected);
});
