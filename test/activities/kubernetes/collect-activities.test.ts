import { expect, test } from 'vitest';
import { collectActivities } from '../../../activities/kubernetes/collect-activities.ts';
import { ReleaseNamespaces } from '../../../activities/kubernetes/release-namespaces.ts';
import { imageStreams, jobs, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream, Job, ReleasePayload } from '../../../domain/payload/kinds.ts';
import { byMortals, mortal } from '../../support/mortal-client.ts';
import { jobDone, releaseCluster, type ReleaseCluster } from './release-cluster.ts';

/** A release with payload, mirror and jobs, whose tag is in the target; a second one is gone. */
async function scene() {
  const cluster = await releaseCluster();
  await cluster.source({});
  const { metadata } = await cluster.target([cluster.releaseTag('alive')]);
  for (const tag of ['alive', 'gone']) {
    await payload(cluster, tag);
    await mirror(cluster, tag, (metadata.generation ?? 0) - 1);
    await job(cluster, tag, tag, (metadata.generation ?? 0) - 1);
    await job(cluster, `${tag}-alternate-mirror`, tag, (metadata.generation ?? 0) - 1);
  }
  return { cluster, generation: metadata.generation ?? 0, collect: () => collectActivities(cluster.dependencies).collectGarbage() };
}

const marks = (cluster: ReleaseCluster, tag: string, generation: number) => ({
  [annotation.source]: `${cluster.namespace}/src`,
  [annotation.target]: `${cluster.namespace}/release`,
  [annotation.releaseTag]: tag,
  [annotation.generation]: String(generation),
});

const payload = (cluster: ReleaseCluster, name: string) =>
  cluster.client.create<ReleasePayload>(releasePayloads, {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name, namespace: cluster.namespace },
    spec: {},
  });

const mirror = (cluster: ReleaseCluster, tag: string, generation: number) =>
  cluster.client.create<ImageStream>(imageStreams, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: `src-${tag}`, namespace: cluster.namespace, annotations: marks(cluster, tag, generation) },
  });

async function job(cluster: ReleaseCluster, name: string, tag: string, generation: number, more: Record<string, string> = {}) {
  await cluster.job(name, {});
  await cluster.client.patch<Job>(jobs, cluster.jobNamespace, name, {
    metadata: { annotations: { ...marks(cluster, tag, generation), ...more } },
  });
}

const left = async ({ client, namespace, jobNamespace }: ReleaseCluster) => {
  const namesOf = async (resource: typeof jobs, where: string) =>
    (await client.list<Job>(resource, where)).items.map(({ metadata }) => metadata.name).toSorted();
  return [await namesOf(releasePayloads, namespace), await namesOf(imageStreams, namespace), await namesOf(jobs, jobNamespace)];
};

test.concurrent('what belongs to a release that is gone goes, everything else stays, and a repeat finds nothing', async () => {
  const { cluster, collect } = await scene();
  expect(await collect()).toEqual({ payloads: 1, mirrors: 1, jobs: 2, more: false });
  expect(await left(cluster)).toEqual([['alive'], ['release', 'src', 'src-alive'], ['alive', 'alive-alternate-mirror']]);
  expect(await collect()).toEqual({ payloads: 0, mirrors: 0, jobs: 0, more: false });
});

test.concurrent('workers that die after each write remove the same, each object once', async () => {
  const { cluster } = await scene();
  const activities = collectActivities({ ...cluster.dependencies, client: mortal(cluster.client) });
  expect(await byMortals(() => activities.collectGarbage())).toBe(4);
  expect(await left(cluster)).toEqual([['alive'], ['release', 'src', 'src-alive'], ['alive', 'alive-alternate-mirror']]);
});

test.concurrent('P33: a removal job goes when it is done, and not before', async () => {
  const { cluster, generation, collect } = await scene();
  await job(cluster, 'remove-gone', 'gone', generation - 1);
  expect((await collect()).jobs).toBe(2);
  await cluster.endJob('remove-gone', { ...jobDone, completionTime: new Date().toISOString() });
  expect((await collect()).jobs).toBe(1);
});

test.concurrent('a job as new as the target goes two hours after its end', async () => {
  const { cluster, generation, collect } = await scene();
  await job(cluster, 'fresh', 'gone', generation);
  await job(cluster, 'verify-image', 'gone', generation, { [annotation.purpose]: 'audit' });
  expect((await collect()).jobs).toBe(2);
  await cluster.endJob('fresh', { ...jobDone, completionTime: new Date().toISOString() });
  expect((await collect()).jobs).toBe(0);
  await cluster.endJob('verify-image', jobDone);
  expect((await collect()).jobs).toBe(1);
  expect((await left(cluster))[2]).toEqual(['alive', 'alive-alternate-mirror', 'fresh']);
});

test.concurrent('a payload of a tag that appears while it is collected stays', async () => {
  const { cluster } = await scene();
  const { client } = cluster;
  let appeared = false;
  const late = new Proxy(client, {
    get: (target, key) => {
      const value = Reflect.get(target, key) as unknown;
      if (key !== 'get' || typeof value !== 'function') return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: Parameters<typeof client.get>) => {
        if (!appeared && args[2] === 'release') {
          appeared = true;
          await cluster.change<ImageStream>(imageStreams, cluster.namespace, 'release', (stream) => ({
            ...stream,
            spec: { ...stream.spec, tags: [...(stream.spec?.tags ?? []), cluster.releaseTag('gone')] },
          }));
        }
        return client.get(...args);
      };
    },
  });
  const activities = collectActivities({ ...cluster.dependencies, client: late });
  expect(await activities.collectGarbage()).toEqual({ payloads: 0, mirrors: 0, jobs: 0, more: false });
  expect((await left(cluster))[0]).toEqual(['alive', 'gone']);
});

test.concurrent('P34: a tag of another namespace keeps nothing', async () => {
  const { cluster, collect } = await scene();
  const other = await releaseCluster();
  await other.target([other.releaseTag('gone')]);
  const both = new ReleaseNamespaces(cluster.client, [cluster.namespace, other.namespace]);
  await payload(other, 'gone');
  const activities = collectActivities({ ...cluster.dependencies, releaseNamespaces: both });
  expect((await activities.collectGarbage()).payloads).toBe(1);
  expect((await left(other))[0]).toEqual(['gone']);
  expect((await collect()).payloads).toBe(0);
});

test.concurrent('many go heap by heap', async () => {
  const cluster = await releaseCluster();
  await cluster.target([]);
  await Promise.all(Array.from({ length: 210 }, (_, index) => payload(cluster, `gone-${index}`)));
  const activities = collectActivities(cluster.dependencies);
  expect(await activities.collectGarbage()).toMatchObject({ payloads: 200, more: true });
  expect(await activities.collectGarbage()).toMatchObject({ payloads: 10, more: false });
});

test.concurrent('metadata comes page by page, without what is large', async () => {
  const cluster = await releaseCluster();
  await cluster.target(Array.from({ length: 3 }, (_, index) => cluster.releaseTag(`t${index}`)));
  for (const name of ['a', 'b', 'c']) await payload(cluster, name);
  const pages = [];
  for await (const page of cluster.client.metadata(releasePayloads, cluster.namespace, 2)) pages.push(page.map(({ name }) => name));
  expect(pages).toEqual([['a', 'b'], ['c']]);
});
