import { expect, test } from 'vitest';
import { isImageDigest } from '../../../domain/audit/digest.ts';

test.each([
  [`sha256:${'0a'.repeat(32)}`, true],
  [`sha256:${'0A'.repeat(32)}`, false],
  [`sha256:${'0a'.repeat(31)}`, false],
  [`sha512:${'0a'.repeat(32)}`, false],
  ['0a'.repeat(32), false],
  ['', false],
])('%s is a digest: %s', (text, expected) => {
  expect(isImageDigest(text)).toBe(expected);
});
