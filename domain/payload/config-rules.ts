import type { Publish, ReleaseConfig, Verification } from './config.ts';
import type { Misfit } from './go-json.ts';

/** Upstream refuses `PreviousMinus1` here, although it chooses by it and takes it in periodics. */
export const upgradeSources: ReadonlySet<string> = new Set(['', 'Previous', 'PreviousMinus1', 'PreviousMinor', 'PreviousPatch']);

/**
 * The rules that a release configuration must keep to be run, each broken one with its place, in the order in which the
 * running controller checks them (openshift/release-controller, pkg/release-controller/release.go, ParseReleaseConfig).
 */
export function runtimeProblems(config: ReleaseConfig): Misfit[] {
  const { name, to, as, verify, publish } = config;
  return [
    ...(name === '' ? [{ path: 'name', reason: 'release config must have a valid name' }] : []),
    ...(to === '' && as !== 'Stable' ? [{ path: 'to', reason: "release must specify 'to' unless 'as' is 'Stable'" }] : []),
    ...sortedEntries(verify).flatMap(([key, entry]) => brokenVerification(key, entry)),
    ...sortedEntries(publish).flatMap(([key, entry]) => brokenPublish(key, entry)),
  ];
}

function brokenVerification(name: string, { upgradeFrom, prowJob }: Verification): Misfit[] {
  if (name === '') return [{ path: 'verify', reason: 'verify config has no name' }];
  const path = `verify.${name}`;
  return [
    ...(upgradeSources.has(upgradeFrom)
      ? []
      : [{ path: `${path}.upgradeFrom`, reason: `verify config ${name} has an invalid upgradeFrom: ${upgradeFrom}` }]),
    ...(prowJob?.name === '' ? [{ path: `${path}.prowJob.name`, reason: `prow job for ${name} has no name` }] : []),
  ];
}

function brokenPublish(name: string, { tagRef, imageStreamRef }: Publish): Misfit[] {
  if (name === '') return [{ path: 'publish', reason: 'publish config has no name' }];
  const nameless = (key: string) => ({ path: `publish.${name}.${key}.name`, reason: `${key} publish for ${name} has no name` });
  return [...(tagRef?.name === '' ? [nameless('tagRef')] : []), ...(imageStreamRef?.name === '' ? [nameless('imageStreamRef')] : [])];
}

/** Entries of a map by name, so that every look finds the same first problem. */
export function sortedEntries<T>(entries: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)));
}
