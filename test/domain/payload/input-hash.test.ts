import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputHash } from '../../../domain/payload/input-hash.ts';
import { sha256Hex } from '../../../domain/payload/sha256.ts';
import { digest, imported, sourceOf, streamOf } from './stream-builder.ts';

describe('input hash', () => {
  it('is the SHA-256 over the digests in the order of their tags', () => {
    const source = sourceOf([imported('b', digest('b')), imported('a', digest('a'))]);
    expect(inputHash(source)).toBe(`sha256:${sha256Hex(digest('a') + digest('b'))}`);
  });

  it('core 81: changes with a digest, not with the name of the stream', () => {
    const source = sourceOf();
    expect(inputHash(sourceOf([imported('cli', digest('c')), imported('etcd', digest('b'))]))).not.toBe(inputHash(source));
    expect(inputHash({ ...source, metadata: { ...source.metadata, name: 'renamed' } })).toBe(inputHash(source));
  });

  it('core 82: of a reference stream is over the places its spec tags refer to', () => {
    const stream = (from: string) =>
      streamOf('s', [{ name: 'a', reference: true, from: { kind: 'DockerImage', name: from } }, { name: 'b' }]);
    expect(inputHash(stream('quay.example/a:2'))).not.toBe(inputHash(stream('quay.example/a:1')));
    expect(inputHash(stream('quay.example/a:1'))).toBe(`sha256:${sha256Hex('quay.example/a:1')}`);
  });

  it('takes the reference of an image without digest and leaves out tags without an image', () => {
    const source = sourceOf([imported('a', '', { dockerImageReference: 'quay.example/a:1' }), { tag: 'b', items: [] }]);
    expect(inputHash(source)).toBe(`sha256:${sha256Hex('quay.example/a:1')}`);
  });

  it('does not depend on the order in which tags are listed', () => {
    const tags = fc.uniqueArray(fc.record({ name: fc.string({ minLength: 1 }), image: fc.string() }), { selector: ({ name }) => name });
    const lists = tags.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(lists, ([list, shuffled]) => {
        const hashOf = (given: typeof list) => inputHash(sourceOf(given.map(({ name, image }) => imported(name, image))));
        expect(hashOf(shuffled)).toBe(hashOf(list));
      }),
    );
  });
});
