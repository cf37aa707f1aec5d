import { expect, test } from 'vitest';
import {
  foundByClients,
  freeIndex,
  signatureFolder,
  signatureIndex,
  signaturePath,
  signaturesFolder,
  signedDigests,
} from '../../../domain/audit/signature-path.ts';

const hex = 'ab'.repeat(32);
const digest = `sha256:${hex}`;

test('signatures lie where clients ask for them', () => {
  expect(signaturePath(digest, 1)).toBe(`signatures/openshift/release/sha256=${hex}/signature-1`);
  expect(signatureFolder(digest)).toBe(`signatures/openshift/release/sha256=${hex}/`);
});

test.each([
  [`signatures/openshift/release/sha256=${hex}/signature-12`, 12],
  [`signatures/openshift/release/sha256=${hex}/signature-0`, undefined],
  [`signatures/openshift/release/sha256=${hex}/signature-01`, undefined],
  [`signatures/openshift/release/sha256=${hex}/signature-1/more`, undefined],
  [`signatures/openshift/release/sha256=${hex}/signature-x`, undefined],
  [`signatures/openshift/release/sha256=${'cd'.repeat(32)}/signature-1`, undefined],
  [`audit/ocp/4.20.json`, undefined],
])('%s has the number %s', (path, index) => {
  expect(signatureIndex(digest, path)).toBe(index);
});

test.each([
  ['the first one is free', [], 1],
  ['the next one', [1, 2], 3],
  ['a gap is filled, since clients stop at it', [1, 3], 2],
  ['nine is the last that clients ask for', [1, 2, 3, 4, 5, 6, 7, 8], 9],
  ['a tenth would never be found', [1, 2, 3, 4, 5, 6, 7, 8, 9], undefined],
])('%s', (_case, taken, index) => {
  expect(freeIndex(taken)).toBe(index);
});

test.each([
  [[], []],
  [
    [1, 2, 3],
    [1, 2, 3],
  ],
  [[3, 1, 4], [1]],
  [[2], []],
  [
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  ],
])('of %j clients find %j', (taken, found) => {
  expect(foundByClients(taken)).toEqual(found);
});

test('an image is signed where clients come to a signature of it', () => {
  const [first, second, third] = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`) as [string, string, string];
  const paths = [signaturePath(first, 1), signaturePath(first, 2), signaturePath(second, 2), signaturePath(third, 10), 'audit/ocp/x.json'];
  expect(signedDigests([...paths, `${signaturesFolder}sha256=short/signature-1`])).toEqual(new Set([first]));
});
