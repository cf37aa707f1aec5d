import { it } from 'vitest';
import { prowJobs } from '../../activities/kubernetes/resources.ts';
import type { ProwJob } from '../../domain/payload/kinds.ts';
import { definition } from '../support/release-configs.ts';
import { createPastStream } from './background.ts';
import { Pair } from './pair.ts';
import { bothSides } from './scenes.ts';

const { plants, scenes } = bothSides({ scenes: 1 });

it('by an interval, by a cron text, and with an upgrade', async () => {
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
