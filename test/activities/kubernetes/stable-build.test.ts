import { describe, expect, test } from 'vitest';
import { buildActivities } from '../../../activities/kubernetes/build-activities.ts';
import type { KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { imageStreams, jobs, pods } from '../../../activities/kubernetes/resources.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream, Job } from '../../../domain/payload/kinds.ts';
import { digest, releaseCluster, type ReleaseCluster } from './release-cluster.ts';

/** A Stable release whose image is imported and whose kind is decided. Tests of one run share the Job controller, so each has its tag. */
async function scene(more: object = {}, annotations: Record<string, string> = { [annotation.rewrite]: 'true' }) {
  const cluster = await releaseCluster();
  const tag = '4.5.1';
  const config = JSON.stringify({ name: '4-stable', as: 'Stable', ...more });
  await cluster.stream('4-stable', {
    annotations: { [annotation.config]: config, [annotation.hasReleases]: 'true' },
    specTags: [
      {
        name: tag,
        from: { kind: 'DockerImage', name: `quay.example/release@${digest(tag)}` },
        generation: 3,
        annotations: { [annotation.name]: '4-stable', [annotation.source]: `${cluster.namespace}/4-stable`, ...annotations },
      },
    ],
    tags: [cluster.imported('4-stable', tag, undefined, 3)],
  });
  const id = { namespace: cluster.namespace, tag, target: '4-stable' };
  const release = releaseActivities(cluster.dependencies);
  await release.openRelease(id);
  return { cluster, id, ...release, ...buildActivities(cluster.dependencies) };
}

/** The same with its mirror, marked on the tag as the release workflow does. */
async function mirrored(more: object = {}) {
  const made = await scene(more);
  const { cluster, id, ensureMirror, markRelease } = made;
  await ensureMirror(id);
  await cluster.importInto('4.5.1', []);
  const state = await ensureMirror(id);
  if (state.kind !== 'ready') throw new Error(JSON.stringify(state));
  await markRelease(id, { hash: state.hash });
  return made;
}

const pushAgain = (cluster: ReleaseCluster, generation: number) =>
  cluster.change<ImageStream>(imageStreams, cluster.namespace, '4-stable', (stream) => ({
    ...stream,
    spec: { ...stream.spec, tags: (stream.spec?.tags ?? []).map((tag) => ({ ...tag, generation })) },
  }));
const jobOf = (cluster: ReleaseCluster) => cluster.client.get<Job>(jobs, cluster.jobNamespace, '4.5.1');

describe('the mirror of a Stable release', () => {
  test.concurrent('is named and marked by the tag, and empty until the job fills it', async () => {
    const { cluster, id, ensureMirror } = await scene();
    expect(['unplaced', 'ready']).toContain((await ensureMirror(id)).kind);
    const { metadata, spec } = await cluster.readStream('4.5.1');
    expect([metadata.annotations?.[annotation.hash], spec?.tags ?? []]).toEqual(['4.5.1-3', []]);
    await cluster.importInto('4.5.1', []);
    expect(await ensureMirror(id)).toEqual({ kind: 'ready', hash: '4.5.1-3' });
  });

  test.concurrent('that does not fit the mark of its tag is named in the words of release-controller', async () => {
    const { id, ensureMirror, markRelease } = await mirrored();
    await markRelease(id, { hash: 'sha256:else' });
    expect(await ensureMirror(id)).toEqual({
      kind: 'blocked',
      problem: { reason: 'UnableToProcessRelease', message: 'unimplemented, should regenerate contents of tag' },
    });
  });

  test.concurrent('of an earlier push is made anew', async () => {
    const { cluster, id, ensureMirror } = await mirrored();
    const before = await cluster.readStream('4.5.1');
    await pushAgain(cluster, 9);
    await ensureMirror(id);
    const after = await cluster.readStream('4.5.1');
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expect(after.metadata.annotations?.[annotation.hash]).toBe('4.5.1-9');
  });

  test.concurrent('of an earlier push stays when a job of this push fills it already', async () => {
    const { cluster, id, ensureMirror, ensureReleaseJob } = await mirrored();
    await ensureReleaseJob(id);
    const before = await cluster.readStream('4.5.1');
    await pushAgain(cluster, 9);
    await cluster.client.patch(jobs, cluster.jobNamespace, '4.5.1', { metadata: { annotations: { [annotation.generation]: '9' } } });
    expect(await ensureMirror(id)).toEqual({ kind: 'ready', hash: '4.5.1-3' });
    expect((await cluster.readStream('4.5.1')).metadata.uid).toBe(before.metadata.uid);
  });
});

describe('the job of a Stable release', () => {
  test.concurrent('is made once for what was pushed', async () => {
    const { cluster, id, ensureReleaseJob } = await mirrored();
    expect(await ensureReleaseJob(id)).toEqual({ kind: 'exists', finished: false });
    const job = await jobOf(cluster);
    expect(job?.metadata.annotations).toMatchObject({ [annotation.generation]: '3', [annotation.releaseTag]: '4.5.1' });
    expect(await ensureReleaseJob(id)).toEqual({ kind: 'exists', finished: false });
    expect((await jobOf(cluster))?.metadata.uid).toBe(job?.metadata.uid);
  });

  test.concurrent('of an earlier push is deleted, and none is made before its mirror is (also when it is asked for again)', async () => {
    const { cluster, id, ensureReleaseJob, ensureMirror, markRelease } = await mirrored();
    await ensureReleaseJob(id);
    const before = await jobOf(cluster);
    await pushAgain(cluster, 9);
    expect([await ensureReleaseJob(id), await ensureReleaseJob(id)]).toEqual([{ kind: 'outdated' }, { kind: 'outdated' }]);
    expect(await jobOf(cluster)).toBeUndefined();

    await ensureMirror(id);
    await cluster.importInto('4.5.1', []);
    const mirror = await ensureMirror(id);
    expect(mirror).toEqual({ kind: 'ready', hash: '4.5.1-9' });
    await markRelease(id, { hash: '4.5.1-9' });
    expect(await ensureReleaseJob(id)).toEqual({ kind: 'exists', finished: false });
    const after = await jobOf(cluster);
    expect([after?.metadata.annotations?.[annotation.generation], after?.metadata.uid === before?.metadata.uid]).toEqual(['9', false]);
  });
});

describe('the image with oc', () => {
  async function told(cluster: ReleaseCluster, message: string): Promise<void> {
    const job = await jobOf(cluster);
    const container = (name: string) => ({ name, image: 'none' });
    await cluster.client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'tells', namespace: cluster.jobNamespace, labels: { 'controller-uid': job?.metadata.uid ?? '' } },
      spec: { schedulerName: 'nobody', initContainers: [container('image-cli')], containers: [container('build')] },
    } as KubernetesObject);
    const terminated = { exitCode: 0, reason: 'Completed', message };
    const status = {
      initContainerStatuses: [{ ...container('image-cli'), imageID: '', ready: true, restartCount: 0, state: { terminated } }],
    };
    await cluster.client.patch(pods, cluster.jobNamespace, 'tells', { status }, { subresource: 'status' });
  }
  const cliOf = async (cluster: ReleaseCluster) =>
    (await cluster.readStream('4.5.1')).spec?.tags?.map(({ name, from }) => [name, from?.name]);

  test.concurrent('is learned from the release itself, and becomes a tag of the mirror once', async () => {
    const { cluster, id, ensureReleaseJob } = await mirrored();
    await ensureReleaseJob(id);
    await ensureReleaseJob(id);
    expect(await cliOf(cluster)).toEqual([]);
    await told(cluster, 'quay.example/cli@sha256:1\n');
    await ensureReleaseJob(id);
    await ensureReleaseJob(id);
    expect(await cliOf(cluster)).toEqual([['cli', 'quay.example/cli@sha256:1']]);
  });

  test.concurrent('that is given is not asked for', async () => {
    const { cluster, id, ensureReleaseJob } = await mirrored({ overrideCLIImage: 'quay.example/cli:1' });
    await ensureReleaseJob(id);
    await told(cluster, 'quay.example/cli@sha256:1');
    await ensureReleaseJob(id);
    expect(await cliOf(cluster)).toEqual([]);
  });
});
