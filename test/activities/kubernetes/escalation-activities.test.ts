import { expect, test } from 'vitest';
import { escalationActivities } from '../../../activities/kubernetes/escalation-activities.ts';
import { payloadHistory } from '../../../activities/kubernetes/payload-history.ts';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { events, prowJobs, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import type { KubernetesObject } from '../../../activities/kubernetes/client.ts';
import type { EscalationThread } from '../../../domain/payload/escalation-threads.ts';
import type { JiraNotificationState, ReleasePayload } from '../../../domain/payload/kinds.ts';
import { jobDone, noonTag, releaseCluster, streamName } from './release-cluster.ts';

const jira = { project: 'P', component: 'c', thread: 't', escalations: [{ name: 'broken', failures: 2, priority: 'Major' }] };
const general = { sno: { notifications: { jira } } };
const id = `${streamName}-sno-P-c-t`;
const now = Date.parse('2025-06-01T18:00:00Z');

/** A release whose job `aws` has ended, and an older one of the same stream, with results of the same job. */
async function scene(older: 'Success' | 'Failure') {
  const asked: string[] = [];
  const askThreads = async ({ metadata }: ReleasePayload, threads: readonly EscalationThread[]) =>
    void asked.push(...threads.map((thread) => `${thread.id} ${metadata.name}`));
  const cluster = await releaseCluster({ qualifiers: { load: async () => general }, askThreads });
  await cluster.source({ verify: { aws: { prowJob: { name: 'e2e-aws' }, qualifiers: { sno: {} } } } });
  await cluster.target([cluster.releaseTag()]);
  const { client, namespace } = cluster;
  const { openRelease, syncPayload } = releaseActivities(cluster.dependencies);
  const release = { namespace, tag: noonTag, target: 'release' };
  await openRelease(release);
  const { spec } = await cluster.readPayload();
  const previous = { apiVersion: 'release.openshift.io/v1alpha1', kind: 'ReleasePayload', metadata: { name: 'older', namespace }, spec };
  const stored = await client.create<ReleasePayload>(releasePayloads, previous);
  const results = [
    { coordinates: { name: 'older-aws', namespace: 'ci', cluster: 'b' }, state: older, completionTime: '2025-06-01T10:00:00Z' },
  ];
  const blockingJobResults = [{ ciConfigurationName: 'aws', ciConfigurationJobName: 'e2e-aws', state: older, results }];
  await client.replaceStatus(releasePayloads, { ...stored, status: { blockingJobResults } });

  await cluster.job(noonTag, jobDone);
  await syncPayload(release, {});
  const ends = async (state: string) => {
    const labels = { 'release.openshift.io/verify': 'true', 'release.openshift.io/payload': noonTag };
    const annotations = { 'prow.k8s.io/job': 'e2e-aws', 'release.openshift.io/source': `${namespace}/src` };
    await client.create(prowJobs, {
      apiVersion: 'prow.k8s.io/v1',
      kind: 'ProwJob',
      metadata: { name: `${noonTag}-aws`, namespace: cluster.prowNamespace, labels, annotations },
      spec: { job: 'e2e-aws', type: 'periodic', cluster: 'build01' },
      status: { state, startTime: '2025-06-01T12:10:00Z', completionTime: '2025-06-01T13:00:00Z' },
    } as KubernetesObject);
    await syncPayload(release, {});
  };
  const thread = { id, namespace, stream: streamName, qualifier: 'sno', payloads: [noonTag] };
  return { cluster, asked, ends, thread, ...escalationActivities(cluster.dependencies, payloadHistory(client)) };
}

test.concurrent('the end of a job asks about its threads, nothing else does', async () => {
  const { asked, ends } = await scene('Failure');
  expect(asked).toEqual([]);
  await ends('failure');
  expect(asked).toEqual([`${id} ${noonTag}`]);
});

test.concurrent('failures of several releases of the stream count together', async () => {
  const { ends, thread, assessThread } = await scene('Failure');
  await ends('failure');
  expect(await assessThread(thread, now)).toMatchObject({
    known: true,
    due: { name: 'broken', priority: 'Major', job: 'e2e-aws' },
    place: { project: 'P', label: id },
    issue: { project: 'P', label: id, summary: '[Major] broken escalation for e2e-aws' },
  });
});

test.concurrent('with a success among them nothing is due; of a thread that nobody names nothing is known', async () => {
  const { ends, thread, assessThread } = await scene('Success');
  await ends('failure');
  expect(await assessThread(thread, now)).toEqual({ known: true, place: { project: 'P', label: id } });
  expect(await assessThread({ ...thread, id: 'other' }, now)).toEqual({ known: false });
});

test.concurrent('payload trap 18: where the thread stands is written into the payload, told once, and read again', async () => {
  const { cluster, ends, thread, assessThread, recordEscalation } = await scene('Failure');
  await ends('failure');
  const state: JiraNotificationState = {
    issueKey: 'P-1',
    activeEscalation: 'broken',
    activePriority: 'Major',
    abated: false,
    lastTransitionTime: '2025-06-01T13:00:00Z',
  };
  for (let times = 0; times < 2; times += 1) await recordEscalation(thread, state, 'escalate');
  const summary = (await cluster.readPayload()).status?.qualifiersSummary;
  expect(summary?.qualifiers?.['sno']).toMatchObject({ aggregateState: 'Failure', jiraNotifications: { [id]: state } });
  expect(await assessThread(thread, now)).toMatchObject({ stored: state });
  const told = (await cluster.client.list<KubernetesObject & { reason: string; type: string; message: string }>(events, cluster.namespace))
    .items;
  expect(told.filter(({ reason }) => reason === 'QualifierEscalated')).toMatchObject([
    { type: 'Warning', message: 'qualifier sno is escalated as Major (broken): see issue P-1' },
  ]);
});
