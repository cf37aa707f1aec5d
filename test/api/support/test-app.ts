import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { buildApp, type AppOptions } from '../../../api/app.ts';
import { Catalog } from '../../../api/catalog.ts';
import { EventFeed } from '../../../api/event-feed.ts';
import { ServerMetrics } from '../../../api/metrics.ts';
import { vectorCluster, type FixtureCluster } from './fixture-cluster.ts';

export const adminToken = 'a-token-for-tests-only';

/** The app on a cluster written by hand; closed when the test ends. */
export function testApp(options: Partial<AppOptions> & { cluster?: FixtureCluster } = {}): FastifyInstance {
  const { cluster = vectorCluster(), ...given } = options;
  const feed = given.feed ?? new EventFeed();
  const app = buildApp({
    catalog: new Catalog(cluster),
    workflows: { waiting: async () => [] },
    audit: async () => undefined,
    attempts: async () => [],
    now: () => Date.parse('2025-01-06T00:00:00Z'),
    isReady: () => true,
    metrics: new ServerMetrics(
      () => [],
      () => feed.size,
    ),
    feed,
    overrides: { write: async () => true, withdraw: async () => true },
    wakeRelease: async () => undefined,
    auditAgain: async () => undefined,
    adminToken,
    orders: { client: undefined as never, wake: { owner: async () => undefined } },
    artifactsHost: 'artifacts.example.test',
    ...given,
  });
  onTestFinished(() => app.close());
  return app;
}
