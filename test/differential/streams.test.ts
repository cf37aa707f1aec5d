import { describe, it } from 'vitest';
import { awsOnly, bothSides, never } from './scenes.ts';

const { pairOf } = bothSides({ scenes: 4 });

describe.concurrent('streams', () => {
  it('two changes while the first release is built', async () => {
    const { pair, config } = await pairOf();
    await pair.both((scene) => scene.orderReleaseJobs([{ job: `^${config.name}-`, seconds: never }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.both(async (scene) => {
      const tag = await scene.release(config);
      await scene.until('the release job', () => scene.job(tag));
      await scene.changeImage(config.name, 2);
      await scene.imported(config.name, 2);
      await scene.changeImage(config.name, 3);
      await scene.imported(config.name, 3);
    });
    await pair.alike('while it is built');
    await pair.both((scene) => scene.orderReleaseJobs([]));
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the second verdict');
  });

  it('as many unready releases as may be', async () => {
    const { pair, config } = await pairOf(awsOnly, { maxUnreadyReleases: 1 });
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-aws$`, seconds: never }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Ready');
    await pair.both((scene) => scene.changeImage(config.name, 2));
    await pair.both((scene) => scene.imported(config.name, 2));
    await pair.alike('while one is unready');
    await pair.both((scene) => scene.orderProwJobs([]));
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the second verdict');
  });

  it('a pause between releases', async () => {
    const { pair, config } = await pairOf(awsOnly, { minCreationIntervalSeconds: 40 });
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.both((scene) => scene.changeImage(config.name, 2));
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the second verdict');
  });

  it('a config that is not valid', async () => {
    const { pair, config } = await pairOf(awsOnly, { to: '' });
    await pair.both((scene) => scene.createStream(config));
    await pair.both((scene) => scene.eventSaying(config.name, 'is invalid'));
    await pair.alike('after the message');
  });
});
