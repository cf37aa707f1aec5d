import { describe, it } from 'vitest';
import { annotation } from '../../domain/payload/annotations.ts';
import { awsOnly, bothSides, never, twice } from './scenes.ts';

const { pairOf } = bothSides({ scenes: 5 });

describe.concurrent('builds', twice, () => {
  it('the release job fails', async () => {
    const { pair, config } = await pairOf();
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
    const annotations = { [annotation.buildUrl]: 'https://build/1', [annotation.inconsistency]: 'odd', unrelated: 'yes' };
    await pair.both((scene) => scene.createStream(config, { annotations }));
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
    const { pair, config } = await pairOf();
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
