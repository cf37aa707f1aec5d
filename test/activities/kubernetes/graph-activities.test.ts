import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { KubernetesClient, KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { graphActivities } from '../../../activities/kubernetes/graph-activities.ts';
import { pruneGraph } from '../../../activities/kubernetes/graph-pruner.ts';
import { asideKey, graphSecret } from '../../../activities/kubernetes/graph-secret.ts';
import { events, prowJobs, secrets, type Resource } from '../../../activities/kubernetes/resources.ts';
import { annotation, label } from '../../../domain/payload/annotations.ts';
import type { ProwJob } from '../../../domain/payload/kinds.ts';
import { byMortals, mortal } from '../../support/mortal-client.ts';
import { releaseCluster, type ReleaseCluster } from './release-cluster.ts';

interface Secret extends KubernetesObject {
  data?: Record<string, string>;
}

const to = '4.15.0';

/** A verification job that upgraded `from` to `tag`, in the given state. */
async function upgradeJob(
  cluster: ReleaseCluster,
  name: string,
  more: { from?: string; tag?: string; state?: string; payload?: string | null; architecture?: string } = {},
) {
  const { from = '4.14.0', tag = to, state = 'success', payload = tag, architecture = 'amd64' } = more;
  const metadata = {
    name,
    namespace: cluster.prowNamespace,
    labels: { [label.verify]: 'true', ...(payload === null ? {} : { [label.payload]: payload }) },
    annotations: { [annotation.fromTag]: from, [annotation.tag]: tag, [annotation.architecture]: architecture },
  };
  const status = { state, url: `https://prow.example/${name}`, startTime: '2025-06-01T12:00:00Z', completionTime: '2025-06-01T13:00:00Z' };
  await cluster.client.create<ProwJob>(prowJobs, {
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata,
    spec: { job: 'p', type: 'periodic' },
    status,
  });
}

const read = (cluster: ReleaseCluster) => cluster.client.get<Secret>(secrets, cluster.namespace, graphSecret);
const unpack = (data: string | undefined) => gunzipSync(Buffer.from(data ?? '', 'base64')).toString('utf8');
const stored = async (cluster: ReleaseCluster) =>
  JSON.parse(unpack((await read(cluster))?.data?.['latest'])) as { from: string; to: string; results: unknown[] }[];
const edges = async (cluster: ReleaseCluster) =>
  (await stored(cluster)).map(({ from, to: into, results }) => `${from} ${into} ${results.length}`);
const pack = (content: unknown) => gzipSync(JSON.stringify(content)).toString('base64');
const put = (cluster: ReleaseCluster, data: Record<string, string>) =>
  cluster.client.create<Secret>(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: graphSecret, namespace: cluster.namespace },
    data,
  });
const record = (cluster: ReleaseCluster, releases: string[] | 'all', client: KubernetesClient = cluster.client) =>
  graphActivities({ ...cluster.dependencies, client }).recordUpgrades({ namespace: cluster.namespace, releases });

describe('recording upgrades', () => {
  test.concurrent('makes the Secret where there is none, from every job that is there, and writes nothing when nothing is new', async () => {
    const cluster = await releaseCluster();
    await upgradeJob(cluster, 'a');
    await upgradeJob(cluster, 'b', { from: '4.14.1', state: 'failure' });
    await upgradeJob(cluster, 'periodic', { tag: '4.15.1', payload: null });
    await upgradeJob(cluster, 'arm', { architecture: 'arm64' });
    expect(await record(cluster, [to])).toMatchObject({ edges: 3, added: 3 });
    expect(await stored(cluster)).toEqual([
      { from: '4.14.0', to, results: [{ state: 'Succeeded', url: 'https://prow.example/a' }] },
      { from: '4.14.1', to, results: [{ state: 'Failed', url: 'https://prow.example/b' }] },
      { from: '4.14.0', to: '4.15.1', results: [{ state: 'Succeeded', url: 'https://prow.example/periodic' }] },
    ]);
    const before = await read(cluster);
    expect(await record(cluster, 'all')).toEqual({ edges: 3, added: 0, bytes: 0 });
    expect(await read(cluster)).toEqual(before);
  });

  test.concurrent('adds to a graph of release-controller, keeps its other keys, and reads only the jobs it is told of', async () => {
    const cluster = await releaseCluster();
    await put(cluster, {
      latest: pack([{ from: '4.13.0', to: '4.14.0', results: [{ state: 'Succeeded', url: 'https://prow.example/old' }] }]),
      other: 'a2VwdA==',
    });
    await upgradeJob(cluster, 'a');
    await upgradeJob(cluster, 'elsewhere', { tag: '4.16.0' });
    await upgradeJob(cluster, 'periodic', { tag: '4.15.1', payload: null });
    await record(cluster, [to]);
    expect(await edges(cluster)).toEqual(['4.13.0 4.14.0 1', '4.14.0 4.15.0 1']);
    await record(cluster, ['']);
    expect(await edges(cluster)).toEqual(['4.13.0 4.14.0 1', '4.14.0 4.15.0 1', '4.14.0 4.15.1 1']);
    expect((await read(cluster))?.data?.['other']).toBe('a2VwdA==');
  });

  test.concurrent('by workers that die after each write knows each upgrade once', async () => {
    const cluster = await releaseCluster();
    for (const name of ['a', 'b']) {
      await upgradeJob(cluster, name);
      expect(await byMortals(() => record(cluster, [to], mortal(cluster.client)))).toBe(1);
    }
    expect(await edges(cluster)).toEqual(['4.14.0 4.15.0 2']);
  });

  test.concurrent('P24: a graph that nobody can read is kept aside and reported; a new one is made of the jobs that are there', async () => {
    const cluster = await releaseCluster();
    const broken = Buffer.from('no gzip').toString('base64');
    await put(cluster, { latest: broken });
    const { reportGraphProblem } = graphActivities(cluster.dependencies);
    const unused = await record(cluster, ['none']);
    expect(unused.trouble).toContain(`can not be read (incorrect header check): it is kept in key ${asideKey(broken)}`);
    expect((await read(cluster))?.data).toEqual({ latest: broken });

    await upgradeJob(cluster, 'a');
    const { trouble = '' } = await record(cluster, ['none']);
    expect(trouble).toContain('a new graph was begun');
    expect((await read(cluster))?.data).toMatchObject({ [asideKey(broken)]: broken });
    expect(await edges(cluster)).toEqual(['4.14.0 4.15.0 1']);
    expect(await record(cluster, [to])).toEqual({ edges: 1, added: 0, bytes: 0 });

    await reportGraphProblem(cluster.namespace, trouble);
    const told = (await cluster.client.list<KubernetesObject>(events, cluster.namespace)).items;
    expect(told).toMatchObject([{ reason: 'UnableToSaveUpgradeGraph', involvedObject: { kind: 'Secret', name: graphSecret } }]);
  });

  test.concurrent('goes on from what another one wrote meanwhile', async () => {
    const cluster = await releaseCluster();
    await put(cluster, {});
    await upgradeJob(cluster, 'a');
    const { client } = cluster;
    let raced = false;
    const racing = Object.assign(Object.create(client) as KubernetesClient, {
      get: client.get.bind(client),
      list: client.list.bind(client),
      replace: async (resource: Resource, secret: Secret) => {
        if (!raced) {
          raced = true;
          const latest = pack([{ from: '4.13.0', to: '4.14.0', results: [{ state: 'Succeeded', url: 'u' }] }]);
          await client.patch(secrets, cluster.namespace, graphSecret, { data: { latest } });
        }
        return client.replace(resource, secret);
      },
    });
    await record(cluster, [to], racing);
    expect(await edges(cluster)).toEqual(['4.13.0 4.14.0 1', '4.14.0 4.15.0 1']);
  });

  test.concurrent('a graph that does not fit is not written, and what to do is said', async () => {
    const cluster = await releaseCluster();
    await put(cluster, { other: Buffer.alloc(1024 * 1024 - 20, 7).toString('base64') });
    await upgradeJob(cluster, 'a');
    expect((await record(cluster, [to])).trouble).toMatch(
      /would take \d+ bytes, and a Secret holds 1048576; prune it with "waybill graph prune"/,
    );
    expect((await read(cluster))?.data?.['latest']).toBeUndefined();
  });

  test.concurrent('a namespace that is not there is trouble to be told, not to be tried again', async () => {
    const cluster = await releaseCluster();
    await upgradeJob(cluster, 'a');
    const outcome = await graphActivities(cluster.dependencies).recordUpgrades({ namespace: `${cluster.namespace}-none`, releases: [to] });
    expect(outcome.trouble).toContain('not found');
  });
});

describe('pruning', () => {
  const graph = [
    { from: '4.14.0', to: '4.15.0', results: [{ state: 'Succeeded', url: '1' }] },
    { from: 'nightly', to: '4.15.0', results: [] },
    { from: '4.14.0', to: 'nightly', results: [] },
  ];
  async function scene(config: string | undefined = JSON.stringify({ name: '4-stable', as: 'Stable' })) {
    const cluster = await releaseCluster();
    await put(cluster, { latest: pack(graph) });
    const annotations = config === undefined ? {} : { [annotation.config]: config };
    await cluster.stream('stable', { annotations, specTags: [{ name: '4.14.0' }, { name: '4.15.0' }] });
    const prune = (confirmed: boolean) =>
      pruneGraph(cluster.client, { namespace: cluster.namespace, releaseNamespaces: [cluster.namespace], confirmed });
    return { cluster, prune };
  }

  test.concurrent('says what would go, and does it when it is confirmed', async () => {
    const { cluster, prune } = await scene();
    const before = await read(cluster);
    const { removed, graph: pruned } = await prune(false);
    expect([removed, pruned.records().length]).toEqual([1, 2]);
    expect(await read(cluster)).toEqual(before);
    await prune(true);
    expect(await edges(cluster)).toEqual(['4.14.0 4.15.0 1', 'nightly 4.15.0 0']);
  });

  test.concurrent.each([
    ['a config can not be read', '{', 'is invalid'],
    ['there is no Stable stream', JSON.stringify({ name: 'x', to: 'release' }), 'no Stable stream in'],
  ])('refuses when %s', async (_, config, message) => {
    const { prune } = await scene(config);
    await expect(prune(true)).rejects.toThrow(message);
  });

  test.concurrent('refuses a graph that nobody can read', async () => {
    const { cluster, prune } = await scene();
    await cluster.client.patch(secrets, cluster.namespace, graphSecret, { data: { latest: 'bm8gZ3ppcA==' } });
    await expect(prune(true)).rejects.toThrow('can not be read');
  });
});
