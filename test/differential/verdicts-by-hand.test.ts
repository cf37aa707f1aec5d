import { describe, it } from 'vitest';
import { bothSides, never, twice } from './scenes.ts';

const { pairOf } = bothSides({ scenes: 3 });

describe.concurrent('verdicts by hand', twice, () => {
  it('accepted while jobs run, then rejected, then withdrawn', async () => {
    const { pair, config } = await pairOf();
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-aws$`, seconds: never }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Ready');
    await pair.both(async (scene) => scene.override(await scene.release(config), 'Accepted', 'needed today'));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after it was accepted');
    await pair.both(async (scene) => scene.override(await scene.release(config), 'Rejected', 'a bug'));
    await pair.phase(config, 1, 'Rejected');
    await pair.alike('after it was rejected');
    await pair.both(async (scene) => scene.override(await scene.release(config), ''));
    await pair.phase(config, 1, 'Ready');
    await pair.alike('after the override was withdrawn');
  });

  it('rejected before there is an image', async () => {
    // Nothing to verify: whether release-controller still starts jobs depends on which of its programs is faster (trap 9).
    const { pair, config } = await pairOf(() => ({}));
    await pair.both((scene) => scene.orderReleaseJobs([{ job: `^${config.name}-`, seconds: never }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.both(async (scene) => {
      const tag = await scene.release(config);
      await scene.until('the release job', () => scene.job(tag));
      await scene.override(tag, 'Rejected', 'not this one');
    });
    await pair.alike('while it is built');
    await pair.both((scene) => scene.orderReleaseJobs([]));
    await pair.phase(config, 1, 'Rejected');
    await pair.alike('after the verdict');
  });

  it('accepted after it was rejected', async () => {
    const { pair, config } = await pairOf();
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-aws$`, outcomes: ['failure'] }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Rejected');
    await pair.both(async (scene) => scene.override(await scene.release(config), 'Accepted', 'a flake'));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after it was accepted');
  });
});
