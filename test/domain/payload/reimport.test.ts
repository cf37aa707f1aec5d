import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageStream, TagReference } from '../../../domain/payload/kinds.ts';
import { failedImports, type FailedImport } from '../../../domain/payload/failed-imports.ts';
import { planReimport, type ReimportMemory } from '../../../domain/payload/reimport.ts';
import { streamOf } from './stream-builder.ts';

const broken = (name: string, more: Partial<TagReference> = {}): TagReference => ({
  name,
  from: { kind: 'DockerImage', name: `quay.example/${name}` },
  generation: 2,
  ...more,
});
const withFailures = (config: object | string | undefined, ...tags: TagReference[]): ImageStream => {
  const stream = streamOf('4.15', [...tags, broken('good')], {
    tags: [
      ...tags.map(({ name }) => ({ tag: name, conditions: [{ type: 'ImportSuccess', status: 'False', message: 'no such image' }] })),
      { tag: 'good', conditions: [{ type: 'ImportSuccess', status: 'True' }] },
    ],
  });
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  const annotations = config === undefined ? {} : { 'release.openshift.io/config': text };
  return { ...stream, metadata: { ...stream.metadata, annotations } };
};
const config = { name: '4.15', to: 'release' };

describe('failed imports', () => {
  it('are those of a release stream, with what to ask for', () => {
    expect(failedImports(withFailures(config, broken('cli')))).toEqual([{ namespace: 'ocp', stream: '4.15', tag: 'cli', generation: 2 }]);
  });
  it.each<[string, ImageStream]>([
    ['a stream without a config', withFailures(undefined, broken('cli'))],
    ['a stream at its end of life', withFailures({ ...config, endOfLife: true }, broken('cli'))],
    ['a tag that points at a tag', withFailures(config, broken('cli', { from: { kind: 'ImageStreamTag', name: 'x' } }))],
    ['a tag that nobody wants any more', { ...withFailures(config, broken('cli')), spec: { tags: [] } }],
  ])('are none of %s', (_, stream) => expect(failedImports(stream)).toEqual([]));
  it('are those of a stream with an invalid config too', () => expect(failedImports(withFailures('{', broken('cli')))).toHaveLength(1));
});

const minute = 60_000;
const failure = (tag = 'cli', generation = 1): FailedImport => ({ namespace: 'ocp', stream: '4.15', tag, generation });

/** Minutes at which a tag is tried in so many hours of looks every ten minutes, which come a second early or late. */
function triesIn(hours: number, failed: (minutes: number) => FailedImport[] = () => [failure()]): number[] {
  let memory: ReimportMemory = {};
  const tries: number[] = [];
  for (let at = 0; at <= hours * 60; at += 10) {
    const planned = planReimport(failed(at), memory, at * minute + (at % 20 === 0 ? 1_000 : -1_000), 10 * minute);
    memory = planned.memory;
    if (planned.due.length > 0) tries.push(at);
  }
  return tries;
}

describe('audit trap 27: a tag that stays broken is tried', () => {
  it('at once, then after twice as long each time', () => expect(triesIn(12)).toEqual([0, 10, 30, 70, 150, 310, 630]));
  it('once a day in the end', () => {
    const tries = triesIn(24 * 7);
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    expect(gaps.slice(-3)).toEqual([1440, 1440, 1440]);
  });
  it('anew when it points elsewhere', () => expect(triesIn(1, (at) => [failure('cli', at < 40 ? 1 : 2)])).toEqual([0, 10, 30, 40, 50]));
  it('anew when it was imported meanwhile', () => expect(triesIn(1, (at) => (at === 40 ? [] : [failure()]))).toEqual([0, 10, 30, 50, 60]));
});

it('each tag has its own time, and only broken ones are remembered', () => {
  const first = planReimport([failure('a'), failure('b')], {}, 0, minute);
  expect(Object.keys(first.memory)).toEqual(['ocp/4.15:a', 'ocp/4.15:b']);
  const second = planReimport([failure('b'), failure('c')], first.memory, 1, minute);
  expect([second.due.map(({ tag }) => tag), Object.keys(second.memory)]).toEqual([['c'], ['ocp/4.15:b', 'ocp/4.15:c']]);
});

it('what is remembered is bounded, and what is not is tried each time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 990, max: 1_100 }), (count) => {
      const failed = Array.from({ length: count }, (_, index) => failure(`t${index}`));
      const { memory } = planReimport(failed, {}, 0, minute);
      const again = planReimport(failed, memory, 1, minute);
      expect([Object.keys(again.memory).length, again.due.length]).toEqual([Math.min(count, 1_000), Math.max(0, count - 1_000)]);
    }),
    { numRuns: 5 },
  );
});
