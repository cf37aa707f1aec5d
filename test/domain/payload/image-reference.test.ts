import { describe, expect, it } from 'vitest';
import { parseImageReference } from '../../../domain/payload/image-reference.ts';
import { digest } from './stream-builder.ts';

describe('image references', () => {
  it.each([
    ['cli', { registry: '', namespace: '', name: 'cli', tag: '', digest: '', repository: 'cli' }],
    ['ocp/cli:v1', { registry: '', namespace: 'ocp', name: 'cli', tag: 'v1' }],
    ['localhost/cli', { registry: 'localhost', namespace: '', name: 'cli' }],
    ['quay.io/ocp/4.23:cli', { registry: 'quay.io', namespace: 'ocp', name: '4.23', tag: 'cli', repository: 'quay.io/ocp/4.23' }],
    [`127.0.0.1:5000/a/b/c@${digest('a')}`, { registry: '127.0.0.1:5000', namespace: 'a', name: 'b/c', digest: digest('a') }],
    [`quay.io/a/b:t@${digest('a')}`, { name: 'b', tag: 't', digest: digest('a') }],
  ])('%s', (text, parts) => {
    expect(parseImageReference(text)).toMatchObject(parts);
  });

  it.each(['', 'a/UPPER', 'a b', 'quay.io/', 'a:', 'a@sha256:12', 'a//b', 'a/b:-t'])('%j is none', (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  });
});
