import { describe, expect, it } from 'vitest';
import { configMaps, jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { definition, definitionsOf, type SceneConfig } from '../support/release-configs.ts';
import { expectAudited } from '../support/release-expectations.ts';
import { releasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';

const plant = releasePlant({ scenes: 16 });
const timeout = 120_000;
const forever = 3_600;

const configOf = (scene: ReleaseScene, more: Partial<SceneConfig> = {}): SceneConfig => ({
  name: `4.20.0-0.${scene.id}`,
  to: 'release',
  verify: { aws: { maxRetries: 1, prowJob: { name: `${scene.id}-aws` } }, gcp: { optional: true, prowJob: { name: `${scene.id}-gcp` } } },
  ...more,
});

const endsWell = async (scene: ReleaseScene, config: SceneConfig, tag: string) => {
  await scene.phase(config, tag, 'Accepted');
  await expectAudited({ scene, config, source: config.name, tag });
};

describe.concurrent('what people wrote', () => {
  it('an invalid release config is told, and a mended one makes a release', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene);
    await scene.createStream({ ...config, to: '' });
    const message = `the release.openshift.io/config annotation for ${config.name} is invalid: release must specify 'to' unless 'as' is 'Stable'`;
    expect(await scene.waitingFor('stream', config.name, 'is invalid')).toEqual({ for: 'a valid release config', why: message });
    expect(await scene.eventSaying(config.name, 'is invalid')).toEqual({ reason: 'InvalidReleaseDefinition', message, type: 'Warning' });

    await scene.createTarget(config.to);
    await scene.change(config.name, (source) => ({
      ...source,
      metadata: { ...source.metadata, annotations: { [annotation.config]: JSON.stringify(config) } },
    }));
    await endsWell(scene, config, await scene.release(config));
  });

  it('a target that does not exist is told, and releases begin when it does', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene);
    await scene.createStream(config, { withoutTarget: true });
    expect(await scene.waitingFor('stream', config.name, 'does not exist')).toMatchObject({
      for: 'a usable stream',
      why: `the output release image stream ${scene.namespace}/release does not exist`,
    });
    await scene.createTarget(config.to);
    await endsWell(scene, config, await scene.release(config));
  });

  it('an unknown Prow job is told, and runs once somebody defines it', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene);
    await scene.createStream(config, { definitions: [definition(`${scene.id}-gcp`)] });
    const tag = await scene.release(config);
    const message = `the prow job ${scene.id}-aws is not valid: no job with that name`;
    expect(await scene.waitingFor('verification', tag, message)).toMatchObject({ for: 'a job for aws', why: message });
    expect(await scene.eventSaying(config.name, message)).toEqual({ reason: 'ProwJobInvalid', message, type: 'Warning' });

    await scene.defineJobs(definitionsOf(config));
    await endsWell(scene, config, tag);
  });

  it('a Prow job for no cluster in particular is told, and runs once it has one', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene);
    const [aws, ...others] = definitionsOf(config);
    await scene.createStream(config, { definitions: [{ ...aws, name: aws?.name ?? '', cluster: 'default' }, ...others] });
    const tag = await scene.release(config);
    const message = `the prowjob ${scene.id}-aws is not valid: the jobs cluster must be set to a value that is not default, was "default"`;
    await scene.waitingFor('verification', tag, message);
    expect(await scene.eventSaying(config.name, message)).toMatchObject({ reason: 'ProwJobInvalid' });

    await scene.defineJobs(definitionsOf(config), config.name);
    await endsWell(scene, config, tag);
  });

  it('job definitions that are not YAML harm no other file', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene);
    await scene.kubernetes.patch(configMaps, scene.plant.prowNamespace, 'job-config', {
      data: { [`${scene.namespace}-bad.yaml`]: 'periodics: [' },
    });
    await scene.createStream(config);
    await endsWell(scene, config, await scene.release(config));
  });
});

describe.concurrent('input images', () => {
  it('an image that is not imported yet holds the mirror, and the release goes on when it is', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene);
    await scene.createStream(config);
    await scene.phase(config, await scene.release(config), 'Accepted');

    await scene.orderImports([{ repository: '^quay.io/scene/etcd$', outcome: 'fail', message: 'manifest unknown' }]);
    await scene.changeImage(config.name, 2, 'etcd');
    await scene.changeImage(config.name, 2, 'cli');
    const tag = await scene.release(config, 2);
    const message = 'the tag "etcd" in the source input stream has not been imported yet';
    await scene.waitingFor('mirror', scene.mirrorOf(config, tag), message);
    expect(await scene.eventSaying(config.name, message)).toMatchObject({ reason: 'UnableToProcessRelease', type: 'Warning' });

    await scene.orderImports([]);
    await endsWell(scene, config, tag);
    expect(await scene.tags(config)).toHaveLength(2);
  });

  it('a reference that nobody can read holds the mirror, and the release goes on without it', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, { referenceMode: 'source' });
    await scene.createStream(config);
    await scene.phase(config, await scene.release(config), 'Accepted');

    const weird = {
      tag: 'weird',
      items: [
        { created: '2026-01-01T00:00:00Z', dockerImageReference: 'no/Such::reference', image: `sha256:${'1'.repeat(64)}`, generation: 1 },
      ],
    };
    await scene.changeStatus(config.name, (tags) => [...tags, weird]);
    const tag = await scene.release(config, 2);
    const message = 'the tag "weird" points to source "no/Such::reference" which is not valid';
    await scene.waitingFor('mirror', scene.mirrorOf(config, tag), message);
    expect(await scene.eventSaying(config.name, message)).toMatchObject({ reason: 'UnableToProcessRelease' });

    await scene.changeStatus(config.name, (tags) => tags.filter((each) => each.tag !== 'weird'));
    await endsWell(scene, config, tag);
  });
});

describe.concurrent('what people deleted or edited', () => {
  it('a ProwJob deleted while it runs is started again under its name', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene);
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, seconds: forever }]);
    await scene.createStream(config);
    const tag = await scene.release(config);
    const first = await scene.until('the run', async () => scene.prowJob(`${tag}-aws`));
    await scene.payloadWhen(tag, 'to know the run', ({ status }) => status?.blockingJobResults?.[0]?.results?.length === 1);

    await scene.kubernetes.delete(prowJobs, scene.plant.prowNamespace, `${tag}-aws`);

    const second = await scene.until('the run again', async () => scene.prowJob(`${tag}-aws`));
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    await scene.orderProwJobs([]);
    await endsWell(scene, config, tag);
    expect((await scene.payload(tag)).status?.blockingJobResults?.[0]?.results).toHaveLength(1);
  });

  it('results that somebody clears come back, and no job runs twice', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene);
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, seconds: forever }]);
    await scene.createStream(config);
    const tag = await scene.release(config);
    const known = await scene.payloadWhen(
      tag,
      'to know both runs',
      ({ status }) => status?.informingJobResults?.[0]?.state === 'Success' && status.blockingJobResults?.[0]?.state === 'Pending',
    );
    const before = await scene.prowJobs(tag);

    await scene.kubernetes.patch(
      releasePayloads,
      scene.namespace,
      tag,
      { status: { blockingJobResults: null, informingJobResults: null } },
      { subresource: 'status' },
    );

    const after = await scene.payloadWhen(
      tag,
      'to have its results again',
      ({ status }) => status?.informingJobResults?.[0]?.state === 'Success' && status.blockingJobResults?.[0]?.state === 'Pending',
    );
    expect(after.status).toEqual(known.status);
    expect((await scene.prowJobs(tag)).map(({ metadata }) => metadata.uid)).toEqual(before.map(({ metadata }) => metadata.uid));
    await scene.orderProwJobs([]);
    await endsWell(scene, config, tag);
  });

  it('a payload deleted during verification is made again and finds its jobs', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene);
    await scene.orderProwJobs([{ job: `^${scene.id}-aws$`, seconds: forever }]);
    await scene.createStream(config);
    const tag = await scene.release(config);
    const first = await scene.payloadWhen(
      tag,
      'to know both runs',
      ({ status }) => status?.informingJobResults?.[0]?.state === 'Success' && status.blockingJobResults?.[0]?.state === 'Pending',
    );
    const before = await scene.prowJobs(tag);

    await scene.kubernetes.delete(releasePayloads, scene.namespace, tag);

    const second = await scene.payloadWhen(
      tag,
      'to know both runs again',
      ({ status }) => status?.informingJobResults?.[0]?.state === 'Success' && status.blockingJobResults?.[0]?.state === 'Pending',
    );
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    expect((await scene.prowJobs(tag)).map(({ metadata }) => metadata.uid)).toEqual(before.map(({ metadata }) => metadata.uid));
    await scene.orderProwJobs([]);
    await endsWell(scene, config, tag);
  });

  it('a release job deleted while it runs is launched again', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene);
    await scene.orderReleaseJobs([{ job: `^${config.name}-`, seconds: forever }]);
    await scene.createStream(config);
    const tag = await scene.release(config);
    await scene.waitingFor('creation', tag, 'Release creation job pending');
    const first = await scene.job(tag);

    await scene.kubernetes.delete(jobs, scene.plant.jobNamespace, tag);

    const second = await scene.until('the job again', async () => {
      const job = await scene.job(tag);
      return job.metadata.uid !== first.metadata.uid && job;
    });
    expect(second.spec?.['template']).toMatchObject({ spec: { containers: [{ name: 'build' }] } });
    await scene.orderReleaseJobs([]);
    await endsWell(scene, config, tag);
  });
});
