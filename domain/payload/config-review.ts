import type { Periodic, ReleaseConfig, Verification } from './config.ts';
import { sortedEntries, upgradeSources } from './config-rules.ts';
import { cronProblem } from './cron.ts';
import { parseGoDuration } from './go-duration.ts';
import type { Misfit } from './go-json.ts';
import type { Qualifier } from './qualifier.ts';
import { qualifierProblems } from './qualifier-rules.ts';

/**
 * What a review should find in a release configuration before it is merged, beyond what would stop the stream: the
 * rules of upstream's offline validator with its words (openshift/release-controller,
 * cmd/release-controller/config_validate.go), then rules of ours for what it lets through though it cannot work.
 */
export function reviewProblems(config: ReleaseConfig): Misfit[] {
  const { name, verify, periodic, upgrade } = config;
  return [
    ...negative(config, name),
    ...sortedEntries(verify).flatMap(([key, entry]) => reviewVerification(name, key, entry)),
    ...sortedEntries(periodic).flatMap(([key, entry]) => reviewPeriodic(name, key, entry)),
    ...sortedEntries(upgrade).flatMap(([key, { disabled, prowJob }]) =>
      problem(!disabled && !prowJob?.name, `upgrade.${key}.prowJob`, `${name}: upgrade platform ${key} has no prow job`),
    ),
  ];
}

function negative(config: ReleaseConfig, name: string): Misfit[] {
  const limits = ['maxUnreadyReleases', 'minCreationIntervalSeconds'] as const;
  return limits.flatMap((key) => problem(config[key] < 0, key, `${name}: ${key} must not be negative, was ${config[key]}`));
}

function reviewVerification(config: string, name: string, entry: Verification): Misfit[] {
  const { disabled, optional, async, upgradeFrom, upgradeFromRelease, prowJob, maxRetries, aggregatedProwJob, qualifiers } = entry;
  const path = `verify.${name}`;
  const job = `${config}: verification job ${name}`;
  const quoted = `${config}: verification job ${JSON.stringify(name)}`;
  return [
    ...problem(async && !optional, `${path}.async`, `${job} has async set but is not optional`),
    ...problem(
      async && maxRetries > 0,
      `${path}.maxRetries`,
      `${job} has async set with maxRetries > 0, which is contradictory because async jobs are skipped by retry logic`,
    ),
    ...problem(
      upgradeFrom !== '' && upgradeFromRelease !== undefined,
      `${path}.upgradeFromRelease`,
      `${job} cannot have both upgradeFrom and upgradeFromRelease set`,
    ),
    ...problem(
      optional && aggregatedProwJob !== undefined,
      `${path}.optional`,
      `${quoted} cannot be both optional and an aggregatedProwJob`,
    ),
    ...problem(/-\d+$/.test(name), path, `${quoted} must not end with a dash followed by a number`),
    ...sortedEntries(qualifiers).flatMap(([id, qualifier]) => reviewQualifier(name, id, qualifier)),
    ...problem(!disabled && prowJob === undefined, `${path}.prowJob`, `${job} has no prow job and is not disabled`),
    ...problem(maxRetries < 0, `${path}.maxRetries`, `${job} must not have a negative maxRetries, was ${maxRetries}`),
    ...problem(
      aggregatedProwJob !== undefined && aggregatedProwJob.analysisJobCount < 1,
      `${path}.aggregatedProwJob.analysisJobCount`,
      `${job} aggregates no jobs: its analysisJobCount must be at least 1`,
    ),
    ...reviewSource(job, path, upgradeFromRelease),
  ];
}

/** An override must not decide what only the general configuration may. */
function reviewQualifier(verify: string, id: string, qualifier: Qualifier): Misfit[] {
  const path = `verify.${verify}.qualifiers.${id}`;
  const invalid = qualifierProblems(qualifier).map((found) => ({
    path: `${path}.${found.path}`,
    reason: `unable to validate ${JSON.stringify(verify)} release qualifier ${id}: unable to validate qualifier ${id}: ${found.reason}`,
  }));
  const approval = `${verify}: qualifier ${id} must not specify approval in release config (approval qualifiers are only valid in global config)`;
  return [...problem(qualifier.approval !== undefined, `${path}.approval`, approval), ...invalid];
}

function reviewPeriodic(config: string, name: string, entry: Periodic): Misfit[] {
  const { cron, interval, upgradeFrom, upgradeFromRelease, prowJob } = entry;
  const path = `periodic.${name}`;
  const periodic = `${config}: periodic ${name}`;
  const job = `${config}: periodic job ${name}`;
  return [
    ...problem(
      upgradeFrom !== '' && upgradeFromRelease !== undefined,
      `${path}.upgradeFromRelease`,
      `${job} cannot have both upgradeFrom and upgradeFromRelease set`,
    ),
    ...problem(cron === '' && interval === '', path, `${periodic}: must specify a cron or interval`),
    ...problem(cron !== '' && interval !== '', `${path}.cron`, `${periodic}: cannot have both cron and interval specified`),
    ...intervalProblems(interval, path, periodic),
    ...cronProblems(cron, path, periodic),
    ...problem(!prowJob?.name, `${path}.prowJob`, `${job} has no prow job`),
    ...problem(!upgradeSources.has(upgradeFrom), `${path}.upgradeFrom`, `${job} has an invalid upgradeFrom: ${upgradeFrom}`),
    ...reviewSource(job, path, upgradeFromRelease),
  ];
}

function intervalProblems(interval: string, path: string, periodic: string): Misfit[] {
  const parsed = interval === '' ? undefined : parseGoDuration(interval);
  if (parsed === undefined) return [];
  if (!parsed.ok) return [{ path: `${path}.interval`, reason: `${periodic}: cannot parse interval: ${parsed.error}` }];
  return problem(parsed.ms <= 0, `${path}.interval`, `${periodic}: interval must be longer than nothing, was ${interval}`);
}

function cronProblems(cron: string, path: string, periodic: string): Misfit[] {
  const found = cron === '' ? undefined : cronProblem(cron);
  return problem(found !== undefined, `${path}.cron`, `${periodic}: cannot parse cron: ${found}`);
}

function reviewSource(job: string, path: string, source: Verification['upgradeFromRelease']): Misfit[] {
  if (source === undefined) return [];
  const given = [source.prerelease, source.candidate, source.release].filter((variant) => variant !== undefined);
  const reason = `${job} must have exactly one of prerelease, candidate and release in upgradeFromRelease, has ${given.length}`;
  return problem(given.length !== 1, `${path}.upgradeFromRelease`, reason);
}

function problem(broken: boolean, path: string, reason: string): Misfit[] {
  return broken ? [{ path, reason }] : [];
}
