import { cachedHistory } from '../activities/cached-history.ts';
import type { JobHistory } from '../activities/job-history.ts';
import type { KubernetesClient } from '../activities/kubernetes/client.ts';
import { payloadHistory } from '../activities/kubernetes/payload-history.ts';
import type { Settings } from '../infra/settings/settings.ts';

/** Where escalations learn how often a job failed: BigQuery where a project is named, the payloads of the cluster otherwise. */
export function jobHistorySource({ bigquery }: Pick<Settings, 'bigquery'>, client: KubernetesClient): JobHistory {
  const { projectId, endpoint, cacheTtl } = bigquery;
  if (projectId === undefined) return payloadHistory(client);
  const options = { projectId, ...(endpoint === undefined ? {} : { endpoint }) };
  // Its library takes a quarter of a second to load, which those who do not use it should not wait for.
  const service = once(async () => (await import('../activities/bigquery-history.ts')).bigQueryHistory(options));
  return cachedHistory({ runsOf: async (...question) => (await service()).runsOf(...question) }, cacheTtl, Date.now);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
