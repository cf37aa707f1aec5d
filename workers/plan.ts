import { Client, Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import type { KubernetesClient } from '../activities/kubernetes/client.ts';
import { lookAtLease } from '../activities/kubernetes/cluster-lease.ts';
import { forecastRemains, forecastStreams, type StreamForecast } from '../activities/kubernetes/forecast.ts';
import { mergeTested, unreadable } from '../activities/kubernetes/graph-activities.ts';
import { graphSecret } from '../activities/kubernetes/graph-secret.ts';
import { legacyActivities } from '../activities/kubernetes/legacy-activities.ts';
import type { PayloadDependencies } from '../activities/kubernetes/payload-dependencies.ts';
import { reimportActivities } from '../activities/kubernetes/reimport.ts';
import { mirrorCleanupActivities } from '../activities/mirror-cleanup-activities.ts';
import {
  auditsForecast,
  copiesForecast,
  graphForecast,
  importsForecast,
  leaseForecast,
  legacyForecast,
  schedulesForecast,
  type FoundCopies,
  type PartForecast,
} from '../domain/operations/part-forecasts.ts';
import { planReimport } from '../domain/payload/reimport.ts';
import { graphNamespace } from '../infra/settings/graph-namespace.ts';
import type { Settings } from '../infra/settings/settings.ts';
import { connectionOptions } from '../infra/settings/temporal-connection.ts';
import { auditPlanner } from './audit-activities.ts';
import { readOnlyClient } from './cluster-client.ts';
import { temporalIdentity } from '../infra/temporal/identity.ts';
import { payloadDependencies } from './payload-activities.ts';
import { plannedSchedules } from './planned-schedules.ts';

/** What a worker would do now. */
export interface Plan {
  streams: StreamForecast[];
  parts: PartForecast[];
}

/** What the parts of a plan are made from. Nothing is written through any of it. */
interface Planning {
  settings: Settings;
  dependencies: PayloadDependencies;
  cluster: KubernetesClient;
  now: number;
}

/**
 * What a worker would do now, in its first look at everything. The decisions are those of the activities; what they would
 * write is not written.
 *
 * @throws when the cluster can not be read; trouble with one part is told by that part
 */
export async function planOnce(settings: Settings, log: Logger, now: number): Promise<Plan> {
  const cluster = readOnlyClient(settings);
  const dependencies = payloadDependencies(settings, cluster, log);
  const streams = await forecastStreams(dependencies, now);
  return { streams, parts: await planParts({ settings, dependencies, cluster, now }, streams) };
}

/** What would be done beside the streams. */
export async function planParts(planning: Planning, streams: readonly StreamForecast[]): Promise<PartForecast[]> {
  return withTemporal(planning.settings, async (temporal) => {
    const looks: [string, () => Promise<PartForecast | PartForecast[]>][] = [
      ['the right to drive this cluster', () => lease(planning, temporal)],
      ['finished releases', () => forecastRemains(planning.dependencies, streams, planning.now)],
      ['accepted releases without a signature', () => audits(planning)],
      ['upgrade graph', () => graph(planning)],
      ['failed imports', () => imports(planning)],
      ['copies that no release needs', () => copies(planning)],
      ['releases that are older than payloads', () => legacy(planning)],
      ['schedules in Temporal', () => schedules(planning, temporal)],
    ];
    const told: PartForecast[] = [];
    // One after the other: each reads much.
    for (const [part, look] of looks) told.push(...[await look().catch((error: unknown) => untold(part, error))].flat());
    return told;
  });
}

const untold = (part: string, error: unknown): PartForecast => ({
  part,
  would: [],
  because: [`it could not be looked at: ${said(error)}`],
});
const said = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function imports({ settings: { reimportInterval }, dependencies, now }: Planning): Promise<PartForecast> {
  if (reimportInterval === 0) return importsForecast(undefined);
  const { due } = planReimport(await reimportActivities(dependencies).findFailedImports(), {}, now, reimportInterval);
  return importsForecast(due.map(({ namespace, stream, tag }) => `${namespace}/${stream}:${tag}`));
}

async function copies({ settings: { mirrorCleanup }, dependencies, cluster, now }: Planning): Promise<PartForecast> {
  const { interval, dryRun, minimumAge: minimumAgeMs, maximum, credentials, namespaces } = mirrorCleanup;
  const options = { dryRun, maximum };
  if (interval === 0) return copiesForecast([], { ...options, off: 'WAYBILL_MIRROR_CLEANUP_INTERVAL is 0' });
  const { releaseNamespaces } = dependencies;
  const activities = mirrorCleanupActivities({ client: cluster, releaseNamespaces, furtherNamespaces: namespaces, now: () => now });
  const { repositories, problem } = await activities.findCopyRepositories();
  const problems = problem === undefined ? [] : [`nothing is cleaned up: ${problem}`];
  const found: FoundCopies[] = [];
  for (const repository of repositories) {
    try {
      found.push({ repository, ...(await activities.surveyCopies(repository, { credentials, minimumAgeMs, maximum })) });
    } catch (error) {
      problems.push(`${repository}: ${said(error)}`);
    }
  }
  return copiesForecast(found, { ...options, problems });
}

async function graph({ settings, dependencies }: Planning): Promise<PartForecast> {
  const namespace = graphNamespace(settings);
  const { stored, added } = await mergeTested(dependencies, { namespace, releases: 'all' });
  const trouble = stored.unreadable === undefined ? undefined : unreadable(stored, namespace);
  return graphForecast(`${namespace}/${graphSecret}`, added, stored.graph.records().length, trouble);
}

async function legacy({ settings, dependencies }: Planning): Promise<PartForecast> {
  if (!settings.processLegacyResults) return legacyForecast(undefined);
  const activities = legacyActivities(dependencies);
  const found = { migrated: 0 };
  for (const stream of await activities.listStableStreams())
    found.migrated += (await activities.migrateLegacyStream(stream, true)).migrated;
  return legacyForecast(found);
}

async function audits({ settings, cluster }: Planning): Promise<PartForecast> {
  if (settings.storage.url === undefined) return auditsForecast(undefined);
  const { file, secret } = settings.signingKey;
  return auditsForecast(await auditPlanner(settings, cluster).planAudits({}), file !== undefined || secret !== undefined);
}

/** Compared with the schedules that are there, which a worker of an earlier day has made. */
async function schedules(planning: Planning, { client, silent }: AskedTemporal): Promise<PartForecast> {
  const changes = await plannedSchedules(planning, client);
  if (silent !== undefined) changes.because.push(`${silent}: schedules that are there already are not known`);
  return schedulesForecast(changes);
}

async function lease({ settings, cluster, now }: Planning, { client, address, silent }: AskedTemporal): Promise<PartForecast> {
  const { namespace } = settings.temporal;
  const unknown = { identity: '', description: `${namespace} at ${address}` };
  const me = client === undefined ? unknown : await temporalIdentity(client.connection, namespace, address);
  const told = leaseForecast(await lookAtLease({ client: cluster, namespace: settings.jobNamespace, me }, now));
  return silent === undefined ? told : { ...told, because: [...told.because, `${silent}: whose lease is ours is not known`] };
}

/** Temporal, for as long as something is asked of it. */
interface AskedTemporal {
  /** absent where it does not answer */
  client?: Client;
  address: string;
  /** that it does not */
  silent?: string;
}

async function withTemporal<T>({ temporal }: Settings, ask: (asked: AskedTemporal) => Promise<T>): Promise<T> {
  const { address, ...rest } = await connectionOptions(temporal);
  const connection = await Connection.connect({ address, ...rest, connectTimeout: '3 seconds' }).catch(() => undefined);
  if (connection === undefined) return ask({ address, silent: `Temporal at ${address} does not answer` });
  try {
    return await ask({ address, client: new Client({ connection, namespace: temporal.namespace }) });
  } finally {
    await connection.close();
  }
}
