import { expect, it } from 'vitest';
import { releasePlant } from '../support/release-plant.ts';
import type { SceneConfig } from '../support/release-configs.ts';

const plant = releasePlant();

it('a nightly stream goes from changed images to a signed release', async () => {
  const scene = await plant().scene();
  const config: SceneConfig = {
    name: '4.20.0-0.nightly',
    to: 'release',
    verify: { aws: { maxRetries: 1, prowJob: { name: 'periodic-aws' } } },
  };
  await scene.createStream(config);
  const tag = await scene.release(config);
  const payload = await scene.phase(config, tag, 'Accepted');
  expect(payload.status?.conditions).toHaveLength(6);
});
