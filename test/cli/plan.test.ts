import { describe, expect, onTestFinished, test } from 'vitest';
import type { KubernetesObject } from '../../activities/kubernetes/client.ts';
import type { StreamForecast } from '../../activities/kubernetes/forecast.ts';
import { events, imageStreams, jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { runCommand } from '../../cli/waybill.ts';
import { readOnlyClient } from '../../workers/dry-run.ts';
import { releaseCluster, type ReleaseCluster } from '../activities/kubernetes/release-cluster.ts';
import { testStack } from '../support/stack.ts';
import { TestProcess } from '../support/test-process.ts';
import { eventually } from '../support/wait.ts';

const stack = testStack();

const settingsOf = (cluster: ReleaseCluster, more: Record<string, string> = {}) => ({
  ...stack.env(),
  WAYBILL_RELEASE_NAMESPACES: cluster.namespace,
  WAYBILL_JOB_NAMESPACE: cluster.jobNamespace,
  WAYBILL_PROW_NAMESPACE: cluster.prowNamespace,
  ...more,
});

async function plan(cluster: ReleaseCluster, words: string[] = [], more: Record<string, string> = {}) {
  let [out, err] = ['', ''];
  const code = await runCommand(['plan', ...words], {
    env: settingsOf(cluster, more),
    cwd: '/nowhere',
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isTerminal: false,
    columns: () => 100,
    fetch,
    now: () => Date.UTC(2025, 5, 1, 13),
  });
  return { code, out, err };
}

/** Every object that a worker could have touched, with its version. */
async function versions({ client, namespace, jobNamespace, prowNamespace }: ReleaseCluster): Promise<string[]> {
  const places = [
    [imageStreams, namespace],
    [releasePayloads, namespace],
    [events, namespace],
    [jobs, jobNamespace],
    [prowJobs, prowNamespace],
  ] as const;
  const lists = await Promise.all(places.map(([resource, where]) => client.list<KubernetesObject>(resource, where)));
  return lists.flatMap(({ items }) => items.map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`));
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

describe('waybill plan', () => {
  test('says of each stream what would be done and why, and writes nothing', async () => {
    const cluster = await streams();
    const before = await versions(cluster);
    const { code, out, err } = await plan(cluster);
    expect([code, err]).toEqual([0, '']);
    expect(out.replaceAll(cluster.namespace, 'ocp').replace(/sha256:\w{12}/, 'hash')).toBe(
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
      ].join('\n'),
    );
    expect(await versions(cluster)).toEqual(before);
  });

  test('prints the same as JSON, of the chosen sources alone', async () => {
    const cluster = await streams();
    const { out } = await plan(cluster, ['--json'], { WAYBILL_ONLY_SOURCES: `${cluster.namespace}/old` });
    expect(JSON.parse(out) as StreamForecast[]).toEqual([
      { stream: '4.1', source: `${cluster.namespace}/old`, would: [], because: ['the release config says endOfLife'] },
    ]);
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
  const tag = cluster.releaseTag();
  await cluster.change(imageStreams, cluster.namespace, 'release', (target) => ({ ...target, spec: { tags: [tag] } }) as typeof target);
  const before = await versions(cluster);
  await eventually('the next plan', () => worker.log().includes(`go on with ${tag.name}: build its image`), 60_000);
  expect(worker.log().match(/endOfLife/g)).toHaveLength(1);
  await worker.kill('SIGTERM');
  expect(await versions(cluster)).toEqual(before);
});
