import { describe, expect, it } from 'vitest';
import type { ImageStream, NamedTagEventList } from '../../../../domain/payload/kinds.ts';
import { isImported, tagsAfter } from '../../../../infra/sandbox/images/stream-status.ts';
import type { ImportResult } from '../../../../infra/sandbox/images/stream-status.ts';

const before = '2026-11-24T00:00:00Z';
const now = '2026-11-24T01:00:00Z';
const stream = (generation: number, tags: NamedTagEventList[]): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name: 's' },
  spec: { tags: [{ name: 'a', generation, from: { kind: 'DockerImage', name: 'q/a:1' } }] },
  status: { tags },
});
const item = (image: string, generation: number) => ({ created: before, dockerImageReference: `q/a@${image}`, image, generation });
const imported = (image: string): ImportResult => ({ kind: 'imported', image, dockerImageReference: `q/a@${image}` });
const failed: ImportResult = { kind: 'failed', reason: 'NotFound', message: 'not found' };
const failure = (generation: number) => ({
  type: 'ImportSuccess',
  status: 'False',
  lastTransitionTime: before,
  reason: 'NotFound',
  message: 'not found',
  generation,
});
const after = (from: ImageStream, result: ImportResult) => tagsAfter(from, new Map([['a', result]]), now);

describe('after an import', () => {
  it('a new image goes in front', () => {
    expect(after(stream(3, [{ tag: 'a', items: [item('1', 1)] }]), imported('2'))).toEqual([
      { tag: 'a', items: [{ ...item('2', 3), created: now }, item('1', 1)] },
    ]);
  });

  it('the same image takes the newer generation only', () => {
    expect(after(stream(3, [{ tag: 'a', items: [item('1', 1)] }]), imported('1'))).toEqual([{ tag: 'a', items: [item('1', 3)] }]);
  });

  it('nothing changes for an image that is there at that generation', () => {
    const current = stream(3, [{ tag: 'a', items: [item('1', 3)] }]);
    expect(after(current, imported('1'))).toBe(current.status?.tags);
  });

  it('a failure stands beside what was imported before', () => {
    expect(after(stream(3, [{ tag: 'a', items: [item('1', 1)] }]), failed)).toEqual([
      { tag: 'a', items: [item('1', 1)], conditions: [{ ...failure(3), lastTransitionTime: now }] },
    ]);
  });

  it('nothing changes for the failure that is there', () => {
    const current = stream(3, [{ tag: 'a', items: [], conditions: [failure(3)] }]);
    expect(after(current, failed)).toBe(current.status?.tags);
  });

  it('a success takes the failure away', () => {
    expect(after(stream(3, [{ tag: 'a', items: [item('1', 3)], conditions: [failure(3)] }]), imported('1'))).toEqual([
      { tag: 'a', items: [item('1', 3)] },
    ]);
  });

  it('a delayed one changes nothing', () => {
    const current = stream(3, []);
    expect(after(current, { kind: 'delayed', delayMs: 5 })).toBe(current.status?.tags);
  });
});

it.each([
  [1, 1, true],
  [2, 1, false],
  [1, 2, true],
])('a spec tag of generation %i with an item of generation %i is imported: %s', (spec, status, expected) => {
  const tag = { name: 'a', generation: spec };
  expect(isImported(stream(spec, [{ tag: 'a', items: [item('1', status)] }]), tag)).toBe(expected);
});
