import { describe, expect, it } from 'vitest';
import { millisecondsOf, releaseTagName, rfc3339 } from '../../../domain/payload/tag-name.ts';

describe('release tag names', () => {
  const at = Date.UTC(2024, 7, 30, 11, 9, 31, 987);

  it('have the time in UTC, cut to the second', () => {
    expect(releaseTagName('4.12.0-0.nightly', at)).toBe('4.12.0-0.nightly-2024-08-30-110931');
    expect(rfc3339(at)).toBe('2024-08-30T11:09:31Z');
  });

  it.each([
    ['2024-08-30T11:09:31Z', Date.UTC(2024, 7, 30, 11, 9, 31)],
    ['2024-08-30T13:09:31+02:00', Date.UTC(2024, 7, 30, 11, 9, 31)],
    ['2024-08-30T11:09:31.5Z', Date.UTC(2024, 7, 30, 11, 9, 31, 500)],
    ['2024-08-30', undefined],
    ['2024-13-30T11:09:31Z', undefined],
    ['yesterday', undefined],
    [undefined, undefined],
  ])('time %s', (text, ms) => {
    expect(millisecondsOf(text)).toBe(ms);
  });
});
