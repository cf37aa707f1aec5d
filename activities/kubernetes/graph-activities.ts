import { label } from '../../domain/payload/annotations.ts';
import type { ProwJob } from '../../domain/payload/kinds.ts';
import { upgradeOf } from '../../domain/payload/upgrade-records.ts';
import type { GraphActivities, RecordedUpgrades, RecordRequest } from '../graph-contract.ts';
import { isAlreadyExists, isConflict, KubernetesError, type KubernetesClient, type KubernetesObject } from './client.ts';
import { reportEventOn } from './events.ts';
import { asideKey, graphSecret, GraphTooLarge, readGraph, writeGraph, type StoredGraph } from './graph-secret.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { prowJobs, secrets } from './resources.ts';

const attempts = 5;
/** More releases than this are looked for in one list of all jobs. */
const namedReleases = 20;

type Dependencies = Pick<PayloadDependencies, 'client' | 'prowNamespace' | 'architecture'>;

export function graphActivities(dependencies: Dependencies): Pick<GraphActivities, keyof GraphActivities> {
  const { client } = dependencies;
  return {
    async recordUpgrades({ namespace, releases }) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await record(client, namespace, await mergeTested(dependencies, { namespace, releases }));
        } catch (error) {
          const trouble = refusal(error, namespace);
          if (trouble !== undefined) return { edges: 0, added: 0, bytes: 0, trouble };
          if (!(isConflict(error) || isAlreadyExists(error)) || attempt === attempts) throw error;
        }
      }
    },

    async reportGraphProblem(namespace, message) {
      const secret = await client.get<KubernetesObject>(secrets, namespace, graphSecret);
      if (secret === undefined) return;
      await reportEventOn(client, { apiVersion: 'v1', kind: 'Secret', ...secret }, { reason: 'UnableToSaveUpgradeGraph', message });
    },
  };
}

async function jobsOf({ client, prowNamespace }: Dependencies, releases: RecordRequest['releases']): Promise<ProwJob[]> {
  const list = async (selector: string) =>
    (await client.list<ProwJob>(prowJobs, prowNamespace, { labelSelector: `${label.verify}=true${selector}` })).items;
  if (releases === 'all' || releases.length > namedReleases) return list('');
  const named = releases.filter((release) => release !== '');
  const lists = await Promise.all([
    named.length === 0 ? [] : list(`,${label.payload} in (${named.join(',')})`),
    releases.includes('') ? list(`,!${label.payload}`) : [],
  ]);
  return lists.flat();
}

/** The stored graph with what jobs have tested since, and how much of that is new; reads only. */
export async function mergeTested(dependencies: Dependencies, { namespace, releases }: RecordRequest): Promise<MergedGraph> {
  const { client, architecture } = dependencies;
  const stored = await readGraph(client, namespace);
  // A graph that begins anew is made from every job that is still there.
  const jobs = await jobsOf(dependencies, stored.graph.isEmpty ? 'all' : releases);
  return { stored, added: stored.graph.merge(jobs.flatMap((job) => upgradeOf(job, architecture) ?? [])) };
}

interface MergedGraph {
  stored: StoredGraph;
  added: number;
}

async function record(client: KubernetesClient, namespace: string, { stored, added }: MergedGraph): Promise<RecordedUpgrades> {
  const edges = stored.graph.records().length;
  if (added === 0)
    return { edges, added, bytes: 0, ...(stored.unreadable === undefined ? {} : { trouble: unreadable(stored, namespace) }) };
  try {
    const bytes = await writeGraph(client, namespace, stored);
    const trouble = stored.unreadable === undefined ? {} : { trouble: `${unreadable(stored, namespace)}; a new graph was begun` };
    return { edges, added, bytes, ...trouble };
  } catch (error) {
    const trouble = refusal(error, namespace);
    if (trouble === undefined) throw error;
    return { edges, added, bytes: 0, trouble: stored.unreadable === undefined ? trouble : `${unreadable(stored, namespace)}; ${trouble}` };
  }
}

export function unreadable({ secret, unreadable: why }: StoredGraph, namespace: string): string {
  const key = asideKey(secret?.data?.['latest'] ?? '');
  return `the upgrade graph in Secret ${namespace}/${graphSecret} can not be read (${why}): it is kept in key ${key}`;
}

/** What waiting does not cure, and how it is cured. */
function refusal(error: unknown, namespace: string): string | undefined {
  if (error instanceof GraphTooLarge)
    return `the upgrade graph is not stored in Secret ${namespace}/${graphSecret}: ${error.message}; prune it with "waybill graph prune"`;
  if (error instanceof KubernetesError && error.status === 404) return `the upgrade graph is not stored: ${error.message}`;
  if (error instanceof KubernetesError && error.status === 403)
    return `the upgrade graph may not be stored (${error.message}): make the Secret ${graphSecret} in namespace ${namespace}, or grant the right to it`;
  return undefined;
}
