import { describe, expect, it } from 'vitest';
import { annotation } from '../../domain/payload/annotations.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import { expectAudited, expectRelease } from '../support/release-expectations.ts';
import { releasePlant } from '../support/release-plant.ts';

const minutes = 60_000;

/* Ours is the worker's clock; the played Prow, kubelet and image import have another one, and that of the API server lies between. */
describe.each([
  { clock: 'four minutes behind ours', workerMs: 2 * minutes, sandboxMs: -2 * minutes },
  { clock: 'four minutes ahead of ours', workerMs: -2 * minutes, sandboxMs: 2 * minutes },
])('where the clock of those who run jobs is $clock, and that of the API server two', ({ workerMs, sandboxMs }) => {
  const plant = releasePlant({ scenes: 1, clocks: { workerMs, sandboxMs } });

  it(
    'Given a stream, when an image changes, then a release with a retry and one with an upgrade are accepted and signed, each job run as often as it should',
    { timeout: 180_000 },
    async () => {
      const scene = await plant().scene();
      const config: SceneConfig = {
        name: `4.20.0-0.${scene.id}`,
        to: 'release',
        expires: '72h',
        minCreationIntervalSeconds: 1,
        verify: {
          flaky: { maxRetries: 2, prowJob: { name: `${scene.id}-flaky` } },
          upgrade: { upgrade: true, upgradeFrom: 'Previous', optional: true, prowJob: { name: `${scene.id}-upgrade` } },
          agg: { prowJob: { name: `${scene.id}-agg` }, aggregatedProwJob: { analysisJobCount: 2 } },
        },
      };
      await scene.orderProwJobs([{ job: `^${scene.id}-flaky$`, outcomes: ['failure', 'success'] }]);
      await scene.createStream(config);
      const first = await scene.release(config);
      await scene.phase(config, first, 'Accepted');
      const names = (await scene.prowJobs(first)).map(({ metadata }) => metadata.name);
      const runs = ['agg-aggregator', 'agg-analysis-0', 'agg-analysis-1', 'flaky', 'flaky-1'];
      expect(names.toSorted()).toEqual(runs.map((run) => `${first}-${run}`));
      const expected = { scene, config, source: config.name, clockMs: workerMs };
      await expectAudited({ ...expected, tag: first });

      await scene.orderProwJobs([]);
      await scene.changeImage(config.name, 2);
      const second = await scene.release(config, 2);
      await expectRelease({ ...expected, tag: second, from: { upgrade: first } });
      expect((await scene.tags(config)).map(({ name, annotations }) => [name, annotations?.[annotation.phase]])).toEqual([
        [first, 'Accepted'],
        [second, 'Accepted'],
      ]);
    },
  );
});
