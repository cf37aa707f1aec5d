import { expect, it } from 'vitest';
import { TimerHeap } from '../../../../infra/sandbox/loop/timer-heap.ts';

it('gives keys in the order of their times, whatever order they came in', () => {
  const heap = new TimerHeap();
  const times = Array.from({ length: 500 }, (_, index) => (index * 7919) % 500);
  for (const at of times) heap.put(`k${at}`, at);
  const taken: string[] = [];
  for (let next = heap.next(); next !== undefined; next = heap.next()) taken.push(...heap.take(next));
  expect(taken).toEqual(
    times
      .map((at) => at)
      .toSorted((a, b) => a - b)
      .map((at) => `k${at}`),
  );
});

it('keeps the earlier of two times for one key', () => {
  const heap = new TimerHeap();
  heap.put('a', 20);
  heap.put('a', 10);
  heap.put('a', 30);
  expect(heap.take(9)).toEqual([]);
  expect(heap.take(10)).toEqual(['a']);
  expect(heap.next()).toBeUndefined();
});

it('takes a key that was taken before again', () => {
  const heap = new TimerHeap();
  heap.put('a', 1);
  heap.take(1);
  heap.put('a', 5);
  expect(heap.next()).toBe(5);
});
