import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFailed } from 'vitest';
import { imageStreams, jobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { ObjectLog } from '../support/object-log.ts';
import { randomFrom } from '../support/random.ts';
import { expectAudited } from '../support/release-expectations.ts';
import { releasePlant } from '../support/release-plant.ts';
import { componentOf, StableScene } from '../support/stable-scene.ts';

const kills = 8;
const seed = Number(process.env['WAYBILL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const plant = releasePlant();

it(
  `three Stable releases, one pushed again, each come to their end once when the worker is killed ${kills} times (WAYBILL_TEST_SEED=${seed})`,
  { timeout: 240_000 },
  async () => {
    const random = randomFrom(seed);
    const scene = await plant().scene();
    const config = { name: '4-stable', to: '4-stable', verify: { aws: { prowJob: { name: 'stable-aws' } } } };
    const stable = new StableScene(scene, config);
    const log = new ObjectLog(scene.kubernetes);
    await log.follow(jobs, plant().jobNamespace);
    await log.follow(releasePayloads, scene.namespace);
    await log.follow(imageStreams, scene.namespace);
    const [imported, rewritten, again] = [stable.version(0), stable.version(1), stable.version(2)];
    await scene.orderReleaseJobs([
      { job: `^${again}$`, seconds: 3_600 },
      { job: '.', seconds: 2 },
    ]);
    await stable.create();
    const [own, other] = [await stable.push(imported), await stable.push(stable.version('0-0.nightly'))];

    const timeline: string[] = [];
    onTestFailed(() => console.error(timeline.join('\n')));
    const begun = Date.now();
    const note = (what: string) => timeline.push(`${Date.now() - begun} ms: ${what}`);
    await stable.tag({ [imported]: own, [rewritten]: other, [again]: await stable.push(again) });
    for (let count = 0; count < kills; count += 1) {
      if (random() < 0.8) await plant().worker.works();
      await delay(random() ** 2 * 3_000);
      if (count === kills / 2) await scene.untilOf(again, 'the first job', () => scene.job(again).catch(() => undefined));
      await plant().worker.kill();
      note('worker killed');
      if (count === kills / 2) {
        // while nobody looks
        await stable.tag({ [again]: await stable.push(again, ['cli'], 2) });
        note(`${again} pushed again`);
      }
      plant().worker.launch();
    }
    await scene.untilOf(again, 'the job of the second push', async () => {
      const [job, tags] = [await scene.job(again).catch(() => undefined), (await scene.stream('4-stable')).spec?.tags];
      const generation = tags?.find(({ name }) => name === again)?.generation;
      return job?.metadata.annotations?.[annotation.generation] === String(generation);
    });
    await scene.orderReleaseJobs([{ job: '.', seconds: 0 }]);
    for (const tag of [again, rewritten, imported]) {
      await scene.phase(config, tag, 'Accepted');
      await expectAudited({ scene, config, source: '4-stable', tag });
    }
    log.stop();

    // only what belonged to the first push is gone
    expect(log.deleted.toSorted()).toEqual([`ImageStream/${again}`, `Job/${again}`]);
    expect(log.repeated().toSorted()).toEqual([`ImageStream/${again}`, `Job/${again}`]);
    expect(log.names('Job')).toEqual([imported, rewritten, again].toSorted());
    expect(log.names('ReleasePayload')).toEqual([imported, rewritten, again].toSorted());
    expect(log.names('ImageStream')).toEqual(['4-stable', imported, rewritten, again].toSorted());
    expect((await stable.image(again)).components).toMatchObject([{ name: 'cli', image: componentOf('cli', 2) }]);
    expect((await stable.image(rewritten)).label).toBe(rewritten);
    expect((await scene.stream('4-stable')).spec?.tags).toHaveLength(3);
  },
);
