import { placeOf } from './cluster-group.ts';
import { GoRandom } from './go-random.ts';
import type { CiConfiguration, ReleasePayload } from './kinds.ts';
import { safeProwJobName } from './prow-job-name.ts';
import { sha256Bytes } from './sha256.ts';
import { compareVersions, parseVersion, type Version } from './version.ts';
import type { VerificationRun } from './verification-run.ts';

/** Of each minor version so many are taken from the newest, the oldest and the rest. */
const sampleSize = 3;

/**
 * The versions that upgrades to a release are tested from, by minor version: all of them where there are fewer than
 * nine, otherwise the three newest, the three oldest and three drawn from the rest. The draw is release-controller's
 * (cmd/release-controller/sync_upgrade.go), so that for the same list both choose the same.
 *
 * @param previous as the release's metadata has them: their order decides the draw. What is no version is left out
 */
export function sampledVersions(previous: readonly string[]): string[] {
  const random = new GoRandom(seedOf(previous));
  const groups = versionsByMinor(previous);
  const draw = (from: readonly string[]) => {
    const drawn = new Set<string>();
    // a list may name a version twice
    const wanted = Math.min(sampleSize, new Set(from).size);
    while (drawn.size < wanted) drawn.add(from[random.intn(from.length)] as string);
    return drawn;
  };
  const chosen = groups.flatMap((versions) =>
    versions.length < 3 * sampleSize
      ? versions
      : [...versions.slice(0, sampleSize), ...versions.slice(-sampleSize), ...draw(versions.slice(sampleSize, -sampleSize))],
  );
  return [...new Set(chosen)];
}

/** The first eight bytes of the list's hash, as a signed number. */
function seedOf(previous: readonly string[]): bigint {
  const bytes = sha256Bytes(previous.join('')).slice(0, 8);
  return BigInt.asIntN(64, BigInt(`0x${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`));
}

/** Groups by major and minor version in the order of their text (`4.09` before `4.10`), in each the highest first. */
export function versionsByMinor(previous: readonly string[]): string[][] {
  const groups = new Map<string, { text: string; version: Version }[]>();
  for (const text of previous) {
    const version = parseVersion(text);
    if (version === undefined) continue;
    const key = `${version.major}.${String(version.minor).padStart(2, '0')}`;
    groups.set(key, [...(groups.get(key) ?? []), { text, version }]);
  }
  const inOrder = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return inOrder.map(([, versions]) =>
    versions.toSorted((a, b) => compareVersions(b.version, a.version) || (a.text > b.text ? -1 : 1)).map(({ text }) => text),
  );
}

/** Places in turn, for so many things. Upstream begins anywhere; here the name of the release says where. */
export function roundRobin<T>(places: readonly T[], things: number, start = 0): T[] {
  if (places.length === 0) throw new Error('cannot create cluster distribution with no items');
  return Array.from({ length: things }, (_, index) => places[(start + index) % places.length] as T);
}

/**
 * The upgrade runs that a payload of a Stable stream should have: one for each sampled version, on the platforms of
 * its upgrade entries in turn.
 */
export function sampledRuns({ metadata, spec }: ReleasePayload, previous: readonly string[]): VerificationRun[] {
  const entries = platformsOf(spec);
  if (entries.length === 0) return [];
  const versions = sampledVersions(previous);
  const platforms = roundRobin(entries, versions.length, placeOf(metadata.name, entries.length));
  return versions.map((version, index) => runOf(metadata.name, version, platforms[index] as CiConfiguration));
}

/**
 * Those of the runs that are still to be started. A version that was tested on any platform, by whomever, is done:
 * release-controller may have chosen another platform.
 *
 * @param known names of ProwJobs that exist or existed
 */
export function missingUpgradeRuns(
  payload: ReleasePayload,
  runs: readonly VerificationRun[],
  known: ReadonlySet<string>,
): VerificationRun[] {
  const entries = platformsOf(payload.spec);
  return runs.filter(({ from = '' }) => !entries.some((entry) => known.has(runOf(payload.metadata.name, from, entry).name)));
}

function platformsOf({ payloadVerificationConfig }: ReleasePayload['spec']): CiConfiguration[] {
  return payloadVerificationConfig?.upgradeJobs ?? [];
}

function runOf(
  tag: string,
  from: string,
  { ciConfigurationName: platform, ciConfigurationJobName: definition }: CiConfiguration,
): VerificationRun {
  const name = upgradeRunName(tag, from, platform);
  return { name, verify: `upgrade-from-${from}`, kind: 'upgrade', definition, specJob: definition, attempt: 0, from, platform };
}

export function upgradeRunName(tag: string, from: string, platform: string): string {
  return safeProwJobName(`${tag}-upgrade-from-${from}`, platform);
}

const registryArchitecture: Record<string, string> = { amd64: 'x86_64', arm64: 'aarch64' };

/** Where an official release can be pulled. */
export function officialPullSpec(version: string, architecture: string): string {
  return `quay.io/openshift-release-dev/ocp-release:${version}-${registryArchitecture[architecture] ?? architecture}`;
}
