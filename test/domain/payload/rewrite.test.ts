import { describe, expect, it } from 'vitest';
import type { TagReference } from '../../../domain/payload/kinds.ts';
import { isOutdated, isRewrite, mustBeRewritten, stableHash } from '../../../domain/payload/rewrite.ts';

const tag = (annotations: Record<string, string> = {}, generation = 3): TagReference => ({
  name: '4.5.1-rc.2',
  generation,
  annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`release.openshift.io/${key}`, value])),
});

it('a Stable release is its tag and what was last pushed there', () => {
  expect(stableHash(tag())).toBe('4.5.1-rc.2-3');
  expect(stableHash({ name: '4.5.1' })).toBe('4.5.1-0');
});

describe('a rewrite', () => {
  it.each<[Record<string, string>, boolean | undefined]>([
    [{}, undefined],
    [{ rewrite: '' }, undefined],
    [{ rewrite: 'maybe' }, undefined],
    [{ rewrite: 'true' }, true],
    [{ rewrite: 'false' }, false],
    [{ rewrite: 'false', hash: '4.5.1-rc.2-3' }, false],
    [{ rewrite: 'false', hash: 'sha256:x' }, false],
    // pushed again since: the new image may bear another name
    [{ rewrite: 'false', hash: '4.5.1-rc.2-2' }, undefined],
    [{ rewrite: 'true', hash: '4.5.1-rc.2-2' }, true],
  ])('with %j: %j', (annotations, decided) => {
    expect(isRewrite(tag(annotations))).toBe(decided);
  });

  it.each([
    [{ 'io.openshift.release': '4.5.1-rc.2' }, false],
    [{ 'io.openshift.release': '4.5.1' }, true],
    [{}, true],
  ])('is needed for an image labelled %j: %j', (labels, needed) => {
    expect(mustBeRewritten(labels, tag())).toBe(needed);
  });
});

it.each([
  ['4.5.1-rc.2-2', true],
  ['4.5.1-rc.2-3', false],
  ['4.5.1-rc.2-', false],
  ['4.5.1-2', false],
  ['sha256:abc', false],
  ['', false],
])('the hash %j is of an earlier push: %j', (hash, outdated) => {
  expect(isOutdated(hash, tag())).toBe(outdated);
});
