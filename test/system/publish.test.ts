import { describe, expect, it } from 'vitest';
import { imageStreams } from '../../activities/kubernetes/resources.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import { digestOf } from '../../infra/oci/image.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import { releasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';

const plant = releasePlant();
const timeout = 120_000;

const configOf = (scene: ReleaseScene): SceneConfig => ({
  name: `4.20.0-0.nightly-${scene.id}`,
  to: 'release',
  verify: { aws: { prowJob: { name: `${scene.id}-aws` } } },
  publish: {
    latest: { tagRef: { name: 'latest' } },
    images: { imageStreamRef: { name: 'published', excludeTags: ['installer'] } },
    cli: { imageStreamRef: { name: 'tools', tags: ['cli'] } },
  },
});

const destination = (scene: ReleaseScene, name: string) =>
  plant().ensure(imageStreams, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace: scene.namespace, name },
  });

/** The alias, the mark and the images that are published now. */
async function published(scene: ReleaseScene, { name, to }: SceneConfig) {
  const [target, images, tools] = await Promise.all([scene.stream(to), scene.stream('published'), scene.stream('tools')]);
  const digests = ({ status }: ImageStream) => Object.fromEntries((status?.tags ?? []).map(({ tag, items }) => [tag, items?.[0]?.image]));
  return {
    alias: target.spec?.tags?.find((tag) => tag.name === 'latest')?.from?.name,
    mark: images.metadata.annotations?.[`release.openshift.io/source-${name}`],
    images: digests(images),
    tools: digests(tools),
  };
}

const etcd = (build: number) => digestOf(`quay.io/scene/etcd:build-${build}`);
const cli = digestOf('quay.io/scene/cli:build-1');

describe.concurrent('publishing', () => {
  it(
    'Given a stream that publishes, when a release is accepted and then another, then alias and copies follow, also back again',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene);
      await Promise.all([destination(scene, 'published'), destination(scene, 'tools')]);
      await scene.createStream(config);
      const first = await scene.release(config);
      await scene.phase(config, first, 'Accepted');
      const shows = (tag: string, build: number) =>
        scene.untilOf(tag, `${tag} to be published`, async () => {
          const { alias, mark, images } = await published(scene, config);
          return alias === tag && mark === tag && images['etcd'] === etcd(build);
        });
      await shows(first, 1);
      expect(await published(scene, config)).toMatchObject({ images: { cli, etcd: etcd(1) }, tools: { cli } });
      expect(Object.keys((await published(scene, config)).images)).toEqual(['cli', 'etcd']);

      await scene.changeImage(config.name, 2);
      const second = await scene.release(config, 2);
      await scene.phase(config, second, 'Accepted');
      await shows(second, 2);

      await scene.override(second, 'Rejected', 'found a bug');
      await shows(first, 1);
    },
  );

  it('Given a published release, when somebody points alias and copy elsewhere, then both are set right', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene);
    await Promise.all([destination(scene, 'published'), destination(scene, 'tools')]);
    await scene.createStream(config);
    const tag = await scene.release(config);
    const right = () =>
      scene.untilOf(tag, `${tag} to be published`, async () => {
        const { alias, tools } = await published(scene, config);
        return alias === tag && tools['cli'] === cli;
      });
    await right();

    const elsewhere = { kind: 'DockerImage', name: 'quay.io/scene/cli:build-9' };
    await scene.change('release', (current) => ({
      ...current,
      spec: { ...current.spec, tags: (current.spec?.tags ?? []).filter(({ name }) => name !== 'latest') },
    }));
    await scene.change('tools', (current) => ({ ...current, spec: { ...current.spec, tags: [{ name: 'cli', from: elsewhere }] } }));
    await right();
  });
});
