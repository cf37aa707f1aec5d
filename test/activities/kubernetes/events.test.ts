import { expect, test } from 'vitest';
import type { KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { events } from '../../../activities/kubernetes/resources.ts';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { streamActivities } from '../../../activities/kubernetes/stream-activities.ts';
import { noonTag, releaseCluster, type ReleaseCluster } from './release-cluster.ts';

type Event = KubernetesObject & { reason: string; message: string; count: number; type: string; involvedObject: object; source: object };
const told = async ({ client, namespace }: ReleaseCluster) =>
  (await client.list<Event>(events, namespace)).items.filter(({ reason }) => reason !== 'Scheduled');
const problem = { reason: 'ProwJobInvalid', message: 'the prow job a is not valid: no job with that name' };

async function scene() {
  const cluster = await releaseCluster();
  const source = await cluster.source({});
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

test.concurrent('a problem of a release is told by its source stream', async () => {
  const { cluster, id } = await scene();
  await cluster.target([cluster.releaseTag()]);
  const { reportReleaseProblem } = releaseActivities(cluster.dependencies);
  await reportReleaseProblem({ namespace: id.namespace, tag: noonTag, target: 'release' }, problem);
  await reportReleaseProblem({ namespace: id.namespace, tag: 'none', target: 'release' }, problem);
  expect(await told(cluster)).toMatchObject([{ ...problem, involvedObject: { name: 'src' } }]);
});
