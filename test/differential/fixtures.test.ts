import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, it } from 'vitest';
import { imageStreams, namespaces } from '../../activities/kubernetes/resources.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { StableScene } from '../support/stable-scene.ts';
import { createPastStream, withAcceptedReleases, type PastStream } from './background.ts';
import { Pair } from './pair.ts';
import { bothSides, twice } from './scenes.ts';

const folder = process.env['WAYBILL_FIXTURES'] ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'fixtures', 'release-configs');
const fixtures = ['ocp-4.2', 'okd-4.1', 'ocp-4.10', 'release-okd-scos-4.20', 'release-ocp-4.20-ci', 'release-ocp-4.20'];
const { scenes } = bothSides({ scenes: fixtures.length + 2 });

/** Made once, since upgrade jobs start from Stable releases of any namespace, and of equal ones anybody may take any. */
beforeAll(async () => {
  const versions = ['4.1.0', '4.2.0', '4.9.3', '4.9.12'];
  for (const scene of await scenes()) await createPastStream(scene, { name: '4-stable', to: '4-stable', stable: true, accepted: versions });
});

describe.concurrent('real release configs', twice, () => {
  it.for(fixtures)('%s', async (fixture, { skip }) => {
    const config = await configOf(fixture);
    if (config === undefined) return skip(missing(fixture));
    const [upstream, here] = await scenes();
    const source = `${fixture}-input`;
    const past = pastStreams(config);
    const pair = new Pair(upstream, here, [config, ...past.map(({ name, to }) => ({ name, to }))], { [config.name]: source });
    await pair.both(async (scene) => {
      for (const stream of past) await createPastStream(scene, stream);
      // Without a release before it a blocking upgrade job would keep the others undecided for ever (P8).
      await withAcceptedReleases(scene, config, source, [`${config.name}-2026-01-01-000000`]);
      await scene.createStream(config, { source });
    });
    await pair.phase(config, 2, 'Accepted');
    await pair.alike('after the verdict');
  });

  it('release-ocp-4.y-stable', async ({ skip }) => {
    const read = await configOf('release-ocp-4.y-stable');
    if (read === undefined) return skip(missing('release-ocp-4.y-stable'));
    const [upstream, here] = await scenes();
    const config = { ...read, to: read.name };
    const pair = new Pair(upstream, here, [config]);
    const tag = '4.10.2';
    await pair.both(async (scene) => {
      await createCliImage(scene);
      await createPastStream(scene, { name: '4-past', to: '4-past', stable: true, accepted: ['4.9.5', '4.10.0', '4.10.1'] });
      const stable = new StableScene(scene, config);
      await stable.create();
      await stable.tag({ [tag]: await stable.push('4.10.0-0.nightly-2026-01-01-000000') });
    });
    await pair.phase(config, tag, 'Accepted');
    await pair.alike('after the verdict');
  });
});

const missing = (fixture: string) => `there is no ../shared/fixtures/release-configs/${fixture}.json`;

/** The image with `oc` that the config of Stable releases names. */
async function createCliImage({ plant }: ReleaseScene): Promise<void> {
  await plant.ensure(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ocp' } });
  await plant.ensure(imageStreams, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace: 'ocp', name: '4.19' },
    spec: { lookupPolicy: { local: false }, tags: [{ name: 'cli', from: { kind: 'DockerImage', name: 'quay.io/scene/cli:build-1' } }] },
  } as ImageStream);
}

/** Without blanks, as it stands in an annotation, since it is limited to 16 KiB. */
async function configOf(fixture: string): Promise<SceneConfig | undefined> {
  const text = await readFile(join(folder, `${fixture}.json`), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as SceneConfig);
}

/** Integration streams that the config's upgrade jobs start from. */
function pastStreams({ verify = {}, to }: SceneConfig): PastStream[] {
  const candidates = Object.values(verify).flatMap(({ upgradeFromRelease }) => upgradeFromRelease?.candidate ?? []);
  const names = new Set(candidates.map(({ stream, version }) => `${version}.0-0.${stream}${to.replace(/^release/, '')}`));
  return [...names].map((name) => ({ name, to, accepted: [`${name}-2026-01-01-000000`, `${name}-2026-01-02-000000`] }));
}
