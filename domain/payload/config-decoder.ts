import type {
  AggregatedProwJob,
  Check,
  Periodic,
  ProwJobName,
  Publish,
  Qualifier,
  ReferenceRelease,
  ReleaseConfig,
  UpgradePlatform,
  Verification,
} from './config.ts';
import type { UpgradeFromRelease } from './config-upgrade.ts';
import { parseGoDuration } from './go-duration.ts';
import { type Decoder, flag, integer, list, mapOf, optional, type Place, struct, text } from './go-json.ts';

export type DecodedConfig = { ok: true; config: ReleaseConfig } | { ok: false; error: string };

/** Gives a release configuration its shape, without judging its values; the first mismatch is the error. */
export function decodeReleaseConfig(document: string): DecodedConfig {
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch (error) {
    return { ok: false, error: `release config is not valid JSON: ${(error as Error).message}` };
  }
  const place: Place = { path: '', problems: [] };
  const config = (value === null ? releaseConfig.zero() : releaseConfig.read(value, place)) as ReleaseConfig;
  const [error] = place.problems;
  return error === undefined ? { ok: true, config } : { ok: false, error };
}

/** A quoted Go duration. Its messages name no field and go before type mismatches, as an own unmarshaller's do. */
const expires: Decoder<number> = {
  zero: () => undefined,
  read(value, { problems }) {
    if (JSON.stringify(value).length < 2) problems.unshift('invalid duration');
    else if (typeof value !== 'string') problems.unshift('duration must be a string');
    else {
      const parsed = parseGoDuration(value);
      if (parsed.ok) return parsed.ms;
      problems.unshift(parsed.error);
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

const escalation = struct<Record<string, unknown>>({
  name: optional(text),
  failures: optional(integer),
  overLastRuns: optional(integer),
  passPercentage: optional(integer),
  overPeriod: optional(text),
  priority: optional(text),
  mentions: optional(list(text)),
  needsInfo: optional(list(text)),
});

const jiraNotification = struct<Record<string, unknown>>({
  project: optional(text),
  component: optional(text),
  assignee: optional(text),
  summary: optional(text),
  description: optional(text),
  thread: optional(text),
  escalations: optional(list(escalation)),
});

const qualifier = struct<Qualifier>({
  enabled: optional(flag),
  approval: optional(flag),
  badgeName: optional(text),
  summary: optional(text),
  description: optional(text),
  payloadBadgeStatus: optional(text),
  failureLabels: optional(list(text)),
  notifications: optional(struct<Record<string, unknown>>({ jira: optional(jiraNotification) })),
});

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
  qualifiers: mapOf(qualifier),
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
