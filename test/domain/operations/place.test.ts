import { expect, test } from 'vitest';
import { imageStreamOf, namespaceOf } from '../../../domain/operations/place.ts';

test.each([
  ['ocp', 'amd64', false, 'ocp', 'release'],
  ['ocp', 'arm64', false, 'ocp-arm64', 'release-arm64'],
  ['ocp', 'multi', true, 'ocp-multi-priv', 'release-multi-priv'],
  ['ocp', 'amd64', true, 'ocp-priv', 'release-priv'],
  ['okd', 'amd64', false, 'origin', 'release'],
  ['own', 'amd64', false, 'own', 'release'],
] as const)('%s, %s, private %s', (product, architecture, isPrivate, namespace, imageStream) => {
  const kind = { product, architecture, private: isPrivate };
  expect([namespaceOf(kind), imageStreamOf('release', kind)]).toEqual([namespace, imageStream]);
});
