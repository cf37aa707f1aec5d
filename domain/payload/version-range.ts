import { compareVersions, parseVersion, type Version } from './version.ts';

export type ParsedRange = { ok: true; includes: (version: Version) => boolean } | { ok: false; error: string };

type Test = (version: Version) => boolean;

const comparator = /^(>=|<=|>|<|==|=|!=|!)?(\S+)$/;
const operators: Record<string, (difference: number) => boolean> = {
  '': (difference) => difference === 0,
  '=': (difference) => difference === 0,
  '==': (difference) => difference === 0,
  '!': (difference) => difference !== 0,
  '!=': (difference) => difference !== 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
};

/**
 * Reads a range as github.com/blang/semver does: comparators side by side must all hold, `||` separates alternatives,
 * `4.5.x` means any patch. Unlike npm's ranges a pre-release is an ordinary version: 4.6.0-rc.0 is below 4.6.0.
 */
export function parseVersionRange(text: string): ParsedRange {
  const alternatives: Test[][] = [];
  for (const alternative of text.split('||')) {
    const parts = alternative
      .replace(/([<>=!])\s+/g, '$1')
      .trim()
      .split(/\s+/);
    const tests = parts.map(testOf);
    const wrong = tests.indexOf(undefined);
    if (wrong !== -1)
      return { ok: false, error: `could not parse range ${JSON.stringify(text)}: ${JSON.stringify(parts[wrong])} is no comparator` };
    alternatives.push(tests as Test[]);
  }
  return { ok: true, includes: (version) => alternatives.some((tests) => tests.every((test) => test(version))) };
}

function testOf(part: string): Test | undefined {
  const [, operator = '', bound = ''] = comparator.exec(part) ?? [];
  const series = /^(\d+)\.(?:(\d+)\.)?x(?:\.x)?$/.exec(bound);
  if (series !== null) return seriesTest(operator, Number(series[1]), series[2] === undefined ? undefined : Number(series[2]));
  const version = parseVersion(bound);
  return version && ((candidate) => operators[operator]?.(compareVersions(candidate, version)) === true);
}

/** A series is everything from its first final version to the next series' first. */
function seriesTest(operator: string, major: number, minor: number | undefined): Test {
  const first = parseVersion(`${major}.${minor ?? 0}.0`) as Version;
  const next = parseVersion(minor === undefined ? `${major + 1}.0.0` : `${major}.${minor + 1}.0`) as Version;
  // where the version stands against the series: below, in or above it
  return (version) =>
    operators[operator]?.(compareVersions(version, first) < 0 ? -1 : Number(compareVersions(version, next) >= 0)) === true;
}
