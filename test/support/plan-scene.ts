import type { Client } from '@temporalio/client';
import { ensureSchedule } from '../../activities/schedules.ts';
import { jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { annotation, label } from '../../domain/payload/annotations.ts';
import type { Condition, Job, Phase, ProwJob, ReleasePayload } from '../../domain/payload/kinds.ts';
import { streamName, type ReleaseCluster } from '../activities/kubernetes/release-cluster.ts';
import { conditionsWhen } from './recorded-cluster.ts';

const key = (name: string) => `release.openshift.io/${name}`;
const release = (time: string) => `${streamName}-${time}`;
const result = { status: 'Success', message: 'Release creation Job completed' };

/** One release each, by what a worker would do with it. */
export const planned = {
  unfinished: release('2025-05-31-120000'),
  half: release('2025-05-30-120000'),
  /** accepted, while a run goes on */
  open: release('2025-05-29-120000'),
  /** rejected, and older than the oldest accepted one */
  retired: release('2025-05-28-120000'),
  /** its tag is gone */
  gone: release('2025-05-27-120000'),
};

/** A cluster in which every part of a worker would find something to do. */
export async function recordWork(cluster: ReleaseCluster, temporal: Client): Promise<void> {
  await recordStreams(cluster);
  const target = await cluster.readStream('release');
  const generation = (target.metadata.generation ?? 0) - 1;
  await payload(cluster, planned.unfinished, conditionsWhen.ready, { state: 'Pending' });
  await payload(cluster, planned.half, conditionsWhen.halfAccepted, { state: 'Success' });
  await payload(cluster, planned.open, conditionsWhen.accepted, { state: 'Pending' });
  await payload(cluster, planned.retired, conditionsWhen.rejected, { state: 'Failure' });
  await payload(cluster, planned.gone, conditionsWhen.rejected, { state: 'Failure' });
  for (const tag of [planned.retired, planned.gone]) {
    await cluster.job(tag, {});
    await cluster.client.patch<Job>(jobs, cluster.jobNamespace, tag, { metadata: { annotations: marks(cluster, tag, generation) } });
  }
  await recordUpgrade(cluster);
  await recordSchedules(cluster, temporal);
}

async function recordStreams(cluster: ReleaseCluster): Promise<void> {
  const failed = { type: 'ImportSuccess', status: 'False', reason: 'InternalError', message: 'no such image', generation: 2 };
  await cluster.source(
    {
      publish: { latest: { tagRef: { name: 'latest' } } },
      periodic: { soak: { interval: '24h', prowJob: { name: 'soak' } }, changed: { interval: '6h', prowJob: { name: 'soak' } } },
      verify: { aws: { prowJob: { name: 'e2e-aws' } } },
      alternateImageRepository: 'registry.invalid/copies',
    },
    {
      specTags: [{ name: 'late', from: { kind: 'DockerImage', name: 'quay.io/x/late:1' } }],
      images: ['cli', { tag: 'late', items: [], conditions: [failed] }],
    },
  );
  const tag = (name: string, phase: Phase) =>
    cluster.releaseTag(name, {
      [annotation.phase]: phase,
      [annotation.hash]: name,
      [annotation.creationTimestamp]: `${name.slice(-17, -7)}T12:00:00Z`,
    });
  const { unfinished, half, open, retired } = planned;
  await cluster.target([tag(unfinished, 'Ready'), tag(half, 'Pending'), tag(open, 'Accepted'), tag(retired, 'Rejected')]);
}

const marks = ({ namespace }: ReleaseCluster, tag: string, generation: number) => ({
  [annotation.source]: `${namespace}/src`,
  [annotation.target]: `${namespace}/release`,
  [annotation.releaseTag]: tag,
  [annotation.generation]: String(generation),
});

async function payload(cluster: ReleaseCluster, name: string, conditions: Condition[], run: { state: string }): Promise<void> {
  const { client, namespace, jobNamespace, prowNamespace } = cluster;
  const job = { ciConfigurationName: 'aws', ciConfigurationJobName: 'e2e-aws' };
  const made = await client.create<ReleasePayload>(releasePayloads, {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name, namespace },
    spec: {
      payloadCoordinates: { namespace, streamName, imagestreamName: 'release', imagestreamTagName: name },
      payloadCreationConfig: {
        releaseCreationCoordinates: { namespace: jobNamespace, releaseCreationJobName: name },
        prowCoordinates: { namespace: prowNamespace },
      },
      payloadVerificationConfig: { blockingJobs: [job], payloadVerificationDataSource: 'BuildFarmLookup' },
    },
  });
  const coordinates = { name: `${name}-aws`, namespace: prowNamespace };
  await client.replaceStatus<ReleasePayload>(releasePayloads, {
    ...made,
    status: {
      conditions,
      releaseCreationJobResult: { ...result, coordinates: { name, namespace: jobNamespace } },
      blockingJobResults: [{ ...job, state: 'Pending', results: [{ ...run, coordinates }] }],
    },
  } as ReleasePayload);
}

async function recordUpgrade({ client, namespace, prowNamespace }: ReleaseCluster): Promise<void> {
  const name = `${planned.open}-upgrade`;
  await client.create<ProwJob>(prowJobs, {
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata: {
      name,
      namespace: prowNamespace,
      labels: { [label.verify]: 'true', [label.payload]: planned.open },
      annotations: {
        'prow.k8s.io/job': 'e2e-upgrade',
        [annotation.source]: `${namespace}/src`,
        [key('tag')]: planned.open,
        [key('from-tag')]: planned.retired,
        [key('architecture')]: 'amd64',
      },
    },
    spec: { type: 'periodic', agent: 'kubernetes', cluster: 'build01', job: 'e2e-upgrade' },
    status: { state: 'success', url: 'https://prow/1', startTime: '2025-06-01T12:00:00Z', completionTime: '2025-06-01T12:30:00Z' },
  });
}

/** What an earlier worker left: one that is as it should be in all but its times, one that nobody wants any more. */
async function recordSchedules({ namespace }: ReleaseCluster, temporal: Client): Promise<void> {
  const daily = { intervals: [{ every: 86_400_000 }] };
  const made = JSON.stringify({ kind: 'interval', ms: 86_400_000 });
  for (const entry of ['changed', 'forgotten']) {
    const args = [{ namespace, name: 'src', entry, made }];
    await ensureSchedule(temporal, { id: `periodic/${namespace}/src/${entry}`, spec: daily, workflow: 'periodic', args, summary: entry });
  }
  await ensureSchedule(temporal, { id: 'collect', spec: daily, workflow: 'collect', args: [], summary: 'once a day' });
}
