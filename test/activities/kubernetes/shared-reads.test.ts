import { expect, it } from 'vitest';
import { SharedReads } from '../../../activities/kubernetes/shared-reads.ts';

/** Reads that end when they are told to, each with its number. */
function source() {
  const ends: ((value: number) => void)[] = [];
  const ask = () => new Promise<number>((resolve) => ends.push(resolve));
  return { ask, begun: () => ends.length, end: (read: number) => ends[read - 1]?.(read) };
}

it('gives everybody who comes during a read the one after it', async () => {
  const { ask, begun, end } = source();
  const reads = new SharedReads<number>();
  const first = reads.read('release', ask);
  const [second, third] = [reads.read('release', ask), reads.read('release', ask)];
  expect(begun()).toBe(1);
  end(1);
  expect(await first).toBe(1);
  await expect.poll(begun).toBe(2);
  end(2);
  expect(await Promise.all([second, third])).toEqual([2, 2]);
});

it('reads again when the last read has ended', async () => {
  const { ask, begun, end } = source();
  const reads = new SharedReads<number>();
  const first = reads.read('release', ask);
  end(1);
  await first;
  void reads.read('release', ask);
  expect(begun()).toBe(2);
});

it('shares no failure with those who come after it', async () => {
  const reads = new SharedReads<number>();
  const failed = reads.read('release', () => Promise.reject(new Error('down')));
  const next = reads.read('release', async () => 2);
  await expect(failed).rejects.toThrow('down');
  expect(await next).toBe(2);
});

it('keeps different things apart', async () => {
  const reads = new SharedReads<number>();
  expect(await Promise.all([reads.read('a', async () => 1), reads.read('b', async () => 2)])).toEqual([1, 2]);
});
