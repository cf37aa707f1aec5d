import { afterAll, beforeAll } from 'vitest';
import type { SceneConfig, SceneEntry } from '../support/release-configs.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { Pair } from './pair.ts';
import { buildTwoPlants, type TwoPlantOptions, type TwoPlants } from './two-plants.ts';

export type Verify = Record<string, SceneEntry>;

export interface BothSides {
  plants: () => TwoPlants;
  /** a namespace of one name on each side */
  scenes: () => Promise<[upstream: ReleaseScene, here: ReleaseScene]>;
  /** the same scene twice, with one stream that is named after it, since jobs of all scenes share a namespace */
  pairOf: (verify?: (id: string) => Verify, more?: Record<string, unknown>) => Promise<{ pair: Pair; config: SceneConfig }>;
}

/**
 * Runs both sides while the tests of this file run. Call at the top of the file.
 *
 * @param options `scenes` is their number when none is tried again
 */
export function bothSides({ scenes: count = 1, ...options }: TwoPlantOptions = {}): BothSides {
  let running: TwoPlants | undefined;
  beforeAll(async () => {
    running = await buildTwoPlants({ ...options, scenes: 2 * count });
    await running.start();
  });
  afterAll(() => running?.stop());
  const plants = () => {
    if (running === undefined) throw new Error('both sides run while tests run');
    return running;
  };
  const scenes = () => Promise.all([plants().upstream.scene(), plants().here.scene()]);
  const pairOf: BothSides['pairOf'] = async (verify = awsOnly, more = {}) => {
    const [upstream, here] = await scenes();
    const config: SceneConfig = { name: `4.20.0-0.${here.id}`, to: 'release', verify: verify(here.id), ...more };
    return { pair: new Pair(upstream, here, [config]), config };
  };
  return { plants, scenes, pairOf };
}

/** A first release whose job fails, and a second one whose job succeeds. */
export async function rejectedThenAccepted(pair: Pair, config: SceneConfig): Promise<void> {
  await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-aws$`, outcomes: ['failure'] }]));
  await pair.both((scene) => scene.createStream(config));
  await pair.phase(config, 1, 'Rejected');
  await pair.both((scene) => scene.orderProwJobs([]));
  await pair.both((scene) => scene.changeImage(config.name, 2));
  await pair.phase(config, 2, 'Accepted');
}

export const job = (name: string, more: Partial<SceneEntry> = {}): SceneEntry => ({ prowJob: { name }, ...more });
export const awsOnly = (id: string): Verify => ({ aws: job(`${id}-aws`) });
/** seconds that no test waits */
export const never = 86_000;
/** Their races decide differently now and then (P11, traps 4 and 9); a difference that is there twice is none of those. */
export const twice = { retry: 1 };
