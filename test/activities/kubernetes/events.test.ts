import { describe, expect, test } from 'vitest';
import { KubernetesError, type KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { events } from '../../../activities/kubernetes/resources.ts';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { streamActivities } from '../../../activities/kubernetes/stream-activities.ts';
import { jobDone, noonTag, releaseCluster, type ReleaseCluster } from './release-cluster.ts';

type Event = KubernetesObject & { reason: string; message: string; count: number; type: string; involvedObject: object; source: object };
const told = async ({ client, namespace }: ReleaseCluster) =>
  (await client.list<Event>(events, namespace)).items.filter(({ reason }) => reason !== 'Scheduled');
const problem = { reason: 'ProwJobInvalid', message: 'the prow job a is not valid: no job with that name' };

async function scene(config: object = {}) {
  const cluster = await releaseCluster();
  const source = await cluster.source(config);
  return { cluster, source, id: { namespace: cluster.namespace, name: 'src' }, activities: streamActivities(cluster.dependencies) };
}

test.concurrent('a problem is an event of the source stream', async () => {
  const { cluster, source, id, activities } = await scene();
  await activities.reportProblem(id, problem);
  expect(await told(cluster)).toMatchObject([
    {
      ...problem,
      count: 1,
      type: 'Warning',
      source: { component: 'release-controller' },
      involvedObject: { kind: 'ImageStream', name: 'src', namespace: cluster.namespace, uid: source.metadata.uid },
    },
  ]);
});

test.concurrent('the same problem again counts up, another one is another event', async () => {
  const { cluster, id, activities } = await scene();
  for (let times = 0; times < 3; times += 1) await activities.reportProblem(id, problem);
  await activities.reportProblem(id, { ...problem, message: 'another' });
  expect((await told(cluster)).map(({ count }) => count).toSorted()).toEqual([1, 3]);
});

test.concurrent('a very long message is cut, and what is no trouble is no warning', async () => {
  const { cluster, id, activities } = await scene();
  await activities.reportProblem(id, { reason: 'VerificationSkipped', message: 'x'.repeat(5000) });
  expect(await told(cluster)).toMatchObject([{ type: 'Normal', message: 'x'.repeat(1024) }]);
});

test.concurrent('a stream that is gone hears nothing', async () => {
  const { cluster, activities } = await scene();
  await activities.reportProblem({ namespace: cluster.namespace, name: 'none' }, problem);
  expect(await told(cluster)).toEqual([]);
});

test.concurrent('a cluster that takes no events holds nothing up', async () => {
  const { cluster, id } = await scene();
  const refusing = Object.assign(Object.create(cluster.client) as typeof cluster.client, {
    get: cluster.client.get.bind(cluster.client),
    create: () => Promise.reject(new KubernetesError(403, 'Forbidden', 'no events here')),
  });
  await streamActivities({ ...cluster.dependencies, client: refusing }).reportProblem(id, problem);
  expect(await told(cluster)).toEqual([]);
});

test.concurrent('a problem of a release is told by its source stream', async () => {
  const { cluster, id } = await scene();
  await cluster.target([cluster.releaseTag()]);
  const { reportReleaseProblem } = releaseActivities(cluster.dependencies);
  await reportReleaseProblem({ namespace: id.namespace, tag: noonTag, target: 'release' }, problem);
  await reportReleaseProblem({ namespace: id.namespace, tag: 'none', target: 'release' }, problem);
  expect(await told(cluster)).toMatchObject([{ ...problem, involvedObject: { name: 'src' } }]);
});

describe('events of a payload', () => {
  const ofPayload = async (cluster: ReleaseCluster) =>
    (await told(cluster)).filter(({ involvedObject }) => (involvedObject as { kind: string }).kind === 'ReleasePayload');

  async function built(config: object = {}) {
    const { cluster, id } = await scene(config);
    await cluster.target([cluster.releaseTag()]);
    const activities = releaseActivities(cluster.dependencies);
    const release = { namespace: id.namespace, tag: noonTag, target: 'release' };
    await activities.openRelease(release);
    return { cluster, release, activities };
  }

  test.concurrent('tell what turns, once, whoever looks at the same time', async () => {
    const { cluster, release, activities } = await built();
    await cluster.job(noonTag, jobDone);
    await Promise.all(Array.from({ length: 4 }, () => activities.syncPayload(release, {})));
    await activities.syncPayload(release, {});
    expect((await ofPayload(cluster)).map(({ reason, type, count }) => [reason, type, count]).toSorted()).toEqual([
      ['ReleasePayloadAccepted', 'Normal', 1],
      ['ReleasePayloadCreated', 'Normal', 1],
    ]);
    const { uid } = (await cluster.readPayload()).metadata;
    expect((await ofPayload(cluster))[0]).toMatchObject({
      source: { component: 'release-payload-controller' },
      involvedObject: { apiVersion: 'release.openshift.io/v1alpha1', name: noonTag, namespace: cluster.namespace, uid },
    });
  });

  test.concurrent('are told before the status is written, and not again when that is tried once more', async () => {
    const { cluster, release, activities } = await built();
    await cluster.job(noonTag, jobDone);
    let dies = true;
    const dying = Object.assign(Object.create(cluster.client) as typeof cluster.client, {
      get: cluster.client.get.bind(cluster.client),
      list: cluster.client.list.bind(cluster.client),
      create: cluster.client.create.bind(cluster.client),
      replaceStatus: async (...given: Parameters<typeof cluster.client.replaceStatus>) => {
        if (dies) throw new Error('killed');
        return cluster.client.replaceStatus(...given);
      },
    });
    const mortal = releaseActivities({ ...cluster.dependencies, client: dying });
    await expect(mortal.syncPayload(release, {})).rejects.toThrow('killed');
    expect(await ofPayload(cluster)).toHaveLength(2);
    dies = false;
    await mortal.syncPayload(release, {});
    await activities.syncPayload(release, {});
    expect(await ofPayload(cluster)).toHaveLength(2);
  });

  test.concurrent('that the cluster does not take hold nothing up', async () => {
    const { cluster, release } = await built();
    await cluster.job(noonTag, jobDone);
    const refusing = Object.assign(Object.create(cluster.client) as typeof cluster.client, {
      get: cluster.client.get.bind(cluster.client),
      list: cluster.client.list.bind(cluster.client),
      replaceStatus: cluster.client.replaceStatus.bind(cluster.client),
      create: () => Promise.reject(new KubernetesError(403, 'Forbidden', 'no events here')),
    });
    const activities = releaseActivities({ ...cluster.dependencies, client: refusing });
    expect(await activities.syncPayload(release, {})).toMatchObject({ phase: 'Accepted' });
  });
});
