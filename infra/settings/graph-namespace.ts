import type { Settings } from './schema.ts';

/** Where the upgrade graph is kept: as told, else as release-controller does in the first of the release namespaces that are listed. */
export function graphNamespace({ graphNamespace: told, releaseNamespaces, jobNamespace }: Settings): string {
  if (told !== undefined) return told;
  return (releaseNamespaces === 'labelled' ? undefined : releaseNamespaces[0]) ?? jobNamespace;
}
