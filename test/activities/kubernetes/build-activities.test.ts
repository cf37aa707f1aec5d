import { describe, expect, test } from 'vitest';
import { buildActivities } from '../../../activities/kubernetes/build-activities.ts';
import type { PayloadDependencies } from '../../../activities/kubernetes/payload-dependencies.ts';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { imageStreams, jobs } from '../../../activities/kubernetes/resources.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream, Job } from '../../../domain/payload/kinds.ts';
import { internalRepository } from '../../../infra/sandbox/images/stream-names.ts';
import { digest, jobDone, jobFailed, noonTag, releaseCluster, type ReleaseCluster, type SourceOptions } from './release-cluster.ts';

const mirrorName = 'src-2025-06-01-120000';
const alternateJob = `${noonTag}-alternate-mirror`;

interface SceneOptions {
  source?: SourceOptions;
  tagAnnotations?: Record<string, string>;
  more?: Partial<PayloadDependencies>;
}

async function scene(config: object = {}, { source = {}, tagAnnotations = {}, more = {} }: SceneOptions = {}) {
  const cluster = await releaseCluster(more);
  await cluster.source(config, source);
  await cluster.target([cluster.releaseTag(noonTag, tagAnnotations)]);
  const id = { namespace: cluster.namespace, tag: noonTag, target: 'release' };
  await releaseActivities(cluster.dependencies).openRelease(id);
  return { cluster, id, activities: buildActivities(cluster.dependencies) };
}

/** The same with a mirror that holds its images. */
async function mirrored(config: object = {}, options: SceneOptions = {}) {
  const one = await scene(config, options);
  await one.activities.ensureMirror(one.id);
  await importMirror(one.cluster);
  return one;
}

function importMirror(cluster: ReleaseCluster) {
  return cluster.importInto(
    mirrorName,
    ['cli', 'etcd'].map((tag) => cluster.imported(mirrorName, tag)),
  );
}

const problem = (message: string) => ({ kind: 'blocked', problem: { reason: 'UnableToProcessRelease', message } });
const readJob = (cluster: ReleaseCluster, name: string) => cluster.read<Job>(jobs, cluster.jobNamespace, name);
const secretOf = (job: Job) =>
  (job.spec as { template: { spec: { volumes?: { secret: { secretName: string } }[] } } }).template.spec.volumes?.[0]?.secret.secretName;
const container = (job: Job) =>
  (job.spec as { template: { spec: { containers: { image: string; command: string[] }[] } } }).template.spec.containers[0];

describe('the mirror', () => {
  test.concurrent('is made from the input images by digest, and imports them', async () => {
    const { cluster, id, activities } = await scene(
      {},
      { source: { annotations: { [annotation.buildUrl]: 'https://build.example.test' } } },
    );
    expect(await activities.ensureMirror(id)).toEqual({ kind: 'importing', waitingFor: ['cli', 'etcd'], failed: [] });
    const { metadata, spec } = await cluster.readStream(mirrorName);
    expect(metadata.annotations).toEqual({
      [annotation.source]: `${cluster.namespace}/src`,
      [annotation.target]: `${cluster.namespace}/release`,
      [annotation.releaseTag]: noonTag,
      [annotation.hash]: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      [annotation.generation]: '1',
      [annotation.buildUrl]: 'https://build.example.test',
    });
    expect(spec?.tags?.map(({ name, from, importPolicy }) => ({ name, from, importPolicy }))).toEqual(
      ['cli', 'etcd'].map((name) => ({
        name,
        from: { kind: 'ImageStreamImage', namespace: cluster.namespace, name: `src@${digest(name)}` },
        importPolicy: { scheduled: false, importMode: 'PreserveOriginal' },
      })),
    );
  });

  test.concurrent('is ready with its hash when everything is imported, and is not made again', async () => {
    const { cluster, id, activities } = await mirrored();
    const { metadata } = await cluster.readStream(mirrorName);
    expect(await activities.ensureMirror(id)).toEqual({ kind: 'ready', hash: metadata.annotations?.[annotation.hash] });
    expect((await cluster.readStream(mirrorName)).metadata.uid).toBe(metadata.uid);
  });

  test.concurrent('made by two at once is made once', async () => {
    const { cluster, id, activities } = await scene();
    const answers = await Promise.all([1, 2, 3].map(() => activities.ensureMirror(id)));
    expect(answers.map(({ kind }) => kind)).toEqual(['importing', 'importing', 'importing']);
    expect(await cluster.readStream(mirrorName)).toBeDefined();
  });

  test.concurrent('stands still when its source moves on', async () => {
    const { cluster, id, activities } = await mirrored();
    const before = await activities.ensureMirror(id);
    await cluster.importInto('src', [cluster.imported('src', 'cli', digest('newer'))]);
    expect(await activities.ensureMirror(id)).toEqual(before);
  });

  test.concurrent('tells which images failed to import, and why', async () => {
    const { cluster, id, activities } = await scene();
    await activities.ensureMirror(id);
    const failure = { type: 'ImportSuccess', status: 'False', reason: 'NotFound', message: 'dockerimage not found' };
    await cluster.importInto(mirrorName, [cluster.imported(mirrorName, 'cli'), { tag: 'etcd', items: [], conditions: [failure] }]);
    expect(await activities.ensureMirror(id)).toEqual({
      kind: 'importing',
      waitingFor: [],
      failed: [{ tag: 'etcd', message: 'dockerimage not found' }],
    });
    await importMirror(cluster);
    expect(await activities.ensureMirror(id)).toMatchObject({ kind: 'ready' });
  });

  test.concurrent('in whose place another image stream lies: blocked', async () => {
    const { cluster, id, activities } = await scene();
    await cluster.stream(mirrorName, {});
    expect(await activities.ensureMirror(id)).toEqual(
      problem(
        `ImageStream ${cluster.namespace}/${mirrorName} exists and is not the mirror of ${noonTag}: delete it, or give the stream another mirrorPrefix`,
      ),
    );
  });

  test.concurrent('that is not of the images which the tag was made from: blocked', async () => {
    const { id, activities } = await scene({}, { tagAnnotations: { [annotation.hash]: 'sha256:other' } });
    expect(await activities.ensureMirror(id)).toEqual(problem(`mirror hash for "${noonTag}" does not match, release cannot be created`));
  });

  test.concurrent('of an input that is still to be imported: blocked until it is', async () => {
    const specTags = [{ name: 'cli', generation: 7 }];
    const { cluster, id, activities } = await scene({}, { source: { specTags } });
    expect(await activities.ensureMirror(id)).toEqual(problem('the tag "cli" in the source input stream has not been imported yet'));
    await cluster.importInto('src', [cluster.imported('src', 'cli', digest('cli'), 7)]);
    expect(await activities.ensureMirror(id)).toMatchObject({ kind: 'importing', waitingFor: ['cli'] });
  });

  test.concurrent('of a release that is gone: gone', async () => {
    const { id, activities } = await scene();
    expect(await activities.ensureMirror({ ...id, tag: 'none' })).toEqual({ kind: 'gone' });
  });
});

describe('the release job', () => {
  test.concurrent('is made once, with the shape that release-controller gives it', async () => {
    const { cluster, id, activities } = await mirrored(
      { pullSecretName: 'pull', referenceMode: 'source' },
      { more: { manifestListMode: true } },
    );
    expect(await activities.ensureReleaseJob(id)).toEqual({ kind: 'exists', finished: false });
    const job = await readJob(cluster, noonTag);
    expect(job.metadata.annotations).toMatchObject({
      [annotation.source]: `${cluster.namespace}/src`,
      [annotation.target]: `${cluster.namespace}/release`,
      [annotation.releaseTag]: noonTag,
      [annotation.generation]: '1',
    });
    expect(job.spec).toMatchObject({
      parallelism: 1,
      backoffLimit: 3,
      activeDeadlineSeconds: 3600,
      template: { spec: { serviceAccountName: 'builder', restartPolicy: 'Never' } },
    });
    expect(container(job)).toMatchObject({
      name: 'build',
      image: `${internalRepository(cluster.namespace, mirrorName)}:cli`,
      imagePullPolicy: 'Always',
      terminationMessagePolicy: 'FallbackToLogsOnError',
      env: [
        { name: 'HOME', value: '/tmp' },
        { name: 'XDG_RUNTIME_DIR', value: '/tmp/run' },
      ],
    });
    expect(container(job)?.command.slice(3)).toEqual([
      '',
      noonTag,
      mirrorName,
      cluster.namespace,
      `${cluster.publicRepository('release')}:${noonTag}`,
      'source',
      'true',
    ]);
    expect(container(job)?.command[2]).toContain('oc adm release new');
    expect(secretOf(job)).toBe('pull');
    await activities.ensureReleaseJob(id);
    expect((await readJob(cluster, noonTag)).metadata.uid).toBe(job.metadata.uid);
  });

  test.concurrent('asked for by two at once is one job', async () => {
    const { id, activities } = await mirrored();
    const answers = await Promise.all([1, 2, 3].map(() => activities.ensureReleaseJob(id)));
    expect(answers).toEqual([1, 2, 3].map(() => ({ kind: 'exists', finished: false })));
  });

  test.concurrent('without a secret and with no deadline says neither', async () => {
    const { cluster, id, activities } = await mirrored(
      { disableManifestListMode: true },
      { more: { manifestListMode: true, creationDeadlineSeconds: 0 } },
    );
    await activities.ensureReleaseJob(id);
    const job = await readJob(cluster, noonTag);
    expect([secretOf(job), job.spec?.['activeDeadlineSeconds'], container(job)?.command.at(-1)]).toEqual([undefined, undefined, 'false']);
  });

  test.concurrent.each([
    ['completed', jobDone],
    ['failed', jobFailed],
  ])('that %s is finished', async (_how, status) => {
    const { cluster, id, activities } = await mirrored();
    const annotations = { [annotation.releaseTag]: noonTag, [annotation.target]: `${cluster.namespace}/release` };
    await cluster.job(noonTag, status);
    await cluster.client.patch(jobs, cluster.jobNamespace, noonTag, { metadata: { annotations } });
    expect(await activities.ensureReleaseJob(id)).toEqual({ kind: 'exists', finished: true });
  });

  test.concurrent('in whose place another job lies: blocked', async () => {
    const { cluster, id, activities } = await mirrored();
    await cluster.job(noonTag, {});
    expect(await activities.ensureReleaseJob(id)).toEqual(
      problem(`Job ${cluster.jobNamespace}/${noonTag} exists and is not of release ${noonTag}: delete it`),
    );
  });

  test.concurrent('is not made again for a payload that is built', async () => {
    const { cluster, id, activities } = await mirrored();
    await cluster.job(noonTag, jobDone);
    await releaseActivities(cluster.dependencies).syncPayload(id, {});
    await cluster.client.delete(jobs, cluster.jobNamespace, noonTag);
    expect(await activities.ensureReleaseJob(id)).toEqual({ kind: 'exists', finished: true });
    expect(await cluster.client.get(jobs, cluster.jobNamespace, noonTag)).toBeUndefined();
  });

  test.concurrent('without its mirror: to be begun again, with a mirror', async () => {
    const { id, activities } = await scene();
    expect(await activities.ensureReleaseJob(id)).toEqual({ kind: 'outdated' });
  });

  test.concurrent('with a mirror that nobody can pull from: blocked', async () => {
    const { cluster, id, activities } = await scene();
    const bare = { apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', metadata: { namespace: cluster.namespace, name: mirrorName } };
    await cluster.client.create<ImageStream>(imageStreams, bare);
    const unknown = problem(
      `unable to determine CLI image: mirror imagestream ${cluster.namespace}/${mirrorName} has no DockerImageRepository`,
    );
    expect(await activities.ensureReleaseJob(id)).toEqual(unknown);
  });

  test.concurrent('runs the image that the config names, followed to where a tag of the cluster points', async () => {
    const { cluster, id, activities } = await mirrored({ overrideCLIImage: 'quay.io/x/cli:v1' });
    await activities.ensureReleaseJob(id);
    expect(container(await readJob(cluster, noonTag))?.image).toBe('quay.io/x/cli:v1');

    const other = await scene();
    const { namespace } = other.cluster;
    const overrideCLIImage = `${internalRepository(namespace, 'tools')}:oc`;
    await other.cluster.stream('tools', {
      specTags: [{ name: 'oc', reference: true, generation: 1, from: { kind: 'DockerImage', name: `quay.io/x/oc@${digest('oc')}` } }],
    });
    await other.cluster.client.patch(imageStreams, namespace, 'src', {
      metadata: { annotations: { [annotation.config]: JSON.stringify({ name: '4.20.0-0.nightly', to: 'release', overrideCLIImage }) } },
    });
    await other.activities.ensureMirror(other.id);
    await other.activities.ensureReleaseJob(other.id);
    expect(container(await readJob(other.cluster, noonTag))?.image).toBe(`quay.io/x/oc@${digest('oc')}`);
  });

  test.concurrent('of a release that is gone, or that has no payload: gone', async () => {
    const { cluster, id, activities } = await mirrored();
    expect(await activities.ensureReleaseJob({ ...id, tag: 'none' })).toEqual({ kind: 'gone' });
    await cluster.target().catch(() => undefined);
    await cluster.client.delete(
      { group: 'release.openshift.io', version: 'v1alpha1', plural: 'releasepayloads', kind: 'ReleasePayload', namespaced: true },
      cluster.namespace,
      noonTag,
    );
    expect(await activities.ensureReleaseJob(id)).toEqual({ kind: 'gone' });
  });
});

describe('the copy to an alternate repository', () => {
  test.concurrent.each([
    ['with a secret', { alternateImageRepositorySecretName: 'quay' }, 'quay'],
    ['P27: without one as well', {}, undefined],
  ])('is made %s', async (_case, config, secret) => {
    const { cluster, id, activities } = await mirrored({ alternateImageRepository: 'quay.io/x/y', ...config });
    expect(await activities.ensureAlternateMirror(id)).toEqual({ kind: 'exists', finished: false });
    const job = await readJob(cluster, alternateJob);
    expect(secretOf(job)).toBe(secret);
    expect(container(job)?.command.slice(3)).toEqual([
      '',
      'false',
      `${cluster.publicRepository('release')}:${noonTag}`,
      `quay.io/x/y:${noonTag}`,
    ]);
    expect((await cluster.readPayload()).spec.payloadCreationConfig?.releaseMirrorCoordinates).toEqual({
      namespace: cluster.jobNamespace,
      releaseMirrorJobName: alternateJob,
    });
  });

  test.concurrent('without the mirror can not be made', async () => {
    const { cluster, id, activities } = await scene({ alternateImageRepository: 'quay.io/x/y' });
    expect(await activities.ensureAlternateMirror(id)).toEqual(
      problem(`the mirror ${cluster.namespace}/${mirrorName} of ${noonTag} is gone`),
    );
  });

  test.concurrent('is beside the release job, whose end does not matter', async () => {
    const { cluster, id, activities } = await mirrored({ alternateImageRepository: 'quay.io/x/y' });
    await activities.ensureReleaseJob(id);
    await activities.ensureAlternateMirror(id);
    const { items } = await cluster.client.list<Job>(jobs, cluster.jobNamespace);
    expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual([noonTag, alternateJob]);
  });
});

describe('a reference release', () => {
  const from = { kind: 'DockerImage', name: `quay.example/cli@${digest('cli')}` };
  const specTags = [{ name: 'cli', reference: true, from }];

  async function reference(referenceRelease: object) {
    const cluster = await releaseCluster();
    await cluster.source({ referenceMode: 'source', pullSecretName: 'pull', referenceRelease }, { images: [], specTags });
    const tag = cluster.releaseTag();
    await cluster.target([{ ...tag, reference: true, from: { kind: 'DockerImage', name: `quay.example/pull:rc_payload__${noonTag}` } }]);
    const id = { namespace: cluster.namespace, tag: noonTag, target: 'release' };
    await releaseActivities(cluster.dependencies).openRelease(id);
    return { cluster, id, activities: buildActivities(cluster.dependencies) };
  }

  test.concurrent('core 51: its mirror keeps the inputs where they are, and waits for no import', async () => {
    const { id, activities } = await reference({ pushRepository: 'quay.example/push' });
    expect(await activities.ensureMirror(id)).toMatchObject({ kind: 'ready' });
  });

  test.concurrent('core 54: is built by a job that pushes to the repository outside, with the CLI image of its inputs', async () => {
    const { cluster, id, activities } = await reference({ pushRepository: 'quay.example/push' });
    await activities.ensureMirror(id);
    expect(await activities.ensureReleaseJob(id)).toEqual({ kind: 'exists', finished: false });
    const job = await readJob(cluster, noonTag);
    expect(container(job)?.image).toBe(from.name);
    expect(container(job)?.command.slice(-4)).toEqual([noonTag, `quay.example/push:rc_payload__${noonTag}`, 'source', 'false']);
    expect(secretOf(job)).toBe('pull');
  });

  test.concurrent('core 57: without a repository to push to waits, and says so', async () => {
    const { id, activities } = await reference({ pushRepository: '' });
    await activities.ensureMirror(id);
    expect(await activities.ensureReleaseJob(id)).toEqual(problem(`release "${noonTag}" ReferenceRelease.PushRepository is empty`));
  });
});
