import { afterAll, beforeAll, describe, it } from 'vitest';
import { annotation } from '../../domain/payload/annotations.ts';
import { definition, definitionsOf, type SceneConfig, type SceneEntry } from '../support/release-configs.ts';
import { withAcceptedReleases } from './background.ts';
import { Pair } from './pair.ts';
import { buildTwoPlants, type TwoPlants } from './two-plants.ts';

let plants: TwoPlants;

beforeAll(async () => {
  plants = await buildTwoPlants({ scenes: 30 });
  await Promise.all([plants.upstream.start(), plants.here.start()]);
});
afterAll(() => plants?.stop());

type Verify = Record<string, SceneEntry>;

/** The same scene twice, with one stream that is named after it, since jobs of all scenes share a namespace. */
async function pairOf(verify: (id: string) => Verify, more: Record<string, unknown> = {}): Promise<{ pair: Pair; config: SceneConfig }> {
  const [upstream, here] = await Promise.all([plants.upstream.scene(), plants.here.scene()]);
  const config: SceneConfig = { name: `4.20.0-0.${here.id}`, to: 'release', verify: verify(here.id), ...more };
  return { pair: new Pair(upstream, here, [config]), config };
}

const job = (name: string, more: Partial<SceneEntry> = {}): SceneEntry => ({ prowJob: { name }, ...more });
const awsOnly = (id: string): Verify => ({ aws: job(`${id}-aws`) });
const never = 86_000;

describe.concurrent('verification', () => {
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
});

describe.concurrent('builds', () => {
  it('the release job fails', async () => {
    const { pair, config } = await pairOf(awsOnly);
    const failing = { job: `^${config.name}-`, outcomes: ['failure'], message: 'error: no space left', skipBackoff: true };
    await pair.both((scene) => scene.orderReleaseJobs([failing]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Failed');
    await pair.alike('after the failure');
    await pair.both((scene) => scene.orderReleaseJobs([]));
    await pair.both((scene) => scene.changeImage(config.name, 2));
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the next release');
  });

  it('all that a config says of builds', async () => {
    const { pair, config } = await pairOf(awsOnly, {
      mirrorPrefix: '4.20-mine',
      referenceMode: 'source',
      pullSecretName: 'pull',
      overrideCLIImage: 'quay.io/scene/cli:9',
      disableManifestListMode: true,
    });
    const annotations = {
      [annotation.config]: JSON.stringify(config),
      [annotation.buildUrl]: 'https://build/1',
      [annotation.inconsistency]: 'odd',
      unrelated: 'yes',
    };
    await pair.both(async (scene) => {
      await scene.createStream(config);
      await scene.change(config.name, (current) => ({ ...current, metadata: { ...current.metadata, annotations } })).catch(() => undefined);
    });
    await pair.phase(config, 1, 'Accepted');
    await pair.both((scene) => scene.changeImage(config.name, 2));
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the second verdict');
  });

  it('a copy to an alternate repository', async () => {
    const { pair, config } = await pairOf(awsOnly, {
      alternateImageRepository: 'quay.io/elsewhere/release',
      alternateImageRepositorySecretName: 'elsewhere',
    });
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('a copy to an alternate repository that fails', async () => {
    const { pair, config } = await pairOf(awsOnly, {
      alternateImageRepository: 'quay.io/elsewhere/release',
      alternateImageRepositorySecretName: 'elsewhere',
    });
    await pair.both((scene) =>
      scene.orderReleaseJobs([{ job: `^${config.name}-.*-alternate-mirror$`, outcomes: ['failure'], skipBackoff: true }]),
    );
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('an image that is not imported', async () => {
    const { pair, config } = await pairOf(awsOnly);
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    const late = { repository: 'quay.io/scene/etcd$', seconds: never };
    await pair.both((scene) => scene.orderImports([late]));
    // Two images: one is there at once and makes a release, which waits for the other.
    await pair.both((scene) => scene.changeImage(config.name, 2, 'etcd'));
    await pair.both((scene) => scene.changeImage(config.name, 2, 'installer'));
    await pair.both((scene) => scene.eventSaying(config.name, 'has not been imported yet'));
    await pair.alike('while it is not there');
    await pair.both((scene) => scene.orderImports([]));
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the second verdict');
  });
});

describe.concurrent('verdicts by hand', () => {
  it('accepted while jobs run, then rejected, then withdrawn', async () => {
    const { pair, config } = await pairOf(awsOnly);
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-aws$`, seconds: never }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Ready');
    await pair.both(async (scene) => scene.override(await scene.release(config), 'Accepted', 'needed today'));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after it was accepted');
    await pair.both(async (scene) => scene.override(await scene.release(config), 'Rejected', 'a bug'));
    await pair.phase(config, 1, 'Rejected');
    await pair.alike('after it was rejected');
    await pair.both(async (scene) => scene.override(await scene.release(config), ''));
    await pair.phase(config, 1, 'Ready');
    await pair.alike('after the override was withdrawn');
  });

  it('rejected before there is an image', async () => {
    const { pair, config } = await pairOf(awsOnly);
    await pair.both((scene) => scene.orderReleaseJobs([{ job: `^${config.name}-`, seconds: never }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.both(async (scene) => {
      const tag = await scene.release(config);
      await scene.until('the release job', () => scene.job(tag));
      await scene.override(tag, 'Rejected', 'not this one');
    });
    await pair.alike('while it is built');
    await pair.both((scene) => scene.orderReleaseJobs([]));
    await pair.phase(config, 1, 'Rejected');
    await pair.alike('after the verdict');
  });

  it('accepted after it was rejected', async () => {
    const { pair, config } = await pairOf(awsOnly);
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-aws$`, outcomes: ['failure'] }]));
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Rejected');
    await pair.both(async (scene) => scene.override(await scene.release(config), 'Accepted', 'a flake'));
    await pair.phase(config, 1, 'Accepted');
    await pair.alike('after it was accepted');
  });
});

describe.concurrent('streams', () => {
  it('two changes while the first release is built', async () => {
    const { pair, config } = await pairOf(awsOnly);
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
    const { pair, config } = await pairOf(awsOnly, { maxUnreadyReleases: 1 });
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
    const { pair, config } = await pairOf(awsOnly, { minCreationIntervalSeconds: 40 });
    await pair.both((scene) => scene.createStream(config));
    await pair.phase(config, 1, 'Accepted');
    await pair.both((scene) => scene.changeImage(config.name, 2));
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the second verdict');
  });

  it('a config that is not valid', async () => {
    const { pair, config } = await pairOf(awsOnly, { to: '' });
    await pair.both((scene) => scene.createStream(config));
    await pair.both((scene) => scene.eventSaying(config.name, 'is invalid'));
    await pair.alike('after the message');
  });
});
