import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { sha256Hex } from '../../domain/payload/sha256.ts';
import { UpgradeGraph } from '../../domain/payload/upgrade-graph.ts';
import { formatRecords, parseRecords } from '../../domain/payload/upgrade-records.ts';
import type { KubernetesClient, KubernetesObject } from './client.ts';
import { secrets } from './resources.ts';

export const graphSecret = 'release-upgrade-graph';
const key = 'latest';
/** What Kubernetes lets the data of a Secret be. */
const secretBytes = 1024 * 1024;
/** A graph that unpacks to more is none of ours. */
const graphBytes = 256 * 1024 * 1024;

interface Secret extends KubernetesObject {
  data?: Record<string, string>;
  type?: string;
}

/** The stored graph, as it was read: it is written back on that version. */
export interface StoredGraph {
  secret: Secret | undefined;
  graph: UpgradeGraph;
  /** why what is stored could not be read; `graph` is empty then */
  unreadable?: string;
}

/**
 * Reads the graph that release-controller or we have stored (its pkg/release-controller/upgrades.go): gzip of the
 * records' JSON in one key of a Secret. A Secret that is missing or has nothing yet is an empty graph.
 */
export async function readGraph(client: KubernetesClient, namespace: string): Promise<StoredGraph> {
  const secret = await client.get<Secret>(secrets, namespace, graphSecret);
  const stored = secret?.data?.[key] ?? '';
  if (stored === '') return { secret, graph: new UpgradeGraph() };
  try {
    const text = await promisify(gunzip)(Buffer.from(stored, 'base64'), { maxOutputLength: graphBytes });
    return { secret, graph: UpgradeGraph.of(parseRecords(text.toString('utf8'))) };
  } catch (error) {
    return { secret, graph: new UpgradeGraph(), unreadable: error instanceof Error ? error.message : String(error) };
  }
}

export async function packGraph(graph: UpgradeGraph): Promise<Buffer> {
  return promisify(gzip)(formatRecords(graph.records()), { level: 9 });
}

/** The graph does not fit into a Secret. */
export class GraphTooLarge extends Error {}

/**
 * Writes the graph on the version that was read. What could not be read is kept aside in a key of its own, and other keys
 * stay, so nothing that was stored is ever lost.
 *
 * @returns bytes that the graph takes
 * @throws GraphTooLarge, KubernetesError `Conflict` or `AlreadyExists` when somebody else wrote
 */
export async function writeGraph(client: KubernetesClient, namespace: string, { secret, graph, unreadable }: StoredGraph): Promise<number> {
  const packed = await packGraph(graph);
  const before = secret?.data ?? {};
  const aside = unreadable === undefined ? {} : { [asideKey(before[key] ?? '')]: before[key] ?? '' };
  const data = { ...before, ...aside, [key]: packed.toString('base64') };
  const total = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
  if (total > secretBytes) throw new GraphTooLarge(`it would take ${total} bytes, and a Secret holds ${secretBytes}`);
  if (secret === undefined) {
    const metadata = { name: graphSecret, namespace };
    await client.create<Secret>(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data });
  } else await client.replace<Secret>(secrets, { ...secret, data });
  return packed.length;
}

/** Where a graph goes that nobody could read: named by its content. */
export const asideKey = (stored: string) => `unreadable-${sha256Hex(stored).slice(0, 16)}`;
