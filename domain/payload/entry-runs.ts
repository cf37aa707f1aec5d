import type { CiConfiguration, ReleasePayload } from './kinds.ts';
import { safeProwJobName } from './prow-job-name.ts';
import type { VerificationRun } from './verification-run.ts';

/** The runs that one verify entry of a payload may have. */
export interface EntryRuns {
  verify: string;
  list: 'blocking' | 'informing';
  maxRetries: number;
  /** what the attempts' run decides the entry's fate; attempt 0, then the retries */
  attempts: readonly VerificationRun[];
  /** statistical runs that are started along with the first attempt */
  analysis: readonly VerificationRun[];
}

/**
 * The entries of a payload's spec with the runs that belong to them, sorted by name. The snapshot in the spec decides,
 * not the stream's present configuration: acceptance waits for what the snapshot names, so that is what must run.
 *
 * An aggregated entry stands in both lists under one name: blocking as `<verify>-<aggregator>`, informing with the
 * number of analysis runs (openshift/release-controller, cmd/release-controller/sync_release_payload.go).
 */
export function entryRuns({ metadata, spec }: ReleasePayload): EntryRuns[] {
  const blocking = spec.payloadVerificationConfig?.blockingJobs ?? [];
  const informing = spec.payloadVerificationConfig?.informingJobs ?? [];
  const entries = blocking.map((job) => {
    const sample = informing.find((other) => isSampleOf(other, job));
    return sample === undefined ? plain(metadata.name, job, 'blocking') : aggregated(metadata.name, job, sample);
  });
  const taken = new Set(blocking.map(({ ciConfigurationName }) => ciConfigurationName));
  const rest = informing.filter(({ ciConfigurationName }) => !taken.has(ciConfigurationName));
  return [
    ...entries,
    ...rest.map((job) => (analysisCount(job) > 0 ? sampleOnly(metadata.name, job) : plain(metadata.name, job, 'informing'))),
  ].toSorted((a, b) => (a.verify < b.verify ? -1 : Number(a.verify > b.verify)));
}

function isSampleOf(informing: CiConfiguration, blocking: CiConfiguration): boolean {
  const verify = blocking.ciConfigurationName;
  return informing.ciConfigurationName === verify && blocking.ciConfigurationJobName.startsWith(`${verify}-`);
}

function analysisCount({ analysisJobCount = 0 }: CiConfiguration): number {
  return analysisJobCount;
}

function plain(tag: string, job: CiConfiguration, list: EntryRuns['list']): EntryRuns {
  const { ciConfigurationName: verify, ciConfigurationJobName: definition } = job;
  const run = (attempt: number): VerificationRun => ({
    name: safeProwJobName(`${tag}-${verify}`, attempt === 0 ? '' : `${attempt}`),
    verify,
    kind: 'single',
    definition,
    specJob: definition,
    attempt,
  });
  return { verify, list, ...attemptsOf(job, run), analysis: [] };
}

function aggregated(tag: string, job: CiConfiguration, sample: CiConfiguration): EntryRuns {
  const { ciConfigurationName: verify, ciConfigurationJobName: specJob } = job;
  const run = (attempt: number): VerificationRun => ({
    name: safeProwJobName(`${tag}-${verify}`, attempt === 0 ? 'aggregator' : `aggregator-${attempt}`),
    verify,
    kind: 'aggregator',
    definition: specJob.slice(verify.length + 1),
    specJob,
    attempt,
  });
  return { verify, list: 'blocking', ...attemptsOf(job, run), analysis: analysisRuns(tag, sample) };
}

function sampleOnly(tag: string, job: CiConfiguration): EntryRuns {
  const verify = job.ciConfigurationName;
  return { verify, list: 'informing', maxRetries: 0, attempts: [], analysis: analysisRuns(tag, job) };
}

function attemptsOf({ maxRetries = 0 }: CiConfiguration, run: (attempt: number) => VerificationRun) {
  const retries = Math.max(0, maxRetries);
  return { maxRetries: retries, attempts: Array.from({ length: retries + 1 }, (_, attempt) => run(attempt)) };
}

function analysisRuns(tag: string, job: CiConfiguration): VerificationRun[] {
  const { ciConfigurationName: verify, ciConfigurationJobName: definition } = job;
  return Array.from({ length: analysisCount(job) }, (_, index) => ({
    name: safeProwJobName(`${tag}-${verify}`, `analysis-${index}`),
    verify,
    kind: 'analysis',
    definition,
    specJob: definition,
    attempt: 0,
    index,
  }));
}
