import { sha256Bytes } from './sha256.ts';
import { parseVersionTolerant } from './version.ts';

const longestName = 63;
const alphabet = 'bcdfghijklmnpqrstvwxyz0123456789';

/**
 * Name of a ProwJob within the 63 characters that Kubernetes takes. What is too long is cut and carries the hash of
 * the whole base, so that retries of one job share it (openshift/release-controller, cmd/release-controller/
 * sync_verify_prow.go, GenerateSafeProwJobName).
 *
 * @param base `<tag>-<verify name>`
 * @param suffix kept whole; gets its leading dash where it lacks one
 */
export function safeProwJobName(base: string, suffix = ''): string {
  const ending = suffix === '' || suffix.startsWith('-') ? suffix : `-${suffix}`;
  if (base.length + ending.length <= longestName) return base + ending;
  const tail = `-${nameHash(base)}${ending}`;
  return (
    base
      .slice(0, longestName - tail.length)
      .replace(/-$/, '')
      .replace(/\.$/, '') + tail
  );
}

/** Seven characters that stand for a name too long to be written out (pkg/prow/utils.go). */
export function nameHash(...inputs: string[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = sha256Bytes(inputs.join(''));
  // 32 bits are six groups of five and a last one of two, filled up with zeros
  const bits = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const groups = [27, 22, 17, 12, 7, 2].map((shift) => (bits >>> shift) & 31);
  return [...groups, (bits << 3) & 31].map((group) => alphabet[group]).join('');
}

/** What the name of a verification ProwJob tells. */
export interface ProwJobDetails {
  /** major, minor and patch of the release: `4.13.0` */
  version: string;
  /** `nightly`, `ci`, `okd-scos`…, or `Candidate` or `Stable` */
  stream: string;
  /** key of the verification entry, perhaps shortened; empty where the name is a mere version */
  job: string;
  /** `0`, `rc.7`, `ec.4`… */
  prerelease?: string;
  architecture?: string;
  /** `2022-11-11-162833` */
  timestamp?: string;
  /** version that a sampled upgrade starts from */
  upgradeFrom?: string;
  /** retry, from the number at the end */
  count?: number;
}

export type ParsedProwJobName = { ok: true; details: ProwJobDetails } | { ok: false; error: string };

const ending = '(?:-(?<count>\\d+))?$';
const candidate = '(?:ec|fc|rc)\\.\\d+';
/** in this order: the first that fits counts */
const shapes: readonly RegExp[] = [
  `^(?<prerelease>[\\d-]+)\\.(?<stream>okd-scos|okd|\\w+)-(?:(?<architecture>\\w+)-)?(?<timestamp>\\d{4}-\\d{2}-\\d{2}-\\d{6})-(?<job>.+?)${ending}`,
  `^(?:(?<prerelease>${candidate})-)?upgrade-from-(?<upgradeFrom>\\d+\\.\\d+\\.\\d+(?:-${candidate})?)-(?<job>\\w+)${ending}`,
  `^(?<stream>okd-scos|okd)\\.(?<prerelease>${candidate}|\\d+)-(?<job>.+?)${ending}`,
  `^(?<prerelease>${candidate})-(?<job>.+?)${ending}`,
  `^(?<job>.+?)${ending}`,
].map((shape) => new RegExp(shape));

/**
 * Reads a ProwJob name back. A number at the end is always taken for a retry, which is why verification names must
 * not end in one (openshift/release-controller, pkg/releasepayload/utils/release-verification-job-details.go).
 */
export function parseProwJobName(name: string): ParsedProwJobName {
  const parsed = parseVersionTolerant(name);
  if (parsed === undefined) return { ok: false, error: `${JSON.stringify(name)} does not begin with a semantic version` };
  const groups = shapesOf(parsed.prerelease.join('.'));
  const stream = groups.stream ?? (groups.prerelease === undefined ? 'Stable' : 'Candidate');
  const { count, ...words } = groups;
  const known = Object.fromEntries(Object.entries(words).filter(([, word]) => word !== undefined));
  const version = `${parsed.major}.${parsed.minor}.${parsed.patch}`;
  return { ok: true, details: { job: '', ...known, version, stream, ...(count !== undefined && { count: Number(count) }) } };
}

function shapesOf(prerelease: string): Record<string, string | undefined> {
  for (const shape of shapes) {
    const groups = shape.exec(prerelease)?.groups;
    if (groups !== undefined) return groups;
  }
  return {};
}
