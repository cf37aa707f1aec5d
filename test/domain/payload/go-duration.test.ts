import { describe, expect, it } from 'vitest';
import { formatGoSeconds, parseGoDuration } from '../../../domain/payload/go-duration.ts';

describe('Go durations', () => {
  it.each([
    ['1h', 3_600_000],
    ['-1m', -60_000],
    ['+2s', 2000],
    ['.5h', 1_800_000],
    ['1.h', 3_600_000],
    ['1h2m3s4ms', 3_723_004],
    ['1us', 0.001],
    ['-0', 0],
  ])('reads %s', (text, ms) => {
    expect(parseGoDuration(text)).toEqual({ ok: true, ms });
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['h', 'time: invalid duration "h"'],
    ['.s', 'time: invalid duration ".s"'],
    ['1h2', 'time: missing unit in duration "1h2"'],
    ['1w', 'time: unknown unit "w" in duration "1w"'],
    ['9999999h', 'time: invalid duration "9999999h"'],
  ])('refuses %j', (text, error) => {
    expect(parseGoDuration(text)).toEqual({ ok: false, error });
  });

  it.each([
    [0, '0s'],
    [999, '0s'],
    [45_900, '45s'],
    [60_000, '1m0s'],
    [21_600_000, '6h0m0s'],
    [3_723_000, '1h2m3s'],
    [-61_000, '-1m1s'],
  ])('writes %i ms', (ms, text) => {
    expect(formatGoSeconds(ms)).toBe(text);
  });
});
