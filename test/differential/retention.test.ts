import { describe, it } from 'vitest';
import { annotation } from '../../domain/payload/annotations.ts';
import type { Phase, TagReference } from '../../domain/payload/kinds.ts';
import { pastRelease } from '../support/past-releases.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import type { Pair } from './pair.ts';
import { bothSides, rejectedThenAccepted, twice } from './scenes.ts';

const { pairOf } = bothSides({ scenes: 4 });

/** Adds releases of the past, the same on both sides, and waits until those that are not to stay are gone. */
async function withHistory(pair: Pair, config: SceneConfig, history: TagReference[], gone: TagReference[]): Promise<void> {
  await pair.both((scene) =>
    scene.change(config.to, (target) => ({ ...target, spec: { ...target.spec, tags: [...(target.spec?.tags ?? []), ...history] } })),
  );
  const names = new Set(gone.map(({ name }) => name));
  await pair.both((scene) =>
    scene.until(`${names.size} releases to be gone`, async () => (await scene.tags(config)).every(({ name }) => !names.has(name))),
  );
}

describe.concurrent('retention', twice, () => {
  it('rejected and failed ones older than the oldest accepted one, and more than five of a kind', async () => {
    const { pair, config } = await pairOf();
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    const past = (phase: Phase, ...hours: number[]) => hours.map((each) => pastRelease(pair.here, config, phase, each));
    const kept = [
      ...past('Rejected', 1, 3, 5, 7, 9),
      ...past('Failed', 2, 4, 6, 8, 10),
      ...past('Accepted', 20),
      pastRelease(pair.here, config, 'Rejected', 40, { [annotation.keep]: 'a bug' }),
      pastRelease(pair.here, { ...config, name: `${config.name}-before` }, 'Rejected', 41),
      pastRelease(pair.here, config, 'Rejected', 42, { [annotation.source]: `${pair.here.namespace}/another` }),
    ];
    const gone = [...past('Rejected', 11, 12, 30, 31), ...past('Failed', 13, 14, 32)];
    await withHistory(pair, config, [...gone, ...kept], gone);
    await pair.alike('after the removal');
  });

  it('accepted ones that have expired, but for the newest five', async () => {
    const { pair, config } = await pairOf(undefined, { expires: '24h' });
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    const past = (...hours: number[]) => hours.map((each) => pastRelease(pair.here, config, 'Accepted', each));
    const kept = [
      ...past(1, 2, 3, 4, 5, 23),
      pastRelease(pair.here, config, 'Accepted', 50, { [annotation.keep]: 'shipped' }),
      pastRelease(pair.here, config, 'Accepted', 51, { [annotation.creationTimestamp]: '0 days ago' }),
    ];
    const gone = past(30, 31, 40);
    await withHistory(pair, config, [...gone, ...kept], gone);
    await pair.alike('after the removal');
  });

  it('what a release that is removed leaves behind', async () => {
    const { pair, config } = await pairOf();
    await rejectedThenAccepted(pair, config);
    await pair.both((scene) => scene.until('the first release to be gone', async () => (await scene.tags(config)).length === 1));
    await pair.alike('after the clean-up');
  });
});
