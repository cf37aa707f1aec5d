import type { ReleaseConfig, UpgradePlatform, Verification } from './config.ts';
import { sortedEntries } from './config-rules.ts';
import type { CiConfiguration } from './kinds.ts';
import type { Qualifier } from './qualifier.ts';
import { isStorable } from './qualifier-rules.ts';

export interface PayloadJobs {
  blockingJobs: CiConfiguration[];
  informingJobs: CiConfiguration[];
  upgradeJobs: CiConfiguration[];
}

const defaultAggregator = 'release-openshift-release-analysis-aggregator';

/**
 * The verification jobs that a new payload snapshots from its stream's configuration, each list sorted by name.
 *
 * An aggregated entry blocks by its aggregator, whether it is marked optional or not, and its analysis is informing
 * (openshift/release-controller, cmd/release-controller/sync_release_payload.go). An entry without a job runs nothing
 * and is left out; an aggregated one without analysis runs is an ordinary blocking entry.
 */
export function payloadJobs(config: ReleaseConfig): PayloadJobs {
  const entries = sortedEntries(config.verify).filter(([, { disabled }]) => !disabled);
  return {
    blockingJobs: entries.flatMap(([verify, entry]) => blockingJob(verify, entry)),
    informingJobs: entries.flatMap(([verify, entry]) => informingJob(verify, entry)),
    upgradeJobs: sortedEntries(config.upgrade).flatMap(([platform, upgrade]) => upgradeJob(platform, upgrade)),
  };
}

function blockingJob(verify: string, entry: Verification): CiConfiguration[] {
  const { prowJob, optional, aggregatedProwJob } = entry;
  if (!prowJob?.name || (optional && aggregatedProwJob === undefined)) return [];
  const aggregator = aggregatedProwJob?.prowJob?.name || defaultAggregator;
  const job = isAggregated(entry) ? `${verify}-${aggregator}` : prowJob.name;
  return [{ ciConfigurationName: verify, ciConfigurationJobName: job, ...retriesOf(entry), ...qualifiersOf(entry) }];
}

function informingJob(verify: string, entry: Verification): CiConfiguration[] {
  const { prowJob, optional, aggregatedProwJob } = entry;
  if (!prowJob?.name) return [];
  const names = { ciConfigurationName: verify, ciConfigurationJobName: prowJob.name };
  if (isAggregated(entry)) {
    return [{ ...names, analysisJobCount: aggregatedProwJob?.analysisJobCount ?? 0, ...qualifiersOf(entry) }];
  }
  return optional && aggregatedProwJob === undefined ? [{ ...names, ...retriesOf(entry), ...qualifiersOf(entry) }] : [];
}

function upgradeJob(platform: string, { disabled, prowJob }: UpgradePlatform): CiConfiguration[] {
  if (disabled || !prowJob?.name) return [];
  return [{ ciConfigurationName: platform, ciConfigurationJobName: prowJob.name }];
}

function isAggregated({ aggregatedProwJob }: Verification): boolean {
  return (aggregatedProwJob?.analysisJobCount ?? 0) > 0;
}

function retriesOf({ maxRetries }: Verification): { maxRetries?: number } {
  return maxRetries > 0 ? { maxRetries } : {};
}

function qualifiersOf({ qualifiers }: Verification): { qualifiers?: Record<string, Qualifier> } {
  const storable = Object.entries(qualifiers).filter(([, qualifier]) => isStorable(qualifier));
  return storable.length > 0 ? { qualifiers: Object.fromEntries(storable) } : {};
}
