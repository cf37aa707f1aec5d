import { describe, expect, it } from 'vitest';
import {
  hasReferenceSpecTags,
  isReferenceRelease,
  isReferenceReleaseTag,
  referencePayloadTag,
  referenceRemovalTag,
} from '../../../domain/payload/reference-release.ts';
import { configOf, referenceSource, sourceOf, streamOf } from './stream-builder.ts';

const withReference = configOf({ referenceRelease: { pullRepository: 'quay.example/r' } });

describe('reference releases', () => {
  it.each([
    ['no tags', streamOf('s'), false],
    ['plain tag', streamOf('s', [{ name: 'a' }]), false],
    ['one reference', referenceSource(), true],
    ['mixed', streamOf('s', [{ name: 'a' }, { name: 'b', reference: true }]), true],
    ['no stream', undefined, false],
  ])('core 80: reference spec tags: %s', (_name, stream, expected) => {
    expect(hasReferenceSpecTags(stream)).toBe(expected);
  });

  it('core 83: names of images in the external repository', () => {
    expect(referencePayloadTag('test')).toBe('rc_payload__test');
    expect(referenceRemovalTag('test')).toBe('remove__rc_payload__test');
  });

  it.each([
    ['no source', undefined, withReference, false],
    ['no config', referenceSource(), undefined, false],
    ['not configured', referenceSource(), configOf(), false],
    ['no reference tags', sourceOf(), withReference, false],
    ['everything there', referenceSource(), withReference, true],
  ])('core 84: stream of reference releases: %s', (_name, source, config, expected) => {
    expect(isReferenceRelease(source, config)).toBe(expected);
  });

  it.each([
    ['no tag', undefined, withReference, false],
    ['flag false', { name: 't', reference: false }, withReference, false],
    ['no config', { name: 't', reference: true }, configOf(), false],
    ['flag true with config', { name: 't', reference: true }, withReference, true],
  ])('core 85: reference release: %s', (_name, tag, config, expected) => {
    expect(isReferenceReleaseTag(tag, config)).toBe(expected);
  });
});
