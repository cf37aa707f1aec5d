import { describe, expect, it } from 'vitest';
import { annotation } from '../../domain/payload/annotations.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import { expectAudited, expectRelease } from '../support/release-expectations.ts';
import { releasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';

const plant = releasePlant();
const timeout = 120_000;

const configOf = (scene: ReleaseScene, stream: string, more: Partial<SceneConfig> = {}): SceneConfig => ({
  name: `4.20.0-0.${stream}-${scene.id}`,
  to: 'release',
  verify: { aws: { prowJob: { name: `${scene.id}-${stream}-aws` } } },
  ...more,
});

describe.concurrent('streams', () => {
  it('Given two streams with one target, when both get images at once, then each makes its release there', { timeout }, async () => {
    const scene = await plant().scene();
    const [nightly, ci] = [configOf(scene, 'nightly'), configOf(scene, 'ci')];
    await Promise.all([scene.createStream(nightly), scene.createStream(ci)]);
    await Promise.all(
      [nightly, ci].map(async (config) => expectRelease({ scene, config, source: config.name, tag: await scene.release(config) })),
    );
    expect((await scene.stream('release')).spec?.tags).toHaveLength(2);
  });

  it(
    'Given a release in verification, when an image changes, then a second release begins and both come to their end',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene, 'nightly');
      const slow = { job: `^${scene.id}-nightly-aws$`, seconds: 3_600 };
      await scene.orderProwJobs([slow]);
      await scene.createStream(config);
      const first = await scene.release(config);
      await scene.phase(config, first, 'Ready');

      await scene.changeImage(config.name, 2);
      const second = await scene.release(config, 2);
      await scene.phase(config, second, 'Ready');
      await scene.waitingFor('release', first, 'the blocking jobs');
      await scene.orderProwJobs([]);

      await scene.phase(config, first, 'Accepted');
      await scene.phase(config, second, 'Accepted');
      await Promise.all([first, second].map((tag) => expectAudited({ scene, config, source: config.name, tag })));
      expect(hashesOf(await scene.tags(config)).size).toBe(2);
    },
  );

  it(
    'Given as many unready releases as may be, when an image changes, then the next release waits for one to end',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene, 'nightly', { maxUnreadyReleases: 1 });
      await scene.orderProwJobs([{ job: `^${scene.id}-nightly-aws$`, seconds: 3_600 }]);
      await scene.createStream(config);
      const first = await scene.release(config);
      await scene.phase(config, first, 'Ready');

      await scene.changeImage(config.name, 2);
      const hold = await scene.waitingFor('stream', config.name, 'at max 1 unready releases');
      expect(hold).toMatchObject({
        for: 'the next release',
        why: `Release ${config.name} at max 1 unready releases, will not launch new tags`,
      });
      expect(await scene.tags(config)).toHaveLength(1);
      await scene.orderProwJobs([]);

      await scene.phase(config, await scene.release(config, 2), 'Accepted');
    },
  );

  it(
    'Given a release that is still being built, when an image changes, then the next release waits for its image',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = configOf(scene, 'nightly');
      await scene.orderReleaseJobs([{ job: `^${config.name}-`, seconds: 3_600 }]);
      await scene.createStream(config);
      const first = await scene.release(config);
      await scene.waitingFor('creation', first, 'Release creation job pending');

      await scene.changeImage(config.name, 2);
      await scene.waitingFor('stream', config.name, `is still building ${first}`);
      await scene.orderReleaseJobs([]);

      await scene.phase(config, first, 'Accepted');
      await scene.phase(config, await scene.release(config, 2), 'Accepted');
    },
  );

  it('Given a release, when an image goes back to what a release has, then no release is made', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, 'nightly');
    await scene.createStream(config);
    await scene.phase(config, await scene.release(config), 'Accepted');
    await scene.changeImage(config.name, 2);
    await scene.phase(config, await scene.release(config, 2), 'Accepted');

    await scene.changeImage(config.name, 1);
    await scene.imported(config.name, 1);
    await scene.changeImage(config.name, 3);

    await scene.phase(config, await scene.release(config, 3), 'Accepted');
    const tags = await scene.tags(config);
    expect([tags.length, hashesOf(tags).size]).toEqual([3, 3]);
  });

  it('Given a stream at the end of its life, when an image changes, then no release is made', { timeout }, async () => {
    const scene = await plant().scene();
    const config = configOf(scene, 'nightly', { endOfLife: true });
    await scene.createStream(config);
    const waiting = await scene.waitingFor('stream', config.name, 'endOfLife');
    expect(waiting).toMatchObject({ for: 'nothing' });
    expect(await scene.tags(config)).toEqual([]);
  });
});

const hashesOf = (tags: { annotations?: Record<string, string> | null }[]) =>
  new Set(tags.map(({ annotations }) => annotations?.[annotation.hash]));
