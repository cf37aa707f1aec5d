/**
 * Names and times of releases (openshift/release-controller, cmd/release-controller/sync_tags.go). All times are
 * UTC with whole seconds, since ages are compared as text.
 */

/**
 * @param atMs when the release is made, in milliseconds since 1970
 * @returns for example `4.12.0-0.nightly-2024-08-30-110931`
 */
export function releaseTagName(configName: string, atMs: number): string {
  const [date, time] = rfc3339(atMs).replace('Z', '').split('T') as [string, string];
  return `${configName}-${date}-${time.replaceAll(':', '')}`;
}

/** RFC 3339 in UTC, cut to the second: `2024-08-30T11:09:31Z`. */
export function rfc3339(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/**
 * Reads an RFC 3339 time.
 *
 * @returns milliseconds since 1970, or undefined for anything else
 */
export function millisecondsOf(timestamp: string | undefined): number | undefined {
  if (timestamp === undefined || !rfc3339Pattern.test(timestamp)) return undefined;
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? undefined : ms;
}

const rfc3339Pattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;
