import { expect, onTestFinished, test } from 'vitest';
import type { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { playBigQuery } from '../../infra/sandbox/bigquery/bigquery.ts';
import { loadSettings } from '../../infra/settings/settings.ts';
import { jobHistorySource } from '../../workers/job-history.ts';

const stream = { namespace: 'ocp', stream: '4.20' };

/** A cluster without payloads, and how often they were listed. */
function cluster() {
  const listed: string[] = [];
  const list = async (_resource: unknown, namespace: string) => {
    listed.push(namespace);
    await new Promise((later) => setImmediate(later));
    return { items: [] };
  };
  return { listed, client: { list } as unknown as KubernetesClient };
}

test('without a project the payloads are asked, once for all who ask meanwhile', async () => {
  const { listed, client } = cluster();
  const history = jobHistorySource(loadSettings({}), client);
  const answers = await Promise.all(Array.from({ length: 20 }, () => history.runsOf(stream, [{ job: 'aws' }], 0)));
  for (const answer of answers) expect(answer).toEqual({ aws: [] });
  expect(listed).toEqual(['ocp', 'ocp']);
});

test('with a project BigQuery is, and what it says holds for a while', async () => {
  const bigquery = await playBigQuery({ project: 'openshift-ci' });
  onTestFinished(() => bigquery.close());
  const { listed, client } = cluster();
  const settings = loadSettings({ WAYBILL_BIGQUERY_PROJECT_ID: 'openshift-ci', WAYBILL_BIGQUERY_ENDPOINT: bigquery.url });
  const history = jobHistorySource(settings, client);
  for (let times = 0; times < 2; times += 1) expect(await history.runsOf(stream, [{ job: 'aws' }], 0)).toEqual({ aws: [] });
  expect([bigquery.requests, listed]).toEqual([['POST queries'], []]);
});
