import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { imageStreams, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, ReleasePayload } from '../../domain/payload/kinds.ts';
import { pastRelease, rejectedPayload } from '../support/past-releases.ts';
import { randomFrom } from '../support/random.ts';
import { releasePlant } from '../support/release-plant.ts';

const seed = Number(process.env['WAYBILL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const plant = releasePlant({ scenes: 1 });

it(
  `Given seventy releases whose time is over, when the worker is killed while it removes them, then those and their payloads go, and no other (WAYBILL_TEST_SEED=${seed})`,
  { timeout: 240_000 },
  async () => {
    const random = randomFrom(seed);
    const scene = await plant().scene();
    const { namespace } = scene;
    const config = { name: `4.20.0-0.nightly-${scene.id}`, to: 'release', verify: {} };
    const accepted = [1, 2, 3].map((hours) => pastRelease(scene, config, 'Accepted', hours));
    const pinned = [4, 5].map((hours) => pastRelease(scene, config, 'Failed', hours, { [annotation.keep]: '' }));
    const over = Array.from({ length: 70 }, (_, index) => pastRelease(scene, config, index % 2 === 0 ? 'Failed' : 'Rejected', 10 + index));
    await scene.plant.ensure(imageStreams, {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { name: config.to, namespace, annotations: { [annotation.hasReleases]: 'true' } },
      spec: { tags: [...accepted, ...pinned, ...over] },
    } as ImageStream);
    // The even ones failed, the odd ones were rejected, and have their payloads still.
    await Promise.all(over.filter((_, index) => index % 2 === 1).map(({ name }) => rejectedPayload(scene, config, name)));
    await scene.createStream(config);
    for (let kills = 0; kills < 5; kills += 1) {
      await pause(random() * 1_500);
      await plant().worker.kill();
      await plant().worker.start();
    }
    const stay = [...accepted, ...pinned].map(({ name }) => name);
    const overdue = new Set(over.map(({ name }) => name));
    await scene.until('the seventy to be gone', async () => (await scene.tags(config)).every(({ name }) => !overdue.has(name)));
    expect((await scene.tags(config)).map(({ name }) => name)).toEqual(expect.arrayContaining(stay));
    await scene.until('their payloads to be gone', async () => {
      const { items } = await scene.kubernetes.list<ReleasePayload>(releasePayloads, namespace);
      return items.every(({ metadata }) => !overdue.has(metadata.name));
    });
    await scene.phase(config, await scene.release(config, stay.length + 1), 'Accepted');
  },
);
