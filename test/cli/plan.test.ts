import type { Client } from '@temporalio/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { KubernetesObject } from '../../activities/kubernetes/client.ts';
import {
  configMaps,
  events,
  imageStreams,
  jobs,
  leases,
  pods,
  prowJobs,
  releasePayloads,
  secrets,
} from '../../activities/kubernetes/resources.ts';
import type { Plan } from '../../workers/plan.ts';
import { readOnlyClient } from '../../workers/cluster-client.ts';
import { releaseCluster, type ReleaseCluster } from '../activities/kubernetes/release-cluster.ts';
import { commandLine } from '../support/command-line.ts';
import { planned, recordWork } from '../support/plan-scene.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { testStack } from '../support/stack.ts';
import { TestProcess } from '../support/test-process.ts';
import { eventually } from '../support/wait.ts';

const stack = testStack();
const temporal = quietTemporal('plan');

const settingsOf = (cluster: ReleaseCluster, more: Record<string, string> = {}) => ({
  ...stack.env(),
  WAYBILL_RELEASE_NAMESPACES: cluster.namespace,
  WAYBILL_JOB_NAMESPACE: cluster.jobNamespace,
  WAYBILL_PROW_NAMESPACE: cluster.prowNamespace,
  ...more,
});

const plan = (cluster: ReleaseCluster, words: string[] = [], more: Record<string, string> = {}) =>
  commandLine(['plan', ...words], { env: settingsOf(cluster, more), now: () => Date.UTC(2025, 5, 1, 13) });

/** Every object that a worker could have touched, with its version. */
async function versions({ client, namespace, jobNamespace, prowNamespace }: ReleaseCluster): Promise<string[]> {
  const kinds = [imageStreams, releasePayloads, jobs, prowJobs, events, secrets, configMaps, leases, pods];
  const places = [namespace, jobNamespace, prowNamespace].flatMap((where) => kinds.map((kind) => [kind, where] as const));
  const lists = await Promise.all(places.map(([resource, where]) => client.list<KubernetesObject>(resource, where)));
  return lists.flatMap(({ items }) => items.map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`));
}

/** Every workflow that ever ran in Temporal, and every schedule as it stands. */
async function temporalState({ workflow, schedule }: Client): Promise<unknown> {
  const [workflows, schedules]: [string[], unknown[]] = [[], []];
  for await (const { workflowId, runId } of workflow.list()) workflows.push(`${workflowId} ${runId}`);
  for await (const { scheduleId } of schedule.list()) {
    const { spec, action, info, state } = await schedule.getHandle(scheduleId).describe();
    schedules.push([scheduleId, spec, action, info.lastUpdatedAt, info.numActionsTaken, state]);
  }
  return [workflows.toSorted(), schedules];
}

/** One stream that is due, one that is wrong, one that has come to its end. */
async function streams(): Promise<ReleaseCluster> {
  const cluster = await releaseCluster();
  await cluster.source({});
  await cluster.target([]);
  await cluster.source({}, { name: 'wrong', text: '{"to":"release"}' });
  await cluster.source({ name: '4.1', endOfLife: true }, { name: 'old' });
  return cluster;
}

const allParts = [
  'the right to drive this cluster',
  'releases with a verdict',
  'what removed releases leave behind',
  'accepted releases without a signature',
  'upgrade graph',
  'failed imports',
  'copies that no release needs',
  'releases that are older than payloads',
  'schedules in Temporal',
];

describe('waybill plan', () => {
  test('says of each stream what would be done and why, and writes nothing', async () => {
    const cluster = await streams();
    const before = await versions(cluster);
    const { code, out, err } = await plan(cluster);
    expect([code, err]).toEqual([0, '']);
    const [streamsPart = ''] = out.split('the right to drive this cluster');
    expect(streamsPart.replaceAll(cluster.namespace, 'ocp').replace(/sha256:\w{12}/, 'hash')).toBe(
      [
        '4.1 (ocp/old)',
        '  nothing',
        '  because',
        '    - the release config says endOfLife',
        '',
        '4.20.0-0.nightly (ocp/src)',
        '  would',
        '    - create release 4.20.0-0.nightly-2025-06-01-130000 in release',
        '  because',
        '    - no release has the input images that are there now (hash hash…)',
        '',
        'wrong (ocp/wrong)',
        '  would',
        '    - report InvalidReleaseDefinition on the image stream',
        '  because',
        '    - the release.openshift.io/config annotation for wrong is invalid: release config must have a valid name',
        '',
        '',
      ].join('\n'),
    );
    expect(await versions(cluster)).toEqual(before);
  });

  test('prints the same as JSON, of the chosen sources alone', async () => {
    const cluster = await streams();
    const { out } = await plan(cluster, ['--json'], { WAYBILL_ONLY_SOURCES: `${cluster.namespace}/old` });
    const { streams: forecasts, parts } = JSON.parse(out) as Plan;
    expect(parts.map(({ part }) => part)).toEqual(allParts);
    expect(forecasts).toEqual([
      { stream: '4.1', source: `${cluster.namespace}/old`, would: [], because: ['the release config says endOfLife'] },
    ]);
  });

  test('of everything that a worker would find to do: says it, and writes neither into the cluster nor into Temporal', async () => {
    const cluster = await releaseCluster();
    await recordWork(cluster, temporal());
    const before = [await versions(cluster), await temporalState(temporal())];
    const { code, out } = await plan(cluster, ['--json'], { WAYBILL_TEMPORAL_NAMESPACE: temporal().options.namespace });
    expect(code).toBe(0);
    const text = out.replaceAll(cluster.namespace, 'ocp').replace(/sha256:\w{12}/, 'hash');
    const { streams: forecasts, parts } = JSON.parse(text) as Plan;
    expect([...forecasts.map(({ stream, would }) => [stream, would]), ...parts.map(({ part, would }) => [part, would])]).toEqual([
      [
        '4.20.0-0.nightly',
        [
          `have tags say the verdict of ${planned.half}`,
          'create release 4.20.0-0.nightly-2025-06-01-130000 in release',
          `go on with ${planned.unfinished}: verify it`,
          `publish ${planned.half}: latest`,
          `retire 1 release whose time is over: ${planned.retired}`,
          'see that its periodics have their schedules',
        ],
      ],
      ['the right to drive this cluster', ['take the lease ocp-jobs/waybill']],
      [
        'releases with a verdict',
        [`complete the half-written verdict of 1 release: ${planned.half}`, `take in the last results of 1 release: ${planned.open}`],
      ],
      [
        'what removed releases leave behind',
        [
          `remove 1 ReleasePayload: ocp/${planned.gone}`,
          `remove 1 job: ocp-jobs/${planned.gone}`,
          `remove, when the releases are gone whose time is over, 1 ReleasePayload: ocp/${planned.retired}`,
          `remove, when the releases are gone whose time is over, 1 job: ocp-jobs/${planned.retired}`,
        ],
      ],
      ['accepted releases without a signature', []],
      ['upgrade graph', ['store 1 result of upgrade jobs in Secret ocp/release-upgrade-graph, which then has 1 edge']],
      ['failed imports', ['ask again for the import of 1 tag: ocp/src:late']],
      ['copies that no release needs', []],
      ['releases that are older than payloads', []],
      [
        'schedules in Temporal',
        [
          'make 4 schedules: reimport, mirror-cleanup, audit-tracker, periodic/ocp/src/soak',
          'change 2 schedules: collect, periodic/ocp/src/changed',
          'remove 1 schedule: periodic/ocp/src/forgotten',
          'run at once 2 periodics: periodic/ocp/src/changed, periodic/ocp/src/soak',
        ],
      ],
    ]);
    expect([await versions(cluster), await temporalState(temporal())]).toEqual(before);
  });

  test('of a cluster that another Waybill drives: says who, and that a worker would be refused', async () => {
    const cluster = await releaseCluster();
    const renewTime = new Date(Date.UTC(2025, 5, 1, 12, 59, 55)).toISOString().replace('Z', '000Z');
    await cluster.client.create<KubernetesObject>(leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        namespace: cluster.jobNamespace,
        name: 'waybill',
        annotations: { 'waybill.dev/temporal-namespace': 'other at there:7233' },
      },
      spec: { holderIdentity: 'another', leaseDurationSeconds: 45, renewTime, acquireTime: renewTime },
    } as KubernetesObject);
    const { out } = await plan(cluster, [], { WAYBILL_TEMPORAL_NAMESPACE: temporal().options.namespace });
    expect(out).toContain('another Waybill drives this cluster: its Temporal namespace is other at there:7233 (another)');
  });

  test('without Temporal it says so, and the rest', async () => {
    const cluster = await streams();
    const { code, out } = await plan(cluster, [], { WAYBILL_TEMPORAL_ADDRESS: '127.0.0.1:9' });
    expect(code).toBe(0);
    expect(out).toContain('Temporal at 127.0.0.1:9 does not answer: schedules that are there already are not known');
    expect(out).toContain('Temporal at 127.0.0.1:9 does not answer: whose lease is ours is not known');
    expect(out).toContain('make 4 schedules: reimport, mirror-cleanup, audit-tracker, collect');
  });

  test('a cluster that does not answer is no plan', async () => {
    const cluster = await releaseCluster();
    const { code, err } = await plan(cluster, [], { WAYBILL_KUBECONFIG: '/nowhere/kubeconfig' });
    expect(code).toBe(4);
    expect(err).toContain('name its kubeconfig with WAYBILL_KUBECONFIG');
  });

  test('its client sends no write', async () => {
    const cluster = await streams();
    const client = readOnlyClient(stack.settings());
    await expect(client.patch(imageStreams, cluster.namespace, 'src', {})).rejects.toThrow('was not sent: this is a dry run');
    await expect(client.delete(imageStreams, cluster.namespace, 'src')).rejects.toThrow('this is a dry run');
  });
});

test('a worker in a dry run says what it would do whenever that changes, and writes nothing', { timeout: 120_000 }, async () => {
  const cluster = await streams();
  const worker = new TestProcess({
    name: `${cluster.namespace}-dry`,
    home: stack.home,
    script: ['cli/waybill.ts', 'worker', '--dry-run'],
    // It needs no Temporal.
    env: settingsOf(cluster, { WAYBILL_TEMPORAL_ADDRESS: '127.0.0.1:9' }),
    ready: 'dry run: nothing is written',
  });
  onTestFinished(async () => void (await worker.kill()));
  await worker.start();
  await eventually('the first plan', () => worker.log().includes('create release 4.20.0-0.nightly-'), 60_000);
  await eventually('what is done beside the streams', () => worker.log().includes('schedules in Temporal'), 60_000);
  const tag = cluster.releaseTag();
  await cluster.change(imageStreams, cluster.namespace, 'release', (target) => ({ ...target, spec: { tags: [tag] } }) as typeof target);
  const before = await versions(cluster);
  await eventually('the next plan', () => worker.log().includes(`go on with ${tag.name}: build its image`), 60_000);
  expect(worker.log().match(/endOfLife/g)).toHaveLength(1);
  await worker.kill('SIGTERM');
  expect(await versions(cluster)).toEqual(before);
});
