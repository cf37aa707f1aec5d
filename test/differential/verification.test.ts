import { describe, it } from 'vitest';
import { bothSides, job, never, twice } from './scenes.ts';

const { pairOf } = bothSides({ scenes: 7 });

describe.concurrent('verification', twice, () => {
  it('all succeed, one is disabled', async () => {
    const { pair, config } = await pairOf((id) => ({
      aws: job(`${id}-aws`),
      gcp: job(`${id}-gcp`, { optional: true }),
      off: job(`${id}-off`, { disabled: true }),
    }));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('one fails while the other runs, then ends', async () => {
    const { pair, config } = await pairOf((id) => ({ aws: job(`${id}-aws`), gcp: job(`${id}-gcp`) }));
    const failing = { job: `^${pair.id}-aws$`, outcomes: ['failure'] };
    await pair.both((scene) => scene.orderProwJobs([failing, { job: `^${pair.id}-gcp$`, seconds: never }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.both(async (scene) =>
      scene.payloadWhen(
        await scene.release(config),
        'to know the failure',
        ({ status }) => status?.blockingJobResults?.[0]?.state === 'Failure' && status.blockingJobResults[1]?.state === 'Pending',
      ),
    );
    await pair.alike('while one runs');
    await pair.both((scene) => scene.orderProwJobs([failing]));
    await pair.phase(config, 1, 'Rejected');
    await pair.alike('after the verdict');
  });

  it('an informing one ends in an error', async () => {
    const { pair, config } = await pairOf((id) => ({ aws: job(`${id}-aws`), gcp: job(`${id}-gcp`, { optional: true }) }));
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-gcp$`, outcomes: ['error'] }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('only informing ones', async () => {
    const { pair, config } = await pairOf((id) => ({
      aws: job(`${id}-aws`, { optional: true }),
      gcp: job(`${id}-gcp`, { optional: true, maxRetries: 1 }),
    }));
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-`, outcomes: ['failure'] }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('nothing to verify', async () => {
    const { pair, config } = await pairOf(() => ({}));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('a retry succeeds', async () => {
    const { pair, config } = await pairOf((id) => ({ aws: job(`${id}-aws`, { maxRetries: 2 }) }));
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-aws$`, outcomes: ['failure', 'success'] }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('retries are used up', async () => {
    const { pair, config } = await pairOf((id) => ({ aws: job(`${id}-aws`, { maxRetries: 1 }) }));
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-aws$`, outcomes: ['failure', 'aborted'] }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Rejected');
    await pair.alike('after the verdict');
  });
});
