import { describe, expect, it } from 'vitest';
import { buildOrder, importObstacle } from '../../../domain/payload/build-order.ts';
import type { NamedTagEventList, TagReference } from '../../../domain/payload/kinds.ts';
import { digest, streamOf } from './stream-builder.ts';

const tag = (name: string, generation: number | null = 2, hash?: string): TagReference => ({
  name,
  generation,
  ...(hash === undefined ? {} : { annotations: { 'release.openshift.io/hash': hash } }),
});
const done = (name: string, generation = 2): NamedTagEventList => ({
  tag: name,
  items: [{ created: '', dockerImageReference: `quay.example/x@${digest('a')}`, image: digest('a'), generation }],
});
const failed = (name: string): NamedTagEventList => ({
  ...done(name),
  conditions: [{ type: 'ImportSuccess', status: 'False', reason: 'NotFound', message: 'no such image' }],
});
const order = (pending: TagReference[], imports: NamedTagEventList[]) =>
  buildOrder(pending, streamOf('4-stable', pending, { tags: imports }));

describe('an import', () => {
  it.each<[string, TagReference, NamedTagEventList[], string | undefined]>([
    ['is done when the item is as new as the tag', tag('a'), [done('a')], undefined],
    ['is done when the item is newer', tag('a', 1), [done('a')], undefined],
    ['is to come when there is no status', tag('a'), [], 'its image has not been imported yet'],
    ['is to come when there is no item', tag('a'), [{ tag: 'a' }], 'its image has not been imported yet'],
    ['is to come when the tag was pushed again', tag('a', 3), [done('a')], 'its image has not been imported yet'],
    ['is to come while the tag has no generation', tag('a', null), [done('a')], 'its image has not been imported yet'],
    ['failed, also beside an older image', tag('a'), [failed('a')], 'its image can not be imported: no such image'],
  ])('%s', (_name, one, imports, why) => {
    expect(importObstacle(streamOf('4-stable', [one], { tags: imports }), one)).toBe(why);
  });
});

describe('the order of builds', () => {
  const imports = ['4.5.3', '4.5.2', '4.5.1'].map((name) => done(name));

  it('core P20: is strict: the newest first, and no other before it is done', () => {
    expect(order([tag('4.5.3'), tag('4.5.2'), tag('4.5.1')], imports)).toEqual({
      build: ['4.5.3'],
      held: ['4.5.2', '4.5.1'].map((name) => ({ tag: name, why: '4.5.3 is newer and is built first' })),
    });
  });

  it('passes over what is not imported, and says why', () => {
    expect(order([tag('4.5.3', 7), tag('4.5.2'), tag('4.5.1')], [done('4.5.3'), failed('4.5.2'), done('4.5.1')])).toEqual({
      build: ['4.5.1'],
      held: [
        { tag: '4.5.3', why: 'its image has not been imported yet' },
        { tag: '4.5.2', why: 'its image can not be imported: no such image' },
      ],
    });
  });

  it('lets what has begun go on beside a newer one, also while it is pushed again', () => {
    expect(order([tag('4.5.3'), tag('4.5.2', 9, '4.5.2-2'), tag('4.5.1')], imports)).toMatchObject({
      build: ['4.5.3', '4.5.2'],
      held: [{ tag: '4.5.1' }],
    });
  });

  it('of nothing is nothing', () => {
    expect(order([], [])).toEqual({ build: [], held: [] });
  });
});
