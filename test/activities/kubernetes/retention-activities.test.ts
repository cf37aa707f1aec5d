import { describe, expect, test } from 'vitest';
import { retentionActivities } from '../../../activities/kubernetes/retention-activities.ts';
import { events, imageStreams, jobs, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import { streamActivities } from '../../../activities/kubernetes/stream-activities.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream, Job, JobStatus, Phase, ReleasePayload } from '../../../domain/payload/kinds.ts';
import { frontedStack } from '../../support/front.ts';
import { jobDone, jobFailed, noon, releaseCluster, streamName, type ReleaseCluster } from './release-cluster.ts';

const fronted = frontedStack();

/** `a1 f1`: releases by phase and name, newest first, an hour apart, each with its image; at noon the first is an hour old. */
async function scene(releases: string, { soft = false, config = {} }: { soft?: boolean; config?: object } = {}) {
  const cluster = await releaseCluster({ softDeleteReleaseTags: soft });
  await cluster.source(config);
  const phases: Record<string, Phase> = { a: 'Accepted', r: 'Rejected', f: 'Failed', p: 'Pending', y: 'Ready' };
  const tags = releases.split(' ').map((name, index) =>
    cluster.releaseTag(name, {
      [annotation.phase]: phases[name.charAt(0)]!,
      [annotation.creationTimestamp]: `${new Date(noon - (index + 1) * 3_600_000).toISOString().slice(0, 19)}Z`,
    }),
  );
  await cluster.target(
    tags,
    tags.map(({ name }) => cluster.imported('release', name)),
  );
  return { cluster, id: { namespace: cluster.namespace, name: 'src' } };
}

const names = async (cluster: ReleaseCluster) => {
  const { spec, status } = await cluster.readStream('release');
  return [spec?.tags?.map(({ name }) => name).join(' '), status?.tags?.map(({ tag }) => tag).join(' ')];
};

async function payload(cluster: ReleaseCluster, name: string, type: string): Promise<void> {
  const spec = { payloadCoordinates: { namespace: cluster.namespace, streamName, imagestreamName: 'release', imagestreamTagName: name } };
  await cluster.client.create(releasePayloads, {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { namespace: cluster.namespace, name },
    spec,
  });
  const condition = { type, status: 'True' as const, reason: type, message: '', lastTransitionTime: '2025-06-01T11:10:00Z' };
  await cluster.changeStatus<ReleasePayload>(releasePayloads, cluster.namespace, name, () => ({ conditions: [condition] }));
}

describe.each([
  ['where imagestreamtags are served', true],
  ['where they are not', false],
])('releases whose time is over, %s', (_name, served) => {
  const retire = ({ cluster, id }: Awaited<ReturnType<typeof scene>>, now = noon) =>
    retentionActivities({ ...cluster.dependencies, ...(served ? { client: fronted().client } : {}) }).retireReleases(id, now);

  test.concurrent('are removed with their images, and a repeat finds nothing to do', async () => {
    const one = await scene('a1 r1 a2 f1 p1 r2 y1 f2');
    expect(await retire(one)).toEqual({ retired: ['f2', 'r2', 'f1'], again: false, awaited: [] });
    expect(await names(one.cluster)).toEqual(['a1 r1 a2 p1 y1', 'a1 r1 a2 p1 y1']);
    expect(await retire(one)).toEqual({ retired: [], again: false, awaited: [] });
  });

  test.concurrent('are marked where somebody else removes them, once', async () => {
    const one = await scene('a1 f1', { soft: true });
    expect(await retire(one)).toEqual({ retired: ['f1'], again: false, awaited: [] });
    expect((await one.cluster.readTag('f1'))?.annotations).toMatchObject({
      [annotation.softDelete]: '2025-06-01T12:00:00Z',
      [annotation.phase]: 'Failed',
    });
    expect(await retire(one, noon + 60_000)).toEqual({ retired: [], again: false, awaited: [] });
    expect((await one.cluster.readTag('f1'))?.annotations?.[annotation.softDelete]).toBe('2025-06-01T12:00:00Z');
  });

  test.concurrent('go twenty at a time, the oldest first', async () => {
    const one = await scene(`a1 ${Array.from({ length: 23 }, (_, index) => `f${index + 1}`).join(' ')}`);
    const first = await retire(one);
    expect([first.retired.length, first.retired[0], first.again]).toEqual([20, 'f23', true]);
    expect(await retire(one)).toEqual({ retired: ['f3', 'f2', 'f1'], again: false, awaited: [] });
  });
});

const retire = ({ cluster, id }: Awaited<ReturnType<typeof scene>>, now = noon) =>
  retentionActivities(cluster.dependencies).retireReleases(id, now);

test.concurrent('what is pinned between the look and the removal stays', async () => {
  const one = await scene('a1 f1');
  const { cluster, id } = one;
  const survey = await streamActivities(cluster.dependencies).surveyStream(id, noon);
  expect(survey).toMatchObject({ retention: { due: 1 } });
  await cluster.change<ImageStream>(imageStreams, cluster.namespace, 'release', (stream) => ({
    ...stream,
    spec: {
      ...stream.spec,
      tags: (stream.spec?.tags ?? []).map((tag) =>
        tag.name === 'f1' ? { ...tag, annotations: { ...tag.annotations, [annotation.keep]: 'yes' } } : tag,
      ),
    },
  }));
  expect(await retire(one)).toEqual({ retired: [], again: false, awaited: [] });
  expect((await names(cluster))[0]).toBe('a1 f1');
});

test.concurrent('a release that its payload accepts by now stays, though its tag does not say so yet', async () => {
  const one = await scene('a1 r1 r2');
  await payload(one.cluster, 'r1', 'PayloadAccepted');
  await payload(one.cluster, 'r2', 'PayloadRejected');
  expect(await retire(one)).toEqual({ retired: ['r2'], again: true, awaited: [] });
  expect((await names(one.cluster))[0]).toBe('a1 r1');
});

test.concurrent('accepted releases go when they have expired; a look tells when the next one will', async () => {
  const one = await scene('a1 a2 a3 a4 a5 a6 a7', { config: { expires: '6h30m' } });
  const survey = await streamActivities(one.cluster.dependencies).surveyStream(one.id, noon);
  expect(survey).toMatchObject({ retention: { due: 1, next: '2025-06-01T12:30:01Z' } });
  expect(await retire(one)).toEqual({ retired: ['a7'], again: false, awaited: [] });
  expect((await retire(one, noon + 3_600_000)).retired).toEqual(['a6']);
});

test.concurrent('a stream that keeps everything has nothing in its look', async () => {
  const one = await scene('r1 a1');
  const survey = await streamActivities(one.cluster.dependencies).surveyStream(one.id, noon);
  expect(survey).not.toHaveProperty('retention');
});

test.concurrent('a stream that is gone has nothing to remove', async () => {
  const cluster = await releaseCluster();
  const answer = await retentionActivities(cluster.dependencies).retireReleases({ namespace: cluster.namespace, name: 'none' }, noon);
  expect(answer).toEqual({ retired: [], again: false, awaited: [] });
});

describe('reference releases', () => {
  const referenceRelease = { pushRepository: 'quay.example/push', pullRepository: 'quay.example/pull' };

  async function reference(releases: string, more: object = {}) {
    const one = await scene(releases, { config: { referenceRelease, overrideCLIImage: 'quay.example/cli:1', ...more } });
    await one.cluster.change<ImageStream>(imageStreams, one.cluster.namespace, 'release', (stream) => ({
      ...stream,
      spec: { ...stream.spec, tags: (stream.spec?.tags ?? []).map((tag) => ({ ...tag, reference: true })) },
    }));
    return one;
  }
  // the Job controller must not run them
  const end = async ({ cluster }: Awaited<ReturnType<typeof scene>>, name: string, status: JobStatus) => {
    const made = (await cluster.client.get<Job>(jobs, cluster.jobNamespace, name))!;
    await cluster.client.delete(jobs, cluster.jobNamespace, name);
    await cluster.job(name, status);
    await cluster.client.patch(jobs, cluster.jobNamespace, name, { metadata: { annotations: made.metadata.annotations } });
  };
  const awaited = (tag: string, why: string) => ({
    for: expect.stringContaining(`/remove-${tag}`) as string,
    why: expect.stringContaining(why) as string,
  });

  test.concurrent('go when the removal of every image was asked for', async () => {
    const one = await reference('a1 f1 f2');
    expect(await retire(one)).toEqual({ retired: [], again: false, awaited: [awaited('f2', 'just begun'), awaited('f1', 'just begun')] });
    expect((await retire(one)).awaited).toEqual([awaited('f2', 'has not ended'), awaited('f1', 'has not ended')]);
    await end(one, 'remove-f1', jobDone);
    expect(await retire(one)).toEqual({ retired: [], again: false, awaited: [awaited('f2', 'has not ended')] });
    await end(one, 'remove-f2', jobDone);
    expect(await retire(one)).toEqual({ retired: ['f2', 'f1'], again: false, awaited: [] });
    expect((await names(one.cluster))[0]).toBe('a1');
  });

  const failed = {
    ...jobFailed,
    conditions: jobFailed.conditions!.map((each) => ({ ...each, lastTransitionTime: '2025-06-01T11:30:00Z' })),
  };

  test.concurrent('wait for a removal that failed, which is said, and tried again after an hour', async () => {
    const one = await reference('a1 r1');
    await retire(one);
    await end(one, 'remove-r1', failed);
    expect(await retire(one)).toEqual({ retired: [], again: false, awaited: [awaited('r1', 'BackoffLimitExceeded')] });
    expect((await retire(one, noon + 3_600_000)).awaited).toEqual([awaited('r1', 'made anew')]);
    expect(await one.cluster.client.get(jobs, one.cluster.jobNamespace, 'remove-r1')).toBeUndefined();
  });

  test.concurrent('that could not be built have no image: they do not wait for one that can not be removed, nor do others', async () => {
    const one = await reference('a1 f1 r1');
    await retire(one);
    await end(one, 'remove-f1', failed);
    await end(one, 'remove-r1', jobDone);
    expect(await retire(one)).toEqual({ retired: ['r1', 'f1'], again: false, awaited: [] });
  });

  test.concurrent('go without that where it can not be asked for, and an event says so', async () => {
    const one = await reference('a1 f1', { overrideCLIImage: '' });
    expect(await retire(one)).toEqual({ retired: ['f1'], again: false, awaited: [] });
    const { items } = await one.cluster.client.list<{ message: string }>(events, one.cluster.namespace);
    expect(items.map(({ message }) => message).join()).toContain(
      'f1: the removal of its image is not asked for: unable to determine CLI image',
    );
  });

  test.concurrent('do not hold up older releases of a stream that was converted', async () => {
    const one = await scene('a1 f1 f2', { config: { referenceRelease, overrideCLIImage: 'quay.example/cli:1' } });
    await one.cluster.change<ImageStream>(imageStreams, one.cluster.namespace, 'release', (stream) => ({
      ...stream,
      spec: { ...stream.spec, tags: (stream.spec?.tags ?? []).map((tag) => (tag.name === 'f1' ? { ...tag, reference: true } : tag)) },
    }));
    expect(await retire(one)).toMatchObject({ retired: ['f2'], awaited: [awaited('f1', 'just begun')] });
  });
});
