import { describe, it } from 'vitest';
import { annotation } from '../../domain/payload/annotations.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import { StableScene } from '../support/stable-scene.ts';
import { createPastStream } from './background.ts';
import { Pair } from './pair.ts';
import { awsOnly, bothSides, job, never, twice, type Verify } from './scenes.ts';

const { scenes } = bothSides({ scenes: 6 });

interface StablePair {
  pair: Pair;
  config: SceneConfig;
  /** of this scene alone, since jobs are named after releases: `4.103.<patch>` */
  version: (patch: number | string) => string;
  both: <T>(act: (stable: StableScene) => Promise<T>) => Promise<[T, T]>;
}

/** The same Stable stream twice. */
async function stablePair(verify: (id: string) => Verify = awsOnly, more: Record<string, unknown> = {}): Promise<StablePair> {
  const [upstream, here] = await scenes();
  const config: SceneConfig = { name: '4-stable', to: '4-stable', verify: verify(here.id), ...more };
  const pair = new Pair(upstream, here, [config]);
  const both = <T>(act: (stable: StableScene) => Promise<T>) => pair.both((scene) => act(new StableScene(scene, config)));
  await both((stable) => stable.create());
  return { pair, config, both, version: (patch) => new StableScene(here, config).version(patch) };
}

describe.concurrent('Stable streams', twice, () => {
  it('a release that bears its name, an alias, and a tag that is no version', async () => {
    const { pair, config, both, version } = await stablePair();
    const tag = version(0);
    await both(async (stable) => {
      const image = await stable.push(tag);
      await stable.tag({ [tag]: image, latest: image, 'not-a-version': image });
    });
    await pair.phase(config, tag, 'Accepted');
    await pair.alike('after the verdict');
    await pair.both((scene) => scene.override(tag, 'Rejected', 'found a bug'));
    await pair.phase(config, tag, 'Rejected');
    await pair.alike('after it was rejected');
  });

  it('a release that is pushed again while it is built', async () => {
    const { pair, config, both, version } = await stablePair();
    const tag = version(0);
    await pair.both((scene) => scene.orderReleaseJobs([{ job: `^${tag}$`, seconds: never }]));
    const uids = await both(async (stable) => {
      await stable.tag({ [tag]: await stable.push(tag) });
      const made = await stable.scene.until('the release job', () => stable.scene.job(tag));
      return made.metadata.uid;
    });
    await pair.alike('while it is built');
    await both(async (stable) => stable.tag({ [tag]: await stable.push(tag, ['cli', 'etcd'], 2) }));
    await both((stable) =>
      stable.scene.until('another release job', async () => !uids.includes((await stable.scene.job(tag)).metadata.uid)),
    );
    await pair.both((scene) => scene.orderReleaseJobs([]));
    await pair.phase(config, tag, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('a release that is made anew, from the image and from its parts, and next', async () => {
    const { pair, config, both, version } = await stablePair(undefined, { referenceMode: 'source', pullSecretName: 'pull' });
    const [first, second] = [version(1), version(2)];
    await both(async (stable) => stable.tag({ [first]: await stable.push(version('0-0.nightly')) }));
    await pair.phase(config, first, 'Accepted');
    await pair.alike('after the first verdict');
    await both(async (stable) =>
      stable.tag({ next: await stable.push(version('0-0.nightly'), ['cli', 'etcd'], 2) }, { [annotation.mirrorImages]: 'true' }),
    );
    await pair.phase(config, second, 'Accepted');
    await pair.alike('after the second verdict');
  });

  it('next without a version before it', async () => {
    const { pair, both, version } = await stablePair();
    await both(async (stable) => stable.tag({ next: await stable.push(version(0)) }));
    await both((stable) =>
      stable.scene.until('the failure of next', async () => (await stable.annotations('next'))[annotation.phase] === 'Failed'),
    );
    await pair.alike('after the failure');
  });

  it('a release that can not be made anew', async () => {
    const { pair, config, both, version } = await stablePair();
    const tag = version(0);
    await pair.both((scene) =>
      scene.orderReleaseJobs([{ job: `^${tag}$`, outcomes: ['failure'], message: 'error: the registry is full', skipBackoff: true }]),
    );
    await both(async (stable) => stable.tag({ [tag]: await stable.push(version('0-0.nightly')) }));
    await pair.phase(config, tag, 'Failed');
    await pair.alike('after the failure');
  });

  it('upgrades from releases of another Stable stream, by patch and by minor', async () => {
    const { pair, config, both } = await stablePair((id) => ({
      aws: job(`${id}-aws`),
      upgrade: job(`${id}-upgrade`, { upgrade: true, optional: true }),
      minor: job(`${id}-minor`, { upgrade: true, upgradeFrom: 'PreviousMinor', maxRetries: 1 }),
    }));
    const minor = 200 + 2 * Number(pair.id.slice(1));
    const accepted = [`4.${minor - 1}.3`, `4.${minor - 1}.12`, `4.${minor}.0-rc.1`, `4.${minor}.1`];
    await pair.both((scene) => createPastStream(scene, { name: '4-past', to: '4-past', stable: true, accepted }));
    const tag = `4.${minor}.2`;
    await pair.both((scene) => scene.orderProwJobs([{ job: `^${pair.id}-minor$`, outcomes: ['failure', 'success'] }]));
    await both(async (stable) => stable.tag({ [tag]: await stable.push(tag) }));
    await pair.phase(config, tag, 'Accepted');
    await pair.alike('after the verdict');
  });
});
