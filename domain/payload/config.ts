import { byteLength } from './sha256.ts';
import { decodeReleaseConfig } from './config-decoder.ts';
import { runtimeProblems } from './config-rules.ts';
import type { UpgradeFromRelease } from './config-upgrade.ts';
import type { Qualifier } from './qualifier.ts';

export type { UpgradeFromRelease } from './config-upgrade.ts';

/**
 * The release configuration in annotation `release.openshift.io/config` of a source stream, with Go's zero values
 * filled in: an absent string is empty, an absent map has no keys; objects that may be absent are undefined.
 * Keys and meaning: openshift/release-controller, pkg/release-controller/types.go.
 */
export interface ReleaseConfig {
  name: string;
  message: string;
  hide: boolean;
  endOfLife: boolean;
  /** `Stable`: the tags are release images already; anything else is an Integration stream */
  as: string;
  to: string;
  /** 0 or less: no limit */
  maxUnreadyReleases: number;
  /** 0 or less: no minimum */
  minCreationIntervalSeconds: number;
  referenceMode: string;
  pullSecretName: string;
  mirrorPrefix: string;
  overrideCLIImage: string;
  /** from the Go duration `expires` */
  expiresMs?: number;
  verify: Record<string, Verification>;
  periodic: Record<string, Periodic>;
  publish: Record<string, Publish>;
  check: Record<string, Check>;
  upgrade: Record<string, UpgradePlatform>;
  alternateImageRepository: string;
  alternateImageRepositorySecretName: string;
  referenceRelease?: ReferenceRelease;
  disableManifestListMode: boolean;
}

export interface ReferenceRelease {
  pushRepository: string;
  pullRepository: string;
  secretName: string;
}

export interface ProwJobName {
  name: string;
}

export interface Verification {
  disabled: boolean;
  /** informing instead of blocking */
  optional: boolean;
  async: boolean;
  upgrade: boolean;
  /** empty, `Previous`, `PreviousMinus1`, `PreviousMinor` or `PreviousPatch` */
  upgradeFrom: string;
  upgradeFromRelease?: UpgradeFromRelease;
  prowJob?: ProwJobName;
  maxRetries: number;
  aggregatedProwJob?: AggregatedProwJob;
  multiJobAnalysis: boolean;
  /** overrides of qualifiers, by id */
  qualifiers: Record<string, Qualifier>;
}

export interface AggregatedProwJob {
  /** the aggregator; absent means release-controller's default */
  prowJob?: ProwJobName;
  analysisJobCount: number;
}

export interface Periodic {
  interval: string;
  cron: string;
  upgrade: boolean;
  upgradeFrom: string;
  upgradeFromRelease?: UpgradeFromRelease;
  prowJob?: ProwJobName;
}

export interface Publish {
  disabled: boolean;
  tagRef?: { name: string };
  imageStreamRef?: { name: string; namespace: string; tags: string[]; excludeTags: string[] };
  verifyIssues?: { previousReleaseTag?: { namespace: string; name: string; tag: string } };
}

export interface Check {
  consistentImages?: { parent: string };
}

export interface UpgradePlatform {
  disabled: boolean;
  prowJob?: ProwJobName;
}

export type ParsedConfig = { ok: true; config: ReleaseConfig } | { ok: false; error: string };

const maximumBytes = 16 * 1024;

/**
 * Reads a release configuration the way the running controller does: unknown keys are ignored, keys match without
 * regard to case, and the first broken rule is the answer (pkg/release-controller/release.go, ParseReleaseConfig).
 * Entries of a map are checked in the order of their names, where Go takes any.
 *
 * @param text the annotation's value
 */
export function parseReleaseConfig(text: string): ParsedConfig {
  if (isTooLong(text)) return { ok: false, error: tooLong };
  const decoded = decodeReleaseConfig(text);
  if (!decoded.ok) return decoded;
  const [problem] = runtimeProblems(decoded.config);
  return problem === undefined ? decoded : { ok: false, error: problem.reason };
}

export const tooLong = 'release config must be less than 16k';

export function isTooLong(text: string): boolean {
  return byteLength(text) > maximumBytes;
}

export function isStable({ as }: Pick<ReleaseConfig, 'as'>): boolean {
  return as === 'Stable';
}
