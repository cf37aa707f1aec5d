import { z } from 'zod';
import { graphQuery, type GraphNode, type OfficialRelease } from '../domain/payload/update-graph.ts';

const Graph = z.object({ nodes: z.array(z.object({ version: z.string(), payload: z.string() })).default([]) });

const timeoutMs = 10_000;

/** Where official OpenShift releases are looked up, in the order in which they are asked (openshift/ci-tools, pkg/release/official). */
export const officialUpdateServices = [
  'https://api.integration.openshift.com',
  'https://api.stage.openshift.com',
  'https://api.openshift.com',
].map((host) => `${host}/api/upgrades_info/graph`);

/**
 * The releases of a channel, from the first service that knows any. Reads only, so safe to repeat.
 *
 * @throws Error (retried by the caller's next look) when no service answers
 */
export async function graphOf(release: OfficialRelease, services: readonly string[]): Promise<GraphNode[]> {
  const { channel, arch } = graphQuery(release);
  const troubles: string[] = [];
  for (const service of services) {
    try {
      const response = await fetch(`${service}?${new URLSearchParams({ channel, arch })}`, {
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      const { nodes } = Graph.parse(await response.json());
      if (nodes.length > 0) return nodes;
      troubles.push(`${service}: channel ${channel} has no releases`);
    } catch (error) {
      troubles.push(`${service}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`no update service knows channel ${channel} (${troubles.join('; ')})`);
}
