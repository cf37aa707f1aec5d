import { expect } from 'vitest';
import { imageStreams } from '../../activities/kubernetes/resources.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import type { SceneConfig } from './release-configs.ts';
import type { ReleaseScene } from './release-scene.ts';

const key = (name: string) => `release.openshift.io/${name}`;
const text = expect.stringMatching(/./) as string;

/**
 * Every mark by which release-controller and its payload controller would go on with a release: back-references of all that
 * belongs to it, its hash on tag and mirror, coordinates and results in the payload, six conditions in their order.
 */
export async function expectContinuable(
  scene: ReleaseScene,
  config: SceneConfig,
  source: string,
  tag: string,
  mirror = `${source}${tag.slice(config.name.length)}`,
): Promise<void> {
  const { namespace, plant } = scene;
  const target = await scene.stream(config.to);
  expect(target.metadata.annotations?.[key('hasReleases')]).toBe('true');
  const { annotations } = await scene.tag(config, tag);
  const payload = await scene.payload(tag);
  const phase = payloadPhase(payload);
  expect(annotations).toMatchObject({
    [key('name')]: config.name,
    [key('source')]: `${namespace}/${source}`,
    [key('creationTimestamp')]: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
    [key('phase')]: phase,
  });

  const job = { namespace: plant.jobNamespace, releaseCreationJobName: tag };
  expect(payload.spec.payloadCoordinates).toEqual({
    namespace,
    imagestreamName: config.to,
    imagestreamTagName: tag,
    streamName: config.name,
  });
  expect(payload.spec.payloadCreationConfig).toMatchObject({
    releaseCreationCoordinates: job,
    prowCoordinates: { namespace: plant.prowNamespace },
  });
  const { conditions = [], releaseCreationJobResult } = payload.status ?? {};
  expect(conditions.map(({ type }) => type)).toEqual([
    'PayloadAccepted',
    'PayloadCreated',
    'PayloadFailed',
    'PayloadMirrorFailed',
    'PayloadMirrored',
    'PayloadRejected',
  ]);
  expect(releaseCreationJobResult).toMatchObject({
    coordinates: { name: tag, namespace: plant.jobNamespace },
    status: text,
    message: text,
  });
  await expectRunsAreFound(scene, source, tag);
  await expectBuildIsFound(scene, config, source, tag, mirror);
}

/** The payload controller finds a run by its labels and its job. */
async function expectRunsAreFound(scene: ReleaseScene, source: string, tag: string): Promise<void> {
  for (const { metadata, spec } of await scene.prowJobs(tag)) {
    const analysis = metadata.labels?.[key('analysis')] !== undefined;
    expect(metadata.labels).toMatchObject({ [key('payload')]: tag, ...(analysis ? {} : { [key('verify')]: 'true' }) });
    expect(metadata.annotations).toMatchObject({
      'prow.k8s.io/job': spec.job,
      [key('source')]: `${scene.namespace}/${source}`,
      [key('tag')]: tag,
      [key('architecture')]: 'amd64',
    });
  }
}

async function expectBuildIsFound(
  scene: ReleaseScene,
  config: SceneConfig,
  source: string,
  tag: string,
  mirrorName: string,
): Promise<void> {
  const back = {
    [key('source')]: `${scene.namespace}/${source}`,
    [key('target')]: `${scene.namespace}/${config.to}`,
    [key('releaseTag')]: tag,
    [key('generation')]: expect.stringMatching(/^\d+$/) as string,
  };
  const hash = (await scene.tag(config, tag)).annotations?.[key('hash')];
  const mirror = await scene.kubernetes.get<ImageStream>(imageStreams, scene.namespace, mirrorName);
  expect(mirror?.metadata.annotations).toMatchObject({ ...back, [key('hash')]: hash });
  expect((await scene.job(tag)).metadata.annotations).toMatchObject(back);
}
