import { describe, it } from 'vitest';
import { imageStreams } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import { digestOf } from '../../infra/oci/image.ts';
import { definitionsOf, type SceneConfig } from '../support/release-configs.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { bothSides, never, twice } from './scenes.ts';

const { pairOf } = bothSides({ scenes: 1 });

const inputs = (build: number): TagReference[] =>
  ['cli', 'etcd'].map((name) => ({
    name,
    reference: true,
    from: { kind: 'DockerImage', name: `quay.io/scene/${name}@${digestOf(`${name} ${build}`)}` },
  }));

/** A stream of which every image is somewhere else; the config names the repository of its own side. */
async function createReferenceStream(scene: ReleaseScene, config: SceneConfig): Promise<void> {
  const repository = `${scene.plant.servers.env['WAYBILL_REGISTRY']}/quay-${scene.namespace}/ocp-release`;
  const own = { ...config, referenceMode: 'source', referenceRelease: { pushRepository: repository, pullRepository: repository } };
  await scene.defineJobs(definitionsOf(config), config.name);
  await scene.createTarget(config.to);
  await scene.plant.ensure(imageStreams, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: config.name, namespace: scene.namespace, annotations: { [annotation.config]: JSON.stringify(own) } },
    spec: { lookupPolicy: { local: false }, tags: inputs(1) },
  } as ImageStream);
}

describe.concurrent('reference releases', twice, () => {
  it('one is pushed elsewhere, and removed there when the next one is accepted', async () => {
    const { pair, config } = await pairOf();
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-aws$`, outcomes: ['failure'] }]));
    await pair.both((scene) => createReferenceStream(scene, config));
    await pair.phase(config, 1, 'Rejected');
    await pair.alike('after the first verdict');
    await pair.both(async (scene) => {
      await scene.orderProwJobs([]);
      await scene.orderReleaseJobs([{ job: '^remove-', seconds: never }]);
    });
    await pair.both((scene) => scene.change(config.name, (stream) => ({ ...stream, spec: { ...stream.spec, tags: inputs(2) } })));
    await pair.phase(config, 2, 'Accepted');
    await pair.both(async (scene) => {
      const first = await scene.release(config, 1);
      await scene.until('the removal job', () => scene.job(`remove-${first}`));
    });
    await pair.alike('while it is removed elsewhere');
    await pair.both((scene) => scene.orderReleaseJobs([]));
    await pair.both((scene) => scene.until('the first release to be gone', async () => (await scene.tags(config)).length === 1));
    await pair.alike('after the removal');
  });
});
