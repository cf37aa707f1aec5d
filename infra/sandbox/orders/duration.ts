import { createHash } from 'node:crypto';

/** A duration that differs from name to name and is the same each time, in milliseconds between the two. */
export function durationOf(name: string, shortestMs: number, longestMs: number): number {
  const number = createHash('sha256').update(name).digest().readUInt32BE();
  return shortestMs + (number % (longestMs - shortestMs + 1));
}
