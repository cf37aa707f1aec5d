import { describe, expect, it } from 'vitest';
import { parseVersion } from '../../../domain/payload/version.ts';
import { parseVersionRange } from '../../../domain/payload/version-range.ts';

describe('version ranges', () => {
  const rows: [string, string[], string[]][] = [
    ['>4.5.0 <4.6.0-0', ['4.5.1', '4.5.9-rc.1'], ['4.5.0', '4.6.0-0', '4.6.0-rc.1', '4.6.0']],
    ['>4.5.0 <4.6.0', ['4.5.1', '4.6.0-rc.1'], ['4.6.0']],
    ['> 4.5.0 < 4.6.0', ['4.5.1'], ['4.5.0']],
    ['4.5.x', ['4.5.0', '4.5.9'], ['4.4.9', '4.6.0', '4.5.0-rc.1']],
    ['>4.5.x', ['4.6.0'], ['4.5.9', '4.5.0']],
    ['<=4.x', ['4.99.0', '3.0.0'], ['5.0.0']],
    ['!4.5.x', ['4.4.0', '4.6.0'], ['4.5.1']],
    ['4.5.1 || =4.5.3 || ==4.5.5', ['4.5.1', '4.5.3', '4.5.5'], ['4.5.2']],
    ['>=4.5.1 !=4.5.2 <=4.5.3', ['4.5.1', '4.5.3'], ['4.5.2', '4.5.4']],
  ];
  it.each(rows)('%s', (text, inside, outside) => {
    const range = parseVersionRange(text);
    const included = (version: string) => range.ok && range.includes(parseVersion(version)!);
    expect(inside.filter((version) => !included(version))).toEqual([]);
    expect(outside.filter(included)).toEqual([]);
  });

  it.each(['', '>4.5', '>> 4.5.0', '>4.5.0 <', '4.5.0 ||'])('%j is refused', (text) => {
    expect(parseVersionRange(text)).toMatchObject({ ok: false, error: expect.stringContaining('could not parse range') });
  });
});
