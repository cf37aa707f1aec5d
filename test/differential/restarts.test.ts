import { gunzipSync } from 'node:zlib';
import { describe, it } from 'vitest';
import type { KubernetesObject } from '../../activities/kubernetes/client.ts';
import { graphSecret } from '../../activities/kubernetes/graph-secret.ts';
import { prowJobs, secrets } from '../../activities/kubernetes/resources.ts';
import type { ProwJob } from '../../domain/payload/kinds.ts';
import { definition } from '../support/release-configs.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { createPastStream, withAcceptedReleases } from './background.ts';
import { Pair } from './pair.ts';
import { bothSides, job } from './scenes.ts';

const { plants, scenes, pairOf } = bothSides({ scenes: 2 });

/** The records as they are stored, in the first namespace. */
async function storedGraph({ kubernetes, namespace }: ReleaseScene): Promise<Record<string, unknown>> {
  const secret = await kubernetes.get<KubernetesObject & { data?: { latest?: string } }>(secrets, namespace, graphSecret);
  const { latest } = secret?.data ?? {};
  const records: unknown = latest === undefined ? [] : JSON.parse(gunzipSync(Buffer.from(latest, 'base64')).toString('utf8'));
  return { [`Secret/${graphSecret}`]: { records } };
}

// One after the other, since release-controller is started again in each; and once, since its graph stays.
describe('what release-controller does when it starts', () => {
  it('upgrades that were tested are stored', async () => {
    const { pair, config } = await pairOf((id) => ({
      upgrade: job(`${id}-upgrade`, { upgrade: true, maxRetries: 1 }),
      another: job(`${id}-another`, { upgrade: true }),
      plain: job(`${id}-plain`),
    }));
    await pair.both(async (scene) => {
      await scene.orderProwJobs([{ job: `^${pair.id}-upgrade$`, outcomes: ['failure', 'success'] }]);
      await withAcceptedReleases(scene, config, config.name, [`${config.name}-2026-01-01-000000`]);
      await scene.createStream(config);
    });
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the verdict');
    // It reads all ProwJobs when it starts, and stores the graph a quarter of a minute later; then every five minutes.
    await plants().upstream.killPrograms();
    await plants().upstream.startPrograms();
    await pair.both((scene) =>
      scene.until('the stored graph', async () => JSON.stringify(await storedGraph(scene)).includes(`${config.name}-`)),
    );
    await pair.alike('after the graph was stored', { beside: storedGraph });
  });

  it('periodics by an interval, by a cron text, and with an upgrade', async () => {
    const { upstream } = plants();
    // It looks at periodics when it starts, and then every two minutes.
    await upstream.killPrograms();
    const [theirs, ours] = await scenes();
    const pair = new Pair(theirs, ours, []);
    const name = '4-stable';
    const jobs = ['soak', 'often', 'patch', 'minor', 'yearly'].map((each) => `${pair.id}-${each}`);
    const [soak, often, patch, minor, yearly] = jobs;
    const periodic = {
      soak: { interval: '24h', prowJob: { name: soak } },
      often: { cron: '@every 10h', prowJob: { name: often } },
      patch: { interval: '24h', upgrade: true, prowJob: { name: patch } },
      minor: { interval: '24h', upgrade: true, upgradeFrom: 'PreviousMinor', prowJob: { name: minor } },
      yearly: { cron: '0 3 1 1 *', prowJob: { name: yearly } },
    };
    await pair.both(async (scene) => {
      const definitions = jobs.map((each) => definition(each, ['RELEASE_IMAGE_LATEST', 'IMAGE_FORMAT']));
      await scene.defineJobs(definitions.map((each) => ({ ...each, labels: { team: 'scene' }, annotations: { note: 'mine' } })));
      // the mirror of the newest release
      await scene.createTarget('4.20.2');
      await createPastStream(scene, { name, to: name, stable: true, config: { periodic }, accepted: ['4.19.7', '4.20.1', '4.20.2'] });
      await scene.until('the stream to have a repository', async () => (await scene.stream(name)).status?.publicDockerImageRepository);
    });
    await upstream.startPrograms();
    await pair.both((scene) =>
      scene.until('the runs', async () => {
        const { items } = await scene.kubernetes.list<ProwJob>(prowJobs, scene.plant.prowNamespace);
        return [soak, often, patch, minor].every((each) => items.some(({ spec }) => spec.job === each));
      }),
    );
    await pair.alike('after the first runs');
  });
});
