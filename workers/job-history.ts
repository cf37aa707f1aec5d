import { bigQueryHistory } from '../activities/bigquery-history.ts';
import { cachedHistory } from '../activities/cached-history.ts';
import type { JobHistory } from '../activities/job-history.ts';
import type { KubernetesClient } from '../activities/kubernetes/client.ts';
import { payloadHistory } from '../activities/kubernetes/payload-history.ts';
import type { Settings } from '../infra/settings/settings.ts';

/** Where escalations learn how often a job failed: BigQuery where a project is named, the payloads of the cluster otherwise. */
export function jobHistorySource({ bigquery }: Pick<Settings, 'bigquery'>, client: KubernetesClient): JobHistory {
  const { projectId, endpoint, cacheTtl } = bigquery;
  if (projectId === undefined) return payloadHistory(client);
  return cachedHistory(bigQueryHistory({ projectId, ...(endpoint === undefined ? {} : { endpoint }) }), cacheTtl, Date.now);
}
