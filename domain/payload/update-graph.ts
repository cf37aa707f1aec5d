import type { UpgradeFromRelease } from './config.ts';
import { bySemanticOrder, parseVersion } from './version.ts';

/** One official release, as the OpenShift update service lists it. */
export interface GraphNode {
  version: string;
  /** pull spec of the payload */
  payload: string;
}

export type OfficialRelease = NonNullable<UpgradeFromRelease['release']>;

/** What to ask the update service for (openshift/ci-tools, pkg/release/official). */
export function graphQuery({ version, channel, architecture }: OfficialRelease): { channel: string; arch: string } {
  const series = version.split('.').slice(0, 2).join('.');
  return { channel: channel.endsWith(`-${series}`) ? channel : `${channel}-${series}`, arch: architecture || 'amd64' };
}

/**
 * The official release that a version means: a full one itself, `4.12` the highest of its series. Upstream gives the
 * two parts of the answer in the wrong order.
 */
export function latestFromGraph(nodes: readonly GraphNode[], version: string): { tag: string; pullSpec: string } | undefined {
  const full = version.split('.').length > 2;
  const fitting = nodes.filter((node) => (full ? node.version === version : seriesOf(node.version) === version));
  const [highest] = fitting.toSorted((a, b) => bySemanticOrder(a.version, b.version));
  return highest && { tag: highest.version, pullSpec: highest.payload };
}

function seriesOf(text: string): string | undefined {
  const version = parseVersion(text);
  return version && `${version.major}.${version.minor}`;
}
