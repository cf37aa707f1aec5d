import type { Logger } from 'pino';
import { KubernetesClient } from '../activities/kubernetes/client.ts';
import type { ImageStream, ReleasePayload } from '../domain/payload/kinds.ts';
import { streamKey } from '../domain/payload/stream-tags.ts';
import type { Settings } from '../infra/settings/settings.ts';
import { buildApp } from './app.ts';
import { auditLookups } from './audit-lookup.ts';
import { Catalog, nameOf } from './catalog.ts';
import { ClusterCache } from './cluster-cache.ts';
import { EventFeed, type Changes } from './event-feed.ts';
import { ServerMetrics } from './metrics.ts';
import { overrideWriter } from './override.ts';
import { startServerTracing } from './tracing.ts';
import { temporalAsker } from './workflow-asker.ts';

export interface RunningServer {
  /** `http://host:port` */
  address: string;
  close(): Promise<void>;
}

/**
 * Starts the server: it listens at once, and is ready when everything it shows has been read from the cluster.
 *
 * @throws when the address can not be listened on, or no cluster is configured
 */
export async function startServer(settings: Settings, log: Logger): Promise<RunningServer> {
  const client = KubernetesClient.connect(settings.kubeconfig);
  const feed = new EventFeed();
  const cache = new ClusterCache({
    client,
    releaseNamespaces: settings.releaseNamespaces,
    onChange: (object) => feed.note(changesOf(catalog, object)),
    onTrouble: (resource, error) => log.warn({ err: error, resource }, 'watch begins anew'),
  });
  const catalog = new Catalog(cache);
  const tracing = await startServerTracing(settings.otelEndpoint);
  const onTrouble = (error: unknown) => log.debug({ err: error }, 'a workflow was not reached');
  const workflows = await temporalAsker(settings, onTrouble, tracing.interceptors);
  const app = buildApp({
    catalog,
    workflows,
    ...auditLookups(settings.storage, (error) => log.debug({ err: error }, 'the audit store was not reached')),
    now: Date.now,
    isReady: () => cache.ready,
    metrics: new ServerMetrics(
      () => cache.state(),
      () => feed.size,
    ),
    feed,
    overrides: overrideWriter(client),
    wakeRelease: workflows.wakeRelease,
    auditAgain: workflows.auditAgain,
    adminToken: settings.adminToken,
    orders: { client, wake: workflows.wake },
    ...(settings.serve.artifactsHost === undefined ? {} : { artifactsHost: settings.serve.artifactsHost }),
    logger: log,
  });
  const close = async () => {
    await app.close();
    await Promise.all([cache.close(), workflows.close(), tracing.end()]);
  };
  try {
    const address = await app.listen({ host: settings.serve.host, port: settings.serve.port });
    return { address, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Serves until the signal. */
export async function runServer(settings: Settings, log: Logger, signal: AbortSignal): Promise<void> {
  const server = await startServer(settings, log);
  log.info({ address: server.address }, 'server is listening');
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.close();
  log.info('server has stopped');
}

/** What a changed object means to those who look at streams and releases. */
function changesOf(catalog: Catalog, object: ImageStream | ReleasePayload): Partial<Changes> {
  if (object.kind === 'ReleasePayload') {
    const { metadata, spec } = object as ReleasePayload;
    const stream = spec.payloadCoordinates?.streamName;
    return { releases: [metadata.name], ...(stream !== undefined && { streams: [stream] }) };
  }
  const key = streamKey(object as ImageStream);
  const touched = catalog.configured().filter((configured) => streamKey(configured.source) === key || targetKey(configured) === key);
  return { streams: touched.map(nameOf) };
}

function targetKey({ source, config }: ReturnType<Catalog['configured']>[number]): string {
  return config === undefined || config.to === '' ? '' : `${source.metadata.namespace ?? ''}/${config.to}`;
}
