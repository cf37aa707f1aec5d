import { describe, it } from 'vitest';
import { annotation } from '../../domain/payload/annotations.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import { StableScene } from '../support/stable-scene.ts';
import { withAcceptedReleases } from './background.ts';
import { Pair } from './pair.ts';
import { bothSides, job, rejectedThenAccepted, twice } from './scenes.ts';

const { scenes, pairOf } = bothSides({
  scenes: 3,
  arguments: ['--soft-delete-release-tags', '--art-suffix=-art-latest', '--release-architecture=arm64', '--manifest-list-mode'],
  env: {
    WAYBILL_SOFT_DELETE_RELEASE_TAGS: 'true',
    WAYBILL_ART_SUFFIX: '-art-latest',
    WAYBILL_ARCHITECTURE: 'arm64',
    WAYBILL_MANIFEST_LIST_MODE: 'true',
  },
});

describe.concurrent('with flags that change what is done', twice, () => {
  it('releases that are due for removal are marked', async () => {
    const { pair, config } = await pairOf();
    await rejectedThenAccepted(pair, config);
    await pair.both((scene) =>
      scene.until('the first release to be marked', async () => (await scene.tags(config))[0]?.annotations?.[annotation.softDelete]),
    );
    await pair.alike('after the mark');
  });

  it('a Stable release is verified as the stream of its version is', async () => {
    const [upstream, here] = await scenes();
    const { id } = here;
    const config: SceneConfig = { name: '4-stable', to: '4-stable', verify: { aws: job(`${id}-aws`), shared: job(`${id}-shared`) } };
    const pair = new Pair(upstream, here, [config]);
    const tag = new StableScene(here, config).version(0);
    const art: SceneConfig = {
      name: '4.20.0-0.nightly',
      to: 'release',
      endOfLife: true,
      verify: {
        gcp: job(`${id}-gcp`, { maxRetries: 1 }),
        shared: job(`${id}-other`),
        informing: job(`${id}-informing`, { optional: true }),
        sampled: job(`${id}-sampled`, { multiJobAnalysis: true }),
        'aggregated-of-many-runs': job(`${id}-many`, { aggregatedProwJob: { analysisJobCount: 2 } }),
      },
    };
    await pair.both(async (scene) => {
      const stable = new StableScene(scene, config);
      await scene.createStream(art, { source: `${tag.slice(0, tag.lastIndexOf('.'))}-art-latest` });
      await stable.create();
      await stable.tag({ [tag]: await stable.push(tag) }, { [annotation.mirrorImages]: 'true' });
    });
    await pair.phase(config, tag, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('images of several platforms, and jobs of another architecture', async () => {
    const { pair, config } = await pairOf(
      (id) => ({
        aws: job(`${id}-aws`),
        upgrade: job(`${id}-upgrade`, { upgrade: true }),
        'aggregated-aws-ovn-upgrade-4.20-micro': job(`${id}-micro`, { aggregatedProwJob: { analysisJobCount: 2 } }),
      }),
      { alternateImageRepository: 'quay.io/elsewhere/release', alternateImageRepositorySecretName: 'elsewhere' },
    );
    await pair.both(async (scene) => {
      await withAcceptedReleases(scene, config, config.name, [`${config.name}-2026-01-01-000000`]);
      await scene.createStream(config);
    });
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the verdict');
  });
});
