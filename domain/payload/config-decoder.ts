import type {
  AggregatedProwJob,
  Check,
  Periodic,
  ProwJobName,
  Publish,
  ReferenceRelease,
  ReleaseConfig,
  UpgradePlatform,
  Verification,
} from './config.ts';
import type { UpgradeFromRelease } from './config-upgrade.ts';
import { parseGoDuration } from './go-duration.ts';
import { type Decoder, flag, integer, list, mapOf, type Misfit, optional, struct, text, topOfDocument } from './go-json.ts';
import { qualifierDecoder } from './qualifier-decoder.ts';

export type DecodedConfig = { ok: true; config: ReleaseConfig } | { ok: false; error: string };

/** A release configuration, and everything in its document that does not fit: wrong types first, then unknown keys. */
export interface ReadConfig {
  config: ReleaseConfig;
  problems: Misfit[];
  unknown: Misfit[];
}

/** Gives a release configuration its shape, without judging its values; the first mismatch is the error. */
export function decodeReleaseConfig(document: string): DecodedConfig {
  const read = readReleaseConfig(document);
  if (typeof read === 'string') return { ok: false, error: `release config is not valid JSON: ${read}` };
  const [error] = read.problems;
  return error === undefined ? { ok: true, config: read.config } : { ok: false, error: error.reason };
}

/** @returns why it can not be read at all, where it is not JSON */
export function readReleaseConfig(document: string): ReadConfig | string {
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch (error) {
    return (error as Error).message;
  }
  const place = topOfDocument();
  const config = (value === null ? releaseConfig.zero() : releaseConfig.read(value, place)) as ReleaseConfig;
  return { config, problems: place.problems, unknown: place.unknown };
}

/** A quoted Go duration. Its messages name no field and go before type mismatches, as an own unmarshaller's do. */
const expires: Decoder<number> = {
  zero: () => undefined,
  read(value, { path, problems }) {
    const refuse = (reason: string) => void problems.unshift({ path, reason });
    if (JSON.stringify(value).length < 2) refuse('invalid duration');
    else if (typeof value !== 'string') refuse('duration must be a string');
    else {
      const parsed = parseGoDuration(value);
      if (parsed.ok) return parsed.ms;
      refuse(parsed.error);
    }
    return undefined;
  },
};

const prowJob = optional(struct<ProwJobName>({ name: text }));

const upgradeFromRelease = optional(
  struct<UpgradeFromRelease>({
    prerelease: optional(struct({ version_bounds: struct({ lower: text, upper: text }) })),
    candidate: optional(struct({ stream: text, version: text, relative: integer })),
    release: optional(struct({ version: text, channel: text, architecture: text })),
  }),
);

const verification = struct<Verification>({
  disabled: flag,
  optional: flag,
  async: flag,
  upgrade: flag,
  upgradeFrom: text,
  upgradeFromRelease,
  prowJob,
  maxRetries: integer,
  aggregatedProwJob: optional(struct<AggregatedProwJob>({ prowJob, analysisJobCount: integer })),
  multiJobAnalysis: flag,
  qualifiers: mapOf(qualifierDecoder),
});

const periodic = struct<Periodic>({ interval: text, cron: text, upgrade: flag, upgradeFrom: text, upgradeFromRelease, prowJob });

const publish = struct<Publish>({
  disabled: flag,
  tagRef: optional(struct({ name: text })),
  imageStreamRef: optional(struct({ name: text, namespace: text, tags: list(text), excludeTags: list(text) })),
  verifyIssues: optional(
    struct<NonNullable<Publish['verifyIssues']>>({
      previousReleaseTag: optional(struct({ namespace: text, name: text, tag: text })),
    }),
  ),
});

type ConfigAsWritten = Omit<ReleaseConfig, 'expiresMs'> & { expires?: number };

const asWritten = struct<ConfigAsWritten>({
  name: text,
  message: text,
  hide: flag,
  endOfLife: flag,
  as: text,
  to: text,
  maxUnreadyReleases: integer,
  minCreationIntervalSeconds: integer,
  referenceMode: text,
  pullSecretName: text,
  mirrorPrefix: text,
  overrideCLIImage: text,
  expires,
  verify: mapOf(verification),
  periodic: mapOf(periodic),
  publish: mapOf(publish),
  check: mapOf(struct<Check>({ consistentImages: optional(struct({ parent: text })) })),
  upgrade: mapOf(struct<UpgradePlatform>({ disabled: flag, prowJob })),
  alternateImageRepository: text,
  alternateImageRepositorySecretName: text,
  referenceRelease: optional(struct<ReferenceRelease>({ pushRepository: text, pullRepository: text, secretName: text })),
  disableManifestListMode: flag,
});

const releaseConfig: Decoder<ReleaseConfig> = {
  zero: () => withMilliseconds(asWritten.zero() as ConfigAsWritten),
  read: (value, place) => withMilliseconds(asWritten.read(value, place) as ConfigAsWritten),
};

function withMilliseconds({ expires: expiresMs, ...config }: ConfigAsWritten): ReleaseConfig {
  return expiresMs === undefined ? config : { ...config, expiresMs };
}
