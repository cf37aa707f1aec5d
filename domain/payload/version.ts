import semver, { type SemVer } from 'semver';

/** A semantic version; compare with compareVersions, since `===` compares objects. */
export type Version = SemVer;

/**
 * Strict semantic version: three numbers, no prefix, no blanks, no leading zeros. Behaviour of
 * github.com/blang/semver v3, which release-controller uses.
 */
export function parseVersion(text: string): Version | undefined {
  // the library would take `v1.2.3`, `=1.2.3` and surrounding blanks as well
  return /^\d\S*$/.test(text) ? (semver.parse(text) ?? undefined) : undefined;
}

/**
 * The same for people's writing: blanks around it, a leading `v`, missing parts and leading zeros are fine, so that
 * `4.12` is 4.12.0. A short version must not have a pre-release.
 */
export function parseVersionTolerant(text: string): Version | undefined {
  return parseVersion(completed(text)) ?? parseVersion(text);
}

function completed(text: string): string {
  const [, numbers = '', rest = ''] = /^v?([\d.]*)(.*)$/s.exec(text.trim()) ?? [];
  const parts = numbers.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  if (rest !== '') return parts.join('.') + rest;
  return [...parts, '0', '0'].slice(0, Math.max(3, parts.length)).join('.');
}

/**
 * The version that follows: the next patch, or of a pre-release the one whose last numeric part is one higher, so that
 * `4.13.0-rc.2` is followed by `4.13.0-rc.3` (openshift/release-controller, pkg/release-controller/semver.go).
 *
 * @returns undefined where a pre-release has no numeric part
 */
export function incrementVersion({ major, minor, patch, prerelease }: Version): Version | undefined {
  const parts = prerelease.map(String);
  if (parts.length === 0) return parseVersion(`${major}.${minor}.${patch + 1}`);
  const last = parts.findLastIndex((part) => /^\d+$/.test(part));
  if (last === -1) return undefined;
  const next = parts.with(last, String(BigInt(parts[last] ?? '0') + 1n));
  return parseVersion(`${major}.${minor}.${patch}-${next.join('.')}`);
}

/** Negative when `a` is lower. Build metadata does not count; numeric pre-release parts are below words. */
export function compareVersions(a: Version, b: Version): number {
  return semver.compare(a, b);
}

/**
 * Order for names of releases: versions before other names, higher versions first, all else by descending name
 * (openshift/release-controller, pkg/release-controller/semver.go).
 */
export function bySemanticOrder(a: string, b: string): number {
  const [left, right] = [parseVersionTolerant(a), parseVersionTolerant(b)];
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined) || descending(a, b);
  return compareVersions(right, left) || descending(a, b);
}

function descending(a: string, b: string): number {
  return a > b ? -1 : Number(a < b);
}
