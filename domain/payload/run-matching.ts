import semver from 'semver';
import type { VerificationJobStatus } from './kinds.ts';
import { nameHash } from './prow-job-name.ts';
import { upgradeRunName } from './sampled-upgrades.ts';

/** The three job lists of a payload's status. */
export interface JobLists {
  blocking: readonly VerificationJobStatus[];
  informing: readonly VerificationJobStatus[];
  upgrade: readonly VerificationJobStatus[];
}

/** The lists again, with every entry changed. */
export function mapEntries(lists: JobLists, change: (entry: VerificationJobStatus) => VerificationJobStatus): JobLists {
  return {
    blocking: lists.blocking.map(change),
    informing: lists.informing.map(change),
    upgrade: lists.upgrade.map(change),
  };
}

/** What a ProwJob tells about where its result belongs. */
export interface RunIdentity {
  /** ProwJob name */
  name: string;
  /** name of the job that really runs; undefined where only the ProwJob's name is known */
  job: string | undefined;
  /** one of the parallel runs of a statistical analysis */
  analysis: boolean;
  /** the release that an upgrade starts from, where the ProwJob says it */
  from?: string;
}

export interface RunMatch {
  entry: VerificationJobStatus;
  /** the version that a sampled upgrade run started from, read from its name */
  upgradedFrom?: string;
}

const attemptSuffix = /^-(?:\d+|aggregator(?:-\d+)?|analysis-\d+)$/;
const retrySuffix = /-\d+$/;

/**
 * Finds the entry that a run belongs to: blocking first, then informing, then upgrade jobs.
 *
 * An entry matches when its job name is the run's and its name, or the hash that a shortened ProwJob name carries
 * instead, stands in the ProwJob's name (openshift/release-controller,
 * pkg/cmd/release-payload-controller/prowjob_controller.go). We compare against the name that the entry's run must
 * have, so that names need not follow any grammar. Analysis runs belong to the informing entry with an analysis count.
 */
export function matchRun(lists: JobLists, tag: string, run: RunIdentity): RunMatch | undefined {
  const jobFits = (entry: VerificationJobStatus) => run.job === undefined || entry.ciConfigurationJobName === run.job;
  const fits = (entry: VerificationJobStatus) => jobFits(entry) && isNameOfRun(run.name, tag, entry.ciConfigurationName);

  if (run.analysis) return matched(lists.informing.find((entry) => (entry.analysisJobCount ?? 0) > 0 && fits(entry)));
  return (
    matched([...lists.blocking, ...lists.informing].find(fits)) ??
    firstDefined(lists.upgrade.filter(jobFits), (entry) => matchUpgrade(run, tag, entry)) ??
    matched(lists.upgrade.find(fits))
  );
}

function isNameOfRun(runName: string, tag: string, entryName: string): boolean {
  const base = `${tag}-${entryName}`;
  if (runName === base || (runName.startsWith(base) && attemptSuffix.test(runName.slice(base.length)))) return true;
  return `${runName}-`.includes(`-${nameHash(base)}-`);
}

/**
 * A sampled upgrade is named `<tag>-upgrade-from-<version>-<platform>`, its entry after the platform alone. Where the
 * name was too long, the version is what the ProwJob says beside it.
 */
function matchUpgrade({ name: runName, from }: RunIdentity, tag: string, entry: VerificationJobStatus): RunMatch | undefined {
  if (from !== undefined && runName === upgradeRunName(tag, from, entry.ciConfigurationName)) return { entry, upgradedFrom: from };
  const prefix = `${tag}-upgrade-from-`;
  const suffix = `-${entry.ciConfigurationName}`;
  if (!runName.startsWith(prefix)) return undefined;
  const rest = runName.slice(prefix.length);
  const withoutRetry = rest.endsWith(suffix) ? rest : rest.replace(retrySuffix, '');
  if (!withoutRetry.endsWith(suffix)) return undefined;
  const upgradedFrom = withoutRetry.slice(0, -suffix.length);
  return semver.valid(upgradedFrom) === null ? undefined : { entry, upgradedFrom };
}

function matched(entry: VerificationJobStatus | undefined): RunMatch | undefined {
  return entry && { entry };
}

function firstDefined<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What an upgrade from one version to another counts as; undefined where that is not known or crosses a major version. */
export function upgradeType(from: string | undefined, to: string): 'upgrade' | 'upgrade-minor' | undefined {
  const [source, target] = [semver.parse(from), semver.parse(to)];
  if (source === null || target === null || source.major !== target.major) return undefined;
  return target.minor > source.minor ? 'upgrade-minor' : 'upgrade';
}
