import { sha256Bytes } from './sha256.ts';

/**
 * The build cluster of a job: that of its definition, or where the cluster is in a group, one of the group's. Of
 * several groups with it the last one counts (openshift/release-controller, cmd/release-controller/
 * cluster_distribution.go). Upstream draws lots; we derive the place from the ProwJob's name, which spreads jobs as
 * evenly, so that whoever makes the job again makes the same one.
 *
 * @param groups members in the order of the settings
 * @param name of the ProwJob
 */
export function distributedCluster(groups: readonly (readonly string[])[], cluster: string, name: string): string {
  const group = groups.findLast((members) => members.includes(cluster));
  return group === undefined ? cluster : drawn(group, name);
}

/** One of several, by a text: the same for the same text, all equally often over many texts. */
export function drawn<T>(from: readonly T[], text: string): T {
  return from[placeOf(text, from.length)] as T;
}

export function placeOf(text: string, places: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = sha256Bytes(text);
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) % places;
}
