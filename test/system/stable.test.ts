import { describe, expect, it } from 'vitest';
import { annotation } from '../../domain/payload/annotations.ts';
import type { Job } from '../../domain/payload/kinds.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import { expectAudited } from '../support/release-expectations.ts';
import { releasePlant } from '../support/release-plant.ts';
import { componentOf, StableScene } from '../support/stable-scene.ts';

const plant = releasePlant();
const timeout = 120_000;

async function stableScene(more: Partial<SceneConfig> = {}): Promise<StableScene> {
  const scene = await plant().scene();
  const config = { name: '4-stable', to: '4-stable', verify: { aws: { prowJob: { name: `${scene.id}-stable-aws` } } }, ...more };
  const stable = new StableScene(scene, config);
  await stable.create();
  return stable;
}

const containersOf = ({ spec }: Job) => {
  const { initContainers = [], containers } = (
    spec as { template: { spec: { initContainers?: { name: string }[]; containers: { name: string }[] } } }
  ).template.spec;
  return [...initContainers, ...containers].map(({ name }) => name);
};

describe.concurrent('a Stable stream', () => {
  it(
    'Given release images, when people tag them, then one is taken over as it is, one is made anew under its name, next gets a number, and all are accepted',
    { timeout },
    async () => {
      const stable = await stableScene();
      const { scene, config } = stable;
      const [first, second, third] = [stable.version(0), stable.version(1), stable.version(2)];
      const [own, other] = [await stable.push(first), await stable.push(stable.version('0-0.nightly'))];
      await stable.tag({ [first]: own, [second]: other, latest: own });
      await scene.phase(config, first, 'Accepted');
      await scene.phase(config, second, 'Accepted');
      await stable.tag({ next: other }, { [annotation.mirrorImages]: 'true' });
      await scene.phase(config, third, 'Accepted');

      const rewritten = await Promise.all([first, second, third].map(async (tag) => (await stable.annotations(tag))[annotation.rewrite]));
      expect(rewritten).toEqual(['false', 'true', 'true']);
      expect(await stable.annotations(second)).toMatchObject({
        [annotation.name]: '4-stable',
        [annotation.source]: `${scene.namespace}/4-stable`,
        [annotation.hash]: expect.stringMatching(new RegExp(`^${second}-\\d+$`)),
        [annotation.creationTimestamp]: expect.stringMatching(/Z$/),
      });
      expect(await stable.annotations('latest')).toEqual({});
      expect((await scene.stream('4-stable')).spec?.tags?.map(({ name }) => name)).not.toContain('next');

      expect(containersOf(await scene.job(first))).toEqual(['image-cli', 'build']);
      expect(containersOf(await scene.job(second))).toEqual(['image-cli', 'mirror', 'build']);
      const images = { cli: componentOf('cli'), etcd: componentOf('etcd') };
      for (const tag of [first, second, third]) {
        expect(await stable.mirror(tag)).toEqual(images);
        const { label, components } = await stable.image(tag);
        expect([label, components.map(({ name }) => name)]).toEqual([tag, ['cli', 'etcd']]);
        await expectAudited({ scene, config, source: '4-stable', tag });
      }
    },
  );

  it(
    'Given a rewrite that fails, then the release is Failed with the reason, and the one that waited for it is built',
    { timeout },
    async () => {
      const stable = await stableScene();
      const { scene, config } = stable;
      const [older, newer] = [stable.version(0), stable.version(1)];
      await scene.orderReleaseJobs([
        { job: `^${newer}$`, outcomes: ['failure'], message: 'error: the registry is full', seconds: 1, skipBackoff: true },
      ]);
      const image = await stable.push(stable.version('0-0.nightly'));
      await stable.tag({ [older]: image, [newer]: image });
      await scene.waitingFor('stream', '4-stable', `${newer} is newer and is built first`);
      const payload = await scene.phase(config, newer, 'Failed');
      expect(payload.status?.releaseCreationJobResult?.message).toBe('error: the registry is full');
      expect(await stable.annotations(newer)).toMatchObject({
        [annotation.reason]: 'CreateReleaseFailed',
        [annotation.message]: 'Could not create the release image',
      });
      await scene.phase(config, older, 'Accepted');
    },
  );

  it('Given a release that is being built, when it is pushed again, then it is built from what was pushed last', { timeout }, async () => {
    const stable = await stableScene();
    const { scene, config } = stable;
    const tag = stable.version(0);
    await scene.orderReleaseJobs([{ job: `^${tag}$`, seconds: 3_600 }]);
    await stable.tag({ [tag]: await stable.push(tag) });
    const before = await scene.untilOf(tag, 'the first job', async () => scene.job(tag).catch(() => undefined));
    expect((await stable.annotations(tag))[annotation.rewrite]).toBe('false');

    // the new image has fewer parts, and bears another name
    const label = stable.version('0-0.nightly');
    await stable.tag({ [tag]: await stable.push(label, ['cli'], 2) });
    const after = await scene.untilOf(tag, 'another job', async () => {
      const current = await scene.job(tag).catch(() => undefined);
      return current !== undefined && current.metadata.uid !== before.metadata.uid && current;
    });
    await scene.orderReleaseJobs([]);
    await scene.phase(config, tag, 'Accepted');
    const generation = after.metadata.annotations?.[annotation.generation];
    expect(generation).not.toBe(before.metadata.annotations?.[annotation.generation]);
    expect(await stable.annotations(tag)).toMatchObject({ [annotation.rewrite]: 'true', [annotation.hash]: `${tag}-${generation}` });
    expect(await stable.mirror(tag)).toEqual({ cli: componentOf('cli', 2) });
    expect((await stable.image(tag)).components).toMatchObject([{ name: 'cli', image: componentOf('cli', 2) }]);
  });

  it('Given no version yet, when people tag next, then it fails and says so', { timeout }, async () => {
    const stable = await stableScene();
    await stable.tag({ next: await stable.push(stable.version(0)) });
    const said = await stable.scene.until(
      'the failure of next',
      async () => (await stable.annotations('next'))[annotation.phase] === 'Failed' && stable.annotations('next'),
    );
    expect(said).toEqual({
      [annotation.phase]: 'Failed',
      [annotation.reason]: 'NoExistingTags',
      [annotation.message]: 'The next tag requires at least one existing semantic version tag in this image stream.',
    });
  });
});
