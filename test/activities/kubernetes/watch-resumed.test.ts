import { describe, expect, test } from 'vitest';
import { KubernetesError, type KubernetesClient, type KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { configMaps, imageStreams, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream, ReleasePayload } from '../../../domain/payload/kinds.ts';
import { eventually } from '../../support/wait.ts';
import { releaseCluster, type ReleaseCluster } from './release-cluster.ts';
import { touch, watching, type Attempt } from './watch-attempt.ts';

describe('an attempt that goes on where another stopped', () => {
  test.concurrent('wakes the owners of what changed meanwhile and no others', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    for (const name of ['a', 'b', 'c']) await cluster.source({}, { name });
    const first = watching(cluster, 'imagestreams');
    const versions = await eventually('a heartbeat after the list', () => first.beats.find((beat) => beat[namespace] !== undefined));
    expect(first.woken).toHaveLength(3);
    await first.stop();
    await touch(cluster, 'b');
    await cluster.source({}, { name: 'd' });
    const second = watching(cluster, 'imagestreams', { from: versions });
    await second.hears(`start stream ${namespace}/d`);
    expect(second.woken).toEqual([`start stream ${namespace}/b`, `start stream ${namespace}/d`]);
    await eventually('those who may miss what is gone', () => second.running.join() === 'mirror,collector');
    expect(second.beats[0]).toEqual(versions);
  });

  /** A watch that has told of everything, and then the news that it misses, and another one that goes on from there. */
  async function afterwards(cluster: ReleaseCluster, resource: string, meanwhile: () => Promise<unknown>): Promise<Attempt> {
    const first = watching(cluster, resource);
    const versions = await eventually('a heartbeat after the list', () => first.beats.find((beat) => Object.keys(beat).length > 0));
    await first.stop();
    await meanwhile();
    return watching(cluster, resource, { from: versions });
  }

  test.concurrent('wakes the streams of a target that changed: nobody knows which of its tags', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.target([cluster.releaseTag('a'), cluster.releaseTag('b', {}, 'other'), { name: 'latest' }]);
    await cluster.source({});
    await cluster.stream('unmarked', {});
    const { hears, woken } = await afterwards(cluster, 'imagestreams', () =>
      cluster.change<ImageStream>(imageStreams, namespace, 'release', (target) => ({
        ...target,
        spec: {
          ...target.spec,
          tags: [cluster.releaseTag('a', { [annotation.phase]: 'Accepted' }), ...(target.spec?.tags ?? []).slice(1)],
        },
      })),
    );
    for (const name of ['src', 'other']) await hears(`stream ${namespace}/${name}`);
    expect(woken.filter((owner) => owner.startsWith('start'))).toEqual([]);
  });

  test.concurrent('wakes who publishes to an image stream that was edited', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.stream('a-published', {});
    await cluster.source({ publish: { images: { imageStreamRef: { name: 'a-published' } } } });
    const { hears } = await afterwards(cluster, 'imagestreams', () =>
      cluster.change<ImageStream>(imageStreams, namespace, 'a-published', (edited) => ({
        ...edited,
        spec: { tags: [{ name: 'cli', from: { kind: 'DockerImage', name: 'elsewhere' } }] },
      })),
    );
    await hears(`stream ${namespace}/src`);
  });

  test.concurrent('tells of job definitions that were changed', async () => {
    const cluster = await releaseCluster();
    await cluster.define('a');
    const { running } = await afterwards(cluster, 'jobconfig', () =>
      cluster.client.patch<KubernetesObject>(configMaps, cluster.prowNamespace, 'job-config', { data: { 'b.yaml': '# more' } }),
    );
    await eventually('the verifications', () => running.includes('verification'));
  });

  test.concurrent('ends when it is cancelled, without an error', async () => {
    const cluster = await releaseCluster();
    await cluster.source({});
    const { stop, hears } = watching(cluster, 'imagestreams');
    await hears(`start stream ${cluster.namespace}/src`);
    await expect(stop()).resolves.toBeUndefined();
  });

  test.concurrent('an owner that could not be told is told again', async () => {
    const cluster = await releaseCluster();
    await cluster.source({});
    const { hears } = watching(cluster, 'imagestreams', { failing: 1 });
    await hears(`start stream ${cluster.namespace}/src`);
  });

  test.concurrent('an owner that was not told before the end is told by the next attempt', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.source({});
    const first = watching(cluster, 'imagestreams', { failing: 1000 });
    await eventually('a second heartbeat', () => first.beats.length >= 2);
    await first.stop();
    expect(first.beats.at(-1)).toEqual({});
    const second = watching(cluster, 'imagestreams', { from: first.beats.at(-1) ?? {} });
    await second.hears(`start stream ${namespace}/src`);
  });
});

test.concurrent('a watch that takes the place of another first tells of what changed since, then of the rest', async () => {
  const cluster = await releaseCluster();
  const { namespace } = cluster;
  for (const name of ['a', 'b']) await cluster.source({}, { name });
  const before = watching(cluster, 'imagestreams');
  const toldUpTo = await eventually('a heartbeat after the list', () => before.beats.find((beat) => beat[namespace] !== undefined));
  await before.stop();
  await touch(cluster, 'b');
  const { woken, hears } = watching(cluster, 'imagestreams', { toldUpTo });
  await hears(`start stream ${namespace}/a`);
  expect(woken).toEqual([`start stream ${namespace}/b`, `start stream ${namespace}/a`]);
});

describe('a watch that begins without knowing what was before', () => {
  const at = '2025-06-01T12:00:00Z';
  const condition = (type: string) => ({ type, status: 'True' as const, reason: `Release${type}`, message: '', lastTransitionTime: at });
  /** A release that was judged, and what its tag says. */
  async function judged(cluster: ReleaseCluster, name: string, verdict: 'Accepted' | 'Rejected', more: Partial<ReleasePayload> = {}) {
    const { namespace } = cluster;
    await cluster.client.create<ReleasePayload>(releasePayloads, {
      apiVersion: 'release.openshift.io/v1alpha1',
      kind: 'ReleasePayload',
      metadata: { name, namespace, ...more.metadata },
      spec: { payloadCoordinates: { namespace, imagestreamName: 'release', imagestreamTagName: name } },
    });
    await cluster.changeStatus<ReleasePayload>(releasePayloads, namespace, name, () => ({
      conditions: [condition(`Payload${verdict}`)],
      ...more.status,
    }));
  }
  const accepted = (cluster: ReleaseCluster, name: string) => cluster.releaseTag(name, { [annotation.phase]: 'Accepted' });

  test.concurrent('begins a release whose verdict has turned, and no other of those that have ended', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.target([accepted(cluster, 'same'), accepted(cluster, 'turned'), cluster.releaseTag('unmarked')]);
    await judged(cluster, 'same', 'Accepted');
    await judged(cluster, 'turned', 'Rejected');
    await judged(cluster, 'unmarked', 'Accepted');
    await judged(cluster, 'untagged', 'Accepted');
    const { woken, running, hears } = watching(cluster, 'releasepayloads');
    await hears(`start release ${namespace}/turned`);
    await eventually('those that run, whose payloads may be gone', () => running.includes('release'));
    expect(woken.filter((owner) => owner.startsWith('start'))).toEqual([`start release ${namespace}/turned`]);
  });

  test.concurrent('begins a release that was approved meanwhile', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.target([accepted(cluster, 'said'), accepted(cluster, 'unsaid')]);
    const approved = { namespace, labels: { 'release.openshift.io/qe_state': 'Accepted' } };
    const said = { qualifiersSummary: { qualifiers: { qe: { approval: true, aggregateState: 'Success' as const } } } };
    await judged(cluster, 'said', 'Accepted', { metadata: { name: 'said', ...approved }, status: said });
    await judged(cluster, 'unsaid', 'Accepted', { metadata: { name: 'unsaid', ...approved } });
    const qualifiers = { load: async () => ({ qe: { enabled: true, approval: true } }) };
    const { woken, hears } = watching(cluster, 'releasepayloads', { dependencies: { qualifiers } });
    await hears(`start release ${namespace}/unsaid`);
    expect(woken.filter((owner) => owner.startsWith('start'))).toEqual([`start release ${namespace}/unsaid`]);
  });
});

describe('an API server that', () => {
  /** The real one, but the first watch ends as `end` says, once `meanwhile` has happened behind its back. */
  function interrupted(cluster: ReleaseCluster, end: () => void, meanwhile: () => Promise<unknown>): KubernetesClient {
    let watches = 0;
    const { client } = cluster;
    const watch: KubernetesClient['watch'] = async (resource, options, onEvent) => {
      watches += 1;
      if (watches > 1) return client.watch(resource, options, onEvent);
      await meanwhile();
      end();
    };
    return { list: client.list.bind(client), get: client.get.bind(client), watch } as unknown as KubernetesClient;
  }
  const expired = () => {
    throw new KubernetesError(410, 'Expired', 'too old resource version');
  };

  test.concurrent('has forgotten the version is listed afresh: what changed is told, and those who may miss a deleted one look', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    for (const name of ['a', 'b', 'c']) await cluster.source({}, { name });
    let before: string[] = [];
    const attempt: Attempt = watching(cluster, 'imagestreams', {
      dependencies: {
        client: interrupted(cluster, expired, async () => {
          await eventually('the list', () => attempt.woken.length === 3);
          before = attempt.woken.splice(0);
          await touch(cluster, 'b');
          await cluster.client.delete(imageStreams, namespace, 'c');
          await cluster.source({}, { name: 'd' });
        }),
      },
    });
    await eventually('the interruption', () => before.length > 0);
    for (const name of ['b', 'd']) await attempt.hears(`start stream ${namespace}/${name}`);
    expect(before).toEqual(['a', 'b', 'c'].map((name) => `start stream ${namespace}/${name}`));
    expect(attempt.woken.toSorted()).toEqual([`start stream ${namespace}/b`, `start stream ${namespace}/d`]);
    expect(attempt.running).toEqual(['mirror', 'collector', 'mirror', 'collector']);
    await touch(cluster, 'a');
    await attempt.hears(`start stream ${namespace}/a`);
  });

  test.concurrent('ends a watch in its own time is watched on from there', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.source({}, { name: 'a' });
    await cluster.source({}, { name: 'b' });
    const attempt: Attempt = watching(cluster, 'imagestreams', {
      dependencies: {
        client: interrupted(
          cluster,
          () => undefined,
          async () => {
            await eventually('the list', () => attempt.woken.length === 2);
            attempt.woken.length = 0;
            await cluster.client.delete(imageStreams, namespace, 'b');
          },
        ),
      },
    });
    await attempt.hears(`stream ${namespace}/b`);
    expect([attempt.woken, attempt.running]).toEqual([[`stream ${namespace}/b`], ['mirror', 'collector']]);
  });

  test.concurrent('fails otherwise fails the attempt, which is repeated', async () => {
    const cluster = await releaseCluster();
    const broken = interrupted(
      cluster,
      () => {
        throw new Error('socket hang up');
      },
      () => Promise.resolve(),
    );
    await expect(watching(cluster, 'imagestreams', { dependencies: { client: broken } }).done).rejects.toThrow('socket hang up');
  });
});
