import { configuredStreams, stableTags } from '../../domain/payload/stable-tags.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import type { UpgradeGraph } from '../../domain/payload/upgrade-graph.ts';
import type { KubernetesClient } from './client.ts';
import { graphSecret, readGraph, writeGraph } from './graph-secret.ts';
import { imageStreams } from './resources.ts';

export interface Pruning {
  /** edges taken away */
  removed: number;
  /** as it is afterwards */
  graph: UpgradeGraph;
}

/**
 * Takes edges into releases that no Stable stream has any more out of the stored graph.
 *
 * @param namespace of the graph's Secret
 * @param confirmed write it; the version that was read guards the write
 * @throws Error when it is not known for sure which releases there are, or the graph can not be read
 */
export async function pruneGraph(
  client: KubernetesClient,
  { namespace, releaseNamespaces, confirmed }: { namespace: string; releaseNamespaces: readonly string[]; confirmed: boolean },
): Promise<Pruning> {
  const lists = await Promise.all(releaseNamespaces.map((each) => client.list<ImageStream>(imageStreams, each)));
  const found = configuredStreams(lists.flatMap(({ items }) => items));
  if (!found.ok) throw new Error(`nothing is pruned: ${found.error}`);
  const keep = stableTags(found.streams);
  if (keep.size === 0)
    throw new Error(`nothing is pruned: no Stable stream in ${releaseNamespaces.join(', ')} has a release, so every edge would go`);

  const stored = await readGraph(client, namespace);
  if (stored.unreadable !== undefined)
    throw new Error(`nothing is pruned: the graph in Secret ${namespace}/${graphSecret} can not be read: ${stored.unreadable}`);
  const removed = stored.graph.prune(keep);
  if (confirmed && removed > 0) await writeGraph(client, namespace, stored);
  return { removed, graph: stored.graph };
}
