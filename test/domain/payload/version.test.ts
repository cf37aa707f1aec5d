import { describe, expect, it } from 'vitest';
import { bySemanticOrder, compareVersions, incrementVersion, parseVersion, parseVersionTolerant } from '../../../domain/payload/version.ts';

describe('versions', () => {
  it('may have a date in their pre-release', () => {
    expect(parseVersion('4.21.0-0.nightly-2026-03-30-143812')?.prerelease).toEqual([0, 'nightly-2026-03-30-143812']);
  });

  it.each(['4.12', 'v4.12.0', '=4.12.0', ' 4.12.0', '4.12.0 ', '4.012.0', '4.12.0-rc.01', '4-stable', ''])('%j is not strict', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });

  it.each([
    ['4.12', '4.12.0'],
    ['4', '4.0.0'],
    ['v4.12.1', '4.12.1'],
    [' 4.12.1 ', '4.12.1'],
    ['04.012.1', '4.12.1'],
    ['4.12.0-ec.2', '4.12.0-ec.2'],
  ])('%j is tolerated', (text, version) => {
    expect(parseVersionTolerant(text)?.version).toBe(version);
  });

  it.each(['4-stable', '4.12-art-latest', 'release', '', '4.12+x', '1.2.3.4'])('%j is not even tolerated', (text) => {
    expect(parseVersionTolerant(text)).toBeUndefined();
  });

  it('have candidates below finals', () => {
    const sorted = ['4.12.0', '4.12.0-rc.0', '4.12.0-ec.10', '4.12.0-ec.2'].map((text) => parseVersion(text)!).toSorted(compareVersions);
    expect(sorted.map(({ version }) => version)).toEqual(['4.12.0-ec.2', '4.12.0-ec.10', '4.12.0-rc.0', '4.12.0']);
  });

  it('come before other names, highest first', () => {
    expect(['release', '4.9.1', 'alias', '4.10.0-rc.1', '4.10.0', '4.10.10'].toSorted(bySemanticOrder)).toEqual([
      '4.10.10',
      '4.10.0',
      '4.10.0-rc.1',
      '4.9.1',
      'release',
      'alias',
    ]);
  });
});

describe('the version that follows', () => {
  it.each([
    ['4.12.3', '4.12.4'],
    ['4.13.0-rc.2', '4.13.0-rc.3'],
    ['4.13.0-rc.9', '4.13.0-rc.10'],
    ['4.13.0-0.nightly-2024-08-30-110931', '4.13.0-1.nightly-2024-08-30-110931'],
    ['4.13.0-1.2.x', '4.13.0-1.3.x'],
    ['4.13.0-alpha', undefined],
  ])('%s is %s', (version, next) => {
    expect(incrementVersion(parseVersion(version)!)?.version).toBe(next);
  });
});
