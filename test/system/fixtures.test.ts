import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import type { SceneConfig } from '../support/release-configs.ts';
import { expectRelease } from '../support/release-expectations.ts';
import { releasePlant } from '../support/release-plant.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'fixtures', 'release-configs');
const fixtures = ['release-ocp-4.20', 'release-ocp-4.20-ci', 'ocp-4.10', 'ocp-4.2', 'okd-4.1', 'release-okd-scos-4.20'];
const plant = releasePlant();

describe.concurrent('real release configs', () => {
  it.for(fixtures)('%s goes from changed images to an accepted and audited release', { timeout: 180_000 }, async (fixture, { skip }) => {
    const config = await read(fixture);
    if (config === undefined) return skip(`there is no ../shared/fixtures/release-configs/${fixture}.json`);
    const scene = await plant().scene();
    for (const name of companions(config)) await scene.createEmptyStream(name, config.to);
    const source = `${fixture}-input`;
    await scene.createStream(config, { source });
    await expectRelease({ scene, config, source, tag: await scene.release(config) });
  });
});

/** Without blanks, as it stands in an annotation, since it is limited to 16 KiB. */
async function read(fixture: string): Promise<SceneConfig | undefined> {
  const text = await readFile(join(folder, `${fixture}.json`), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as SceneConfig);
}

/** Streams that the config's upgrade jobs start from. */
function companions({ verify = {}, to }: SceneConfig): string[] {
  const candidates = Object.values(verify).flatMap(({ upgradeFromRelease }) => upgradeFromRelease?.candidate ?? []);
  return [...new Set(candidates.map(({ stream, version }) => `${version}.0-0.${stream}${to.replace(/^release/, '')}`))];
}
