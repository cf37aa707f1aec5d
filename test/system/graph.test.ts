import { expect, it } from 'vitest';
import { readGraph } from '../../activities/kubernetes/graph-secret.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import { releasePlant } from '../support/release-plant.ts';

const plant = releasePlant();

it(
  'Given a stream with an upgrade job, when its second release is verified, then the graph knows the upgrade from the first',
  { timeout: 180_000 },
  async () => {
    // the first namespace of the plant, where the graph is kept
    const scene = await plant().scene();
    const config: SceneConfig = {
      name: `4.20.0-0.nightly-${scene.id}`,
      to: 'release',
      verify: { upgrade: { upgrade: true, upgradeFrom: 'Previous', prowJob: { name: `${scene.id}-upgrade` } } },
    };
    await scene.createStream(config);
    const first = await scene.release(config);
    await scene.phase(config, first, 'Accepted');
    await scene.changeImage(config.name, 2);
    const second = await scene.release(config, 2);
    await scene.phase(config, second, 'Accepted');

    const [upgrade] = await scene.until('the upgrade in the graph', async () => {
      const { graph } = await readGraph(scene.kubernetes, scene.namespace);
      const known = graph.upgradesTo(second);
      return known.length > 0 && known;
    });
    const job = await scene.prowJob(`${second}-upgrade`);
    const url = job.status?.url ?? '';
    expect(upgrade).toEqual({
      from: first,
      to: second,
      success: 1,
      failure: 0,
      total: 1,
      history: { [url]: { state: 'Succeeded', url } },
    });
  },
);
