import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import type { SceneConfig } from '../support/release-configs.ts';
import { createPastStream, withAcceptedReleases, type PastStream } from './background.ts';
import { Pair } from './pair.ts';
import { bothSides } from './scenes.ts';

const folder = process.env['WAYBILL_FIXTURES'] ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'fixtures', 'release-configs');
const fixtures = ['ocp-4.2', 'okd-4.1', 'ocp-4.10', 'release-okd-scos-4.20', 'release-ocp-4.20-ci', 'release-ocp-4.20'];
const { scenes } = bothSides({ scenes: fixtures.length });

describe.concurrent('real release configs', () => {
  it.for(fixtures)('%s', async (fixture, { skip }) => {
    const config = await read(fixture);
    if (config === undefined) return skip(`there is no ../shared/fixtures/release-configs/${fixture}.json`);
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
});

/** Without blanks, as it stands in an annotation, since it is limited to 16 KiB. */
async function read(fixture: string): Promise<SceneConfig | undefined> {
  const text = await readFile(join(folder, `${fixture}.json`), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as SceneConfig);
}

/** Streams that the config's upgrade jobs start from. */
function pastStreams({ verify = {}, to }: SceneConfig): PastStream[] {
  const candidates = Object.values(verify).flatMap(({ upgradeFromRelease }) => upgradeFromRelease?.candidate ?? []);
  const names = new Set(candidates.map(({ stream, version }) => `${version}.0-0.${stream}${to.replace(/^release/, '')}`));
  return [
    { name: '4-stable', to: '4-stable', stable: true, accepted: ['4.1.0', '4.2.0', '4.9.3', '4.9.12'] },
    ...[...names].map((name) => ({ name, to, accepted: [`${name}-2026-01-01-000000`, `${name}-2026-01-02-000000`] })),
  ];
}
