import { describe, it } from 'vitest';
import { imageStreams } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { Pair } from './pair.ts';
import { bothSides, job, never, twice } from './scenes.ts';

const { pairOf } = bothSides({ scenes: 7 });

describe.concurrent('streams', twice, () => {
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
    const { pair, config } = await pairOf(undefined, { maxUnreadyReleases: 1 });
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
    const { pair, config } = await pairOf(undefined, { minCreationIntervalSeconds: 40 });
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.both((scene) => scene.changeImage(config.name, 2));
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the second verdict');
  });

  it('two with one target', async () => {
    const { pair, config } = await pairOf();
    const another = { ...config, name: `4.21.0-0.${pair.id}`, verify: { gcp: job(`${pair.id}-gcp`, { maxRetries: 1 }) } };
    const both = new Pair(pair.upstream, pair.here, [config, another]);
    await both.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-gcp$`, outcomes: ['failure', 'success'] }]));
    await both.both((scene) => scene.createStream(config));
    await both.phase(config, 1, 'Accepted');
    await both.both((scene) => scene.createStream(another));
    await both.phase(another, 1, 'Accepted');
    await both.alike('after both verdicts');
    await both.both((scene) => scene.changeImage(config.name, 2));
    await both.phase(config, 2, 'Accepted');
    await both.alike('after one more');
  });

  it('a target that is made later', async () => {
    const { pair, config } = await pairOf();
    await pair.both((scene) => scene.createStream(config, { withoutTarget: true }));
    await pair.both((scene) => scene.imported(config.name, 1));
    await pair.alike('without a target');
    await pair.both((scene) => scene.createTarget(config.to));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('the end of its life while a release is verified', async () => {
    const { pair, config } = await pairOf();
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-aws$`, seconds: never }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Ready');
    await pair.both(async (scene) => {
      await scene.until('the ProwJob', async () => scene.prowJob(`${await scene.release(config)}-aws`));
      const text = JSON.stringify({ ...config, endOfLife: true });
      await scene.kubernetes.patch(imageStreams, scene.namespace, config.name, {
        metadata: { annotations: { [annotation.config]: text } },
      });
    });
    await pair.both((scene) => scene.orderProwJobs([]));
    await pair.phase(config, 1, 'Accepted');
    await pair.both((scene) => scene.changeImage(config.name, 2));
    await pair.both((scene) => scene.imported(config.name, 2));
    await pair.alike('after the verdict');
  });

  it('a config that is not valid', async () => {
    const { pair, config } = await pairOf(undefined, { to: '' });
    await pair.both((scene) => scene.createStream(config));
    await pair.both((scene) => scene.eventSaying(config.name, 'is invalid'));
    await pair.alike('after the message');
  });
});
