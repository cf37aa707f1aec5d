import type { CiConfiguration, ReleasePayload, VerificationJobStatus } from './kinds.ts';
import type { JobLists } from './run-matching.ts';

/**
 * The job lists of a payload's status, completed from its spec: an entry that the status lacks, because it is new or
 * because somebody cleared it, comes back; one that is there stays as it is. Upgrade entries take only their names
 * from the spec (openshift/release-controller, pkg/cmd/release-payload-controller/payload_verification_controller.go).
 */
export function seededLists({ spec, status }: ReleasePayload): JobLists {
  const wanted = spec.payloadVerificationConfig;
  return {
    blocking: complete(status?.blockingJobResults, wanted?.blockingJobs, seed),
    informing: complete(status?.informingJobResults, wanted?.informingJobs, seed),
    upgrade: complete(status?.upgradeJobResults, wanted?.upgradeJobs, seedNames),
  };
}

function complete(
  stored: readonly VerificationJobStatus[] | null | undefined,
  wanted: readonly CiConfiguration[] | null | undefined,
  seedEntry: (job: CiConfiguration) => VerificationJobStatus,
): VerificationJobStatus[] {
  const present = new Set((stored ?? []).map(({ ciConfigurationName }) => ciConfigurationName));
  const missing = (wanted ?? []).filter(({ ciConfigurationName }) => !present.has(ciConfigurationName));
  return [...(stored ?? []), ...missing.map(seedEntry)];
}

function seed(job: CiConfiguration): VerificationJobStatus {
  const { maxRetries, analysisJobCount } = job;
  return {
    ...seedNames(job),
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...(analysisJobCount === undefined ? {} : { analysisJobCount }),
  };
}

function seedNames({ ciConfigurationName, ciConfigurationJobName }: CiConfiguration): VerificationJobStatus {
  return { ciConfigurationName, ciConfigurationJobName };
}

/** The order in which entries and their runs are stored: by name. */
export function sortedJobs(jobs: readonly VerificationJobStatus[]): VerificationJobStatus[] {
  return jobs
    .map((job) => (job.results ? { ...job, results: job.results.toSorted(byName(({ coordinates }) => coordinates?.name ?? '')) } : job))
    .toSorted(byName(({ ciConfigurationName }) => ciConfigurationName));
}

function byName<T>(name: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (name(a) < name(b) ? -1 : Number(name(a) > name(b)));
}
