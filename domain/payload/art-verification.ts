import type { ReleaseConfig, Verification } from './config.ts';
import { parseVersionTolerant } from './version.ts';

/**
 * The stream whose verification a Stable release is given besides its own: `4.15-art-latest` for `4.15.3` and the
 * suffix `-art-latest` (openshift/release-controller, cmd/release-controller/sync_verify.go).
 *
 * @returns undefined for a tag that is no version
 */
export function versionedStream(tag: string, suffix: string): string | undefined {
  const version = parseVersionTolerant(tag);
  return version && `${version.major}.${version.minor}${suffix}`;
}

/**
 * A Stable stream's config with the blocking verifications of the versioned stream added as informing ones. What the
 * stream defines itself, and what needs runs to compare with (aggregated entries, analysis over several jobs), is not.
 */
export function withArtVerification(stable: ReleaseConfig, versioned: ReleaseConfig): ReleaseConfig {
  const added = Object.entries(versioned.verify).filter(([name, entry]) => isAdded(entry) && !Object.hasOwn(stable.verify, name));
  const informing = added.map(([name, entry]): [string, Verification] => [name, { ...entry, optional: true }]);
  return { ...stable, verify: { ...Object.fromEntries(informing), ...stable.verify } };
}

function isAdded({ optional, aggregatedProwJob, multiJobAnalysis }: Verification): boolean {
  return !optional && aggregatedProwJob === undefined && !multiJobAnalysis;
}
