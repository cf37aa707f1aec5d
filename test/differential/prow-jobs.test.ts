import { describe, it } from 'vitest';
import { definition, definitionsOf } from '../support/release-configs.ts';
import { createPastStream, withAcceptedReleases } from './background.ts';
import { bothSides, job, twice } from './scenes.ts';

const { pairOf } = bothSides({ scenes: 7 });

describe.concurrent('ProwJobs', twice, () => {
  it('an aggregator that fails once, and one of its own', async () => {
    const { pair, config } = await pairOf((id) => ({
      'aggregated-aws-ovn-upgrade-4.20-micro': job(`${id}-micro`, { maxRetries: 1, aggregatedProwJob: { analysisJobCount: 3 } }),
      'aggregated-with-a-name-that-is-so-long-that-it-must-be-shortened': job(`${id}-long`, {
        aggregatedProwJob: { prowJob: { name: `${id}-judge` }, analysisJobCount: 2 },
      }),
    }));
    await pair.both((scene) =>
      scene.orderProwJobs([
        {
          job: '^aggregated-aws-ovn-upgrade-4.20-micro-release-openshift-release-analysis-aggregator$',
          release: `\\.${pair.id}-`,
          outcomes: ['failure', 'success'],
        },
      ]),
    );
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('long names, retries, analysis by several jobs', async () => {
    const { pair, config } = await pairOf((id) => ({
      'conformance-of-everything-on-every-platform': job(`${id}-everything`, { maxRetries: 1, multiJobAnalysis: true }),
      'conformance-4.20-with-a-dot-in-the-name': job(`${id}-dot`, { maxRetries: 3 }),
    }));
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-`, outcomes: ['failure', 'success'] }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('jobs that declare what they are told', async () => {
    const declared = ['RELEASE_IMAGE_LATEST', 'IMAGE_FORMAT', 'IMAGE_CLUSTER_API', 'PAYLOAD_TAG', 'UNRELATED'];
    const { pair, config } = await pairOf((id) => ({
      declaring: job(`${id}-declaring`, { multiJobAnalysis: true }),
      initial: job(`${id}-initial`, { upgrade: true }),
    }));
    const definitions = [
      definition(`${pair.id}-declaring`, declared),
      definition(`${pair.id}-initial`, [...declared, 'RELEASE_IMAGE_INITIAL']),
    ].map((each) => ({ ...each, labels: { mine: 'one' }, annotations: { mine: 'one' }, max_concurrency: 3 }));
    await pair.both(async (scene) => {
      await withAcceptedReleases(scene, config, config.name, [`${config.name}-2026-01-01-000000`]);
      await scene.createStream(config, { definitions });
    });
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('definitions that are missing, or for no cluster', async () => {
    const { pair, config } = await pairOf((id) => ({ aws: job(`${id}-aws`) }));
    await pair.both((scene) => scene.createStream(config, { definitions: [] }));
    await pair.phase(config, 1, 'Ready');
    await pair.both((scene) => scene.eventSaying(config.name, 'no job with that name'));
    await pair.alike('without a definition');
    await pair.both((scene) => scene.defineJobs([{ ...definition(`${pair.id}-aws`), cluster: 'default' }]));
    await pair.both((scene) => scene.eventSaying(config.name, 'cluster must be set'));
    await pair.alike('without a cluster');
    await pair.both((scene) => scene.defineJobs(definitionsOf(config)));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('qualifiers', async () => {
    const { pair, config } = await pairOf((id) => ({
      aws: { ...job(`${id}-aws`), qualifiers: { fips: { enabled: true, badgeName: 'FIPS', failureLabels: ['x'] } } },
      'aggregated-aws-ovn-upgrade-4.20-minor': {
        ...job(`${id}-agg`, { aggregatedProwJob: { analysisJobCount: 2 } }),
        qualifiers: { rosa: {} },
      },
    }));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('upgrades from the release before', async () => {
    const { pair, config } = await pairOf((id) => ({
      aws: job(`${id}-aws`),
      upgrade: job(`${id}-upgrade`, { upgrade: true, optional: true }),
      minor: job(`${id}-minor`, { upgrade: true, optional: true, upgradeFrom: 'PreviousMinor' }),
    }));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.both((scene) => scene.changeImage(config.name, 2));
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the second verdict');
  });

  it('upgrades from a pre-release, and from candidates', async () => {
    const { pair, config } = await pairOf((id) => ({
      prerelease: job(`${id}-prerelease`, {
        upgrade: true,
        upgradeFromRelease: { prerelease: { version_bounds: { lower: '4.17.0-rc.0', upper: '4.18.0' } } },
      }),
      newest: job(`${id}-newest`, { upgrade: true, upgradeFromRelease: { candidate: { stream: id, version: '4.19' } } }),
      older: job(`${id}-older`, { upgrade: true, upgradeFromRelease: { candidate: { stream: id, version: '4.19', relative: 1 } } }),
    }));
    const candidates = `4.19.0-0.${pair.id}`;
    await pair.both(async (scene) => {
      // none of 4.19, which other scenes would be upgraded from
      const versions = ['4.16.30', '4.17.0-rc.0', '4.17.0-rc.3', '4.17.0-rc.12', '4.18.0', '4.18.1'];
      await createPastStream(scene, { name: '4-stable', to: '4-stable', stable: true, accepted: versions });
      const accepted = ['01', '02', '03'].map((day) => `${candidates}-2026-01-${day}-000000`);
      await createPastStream(scene, { name: candidates, to: config.to, accepted });
      await scene.createStream(config);
    });
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });
});
