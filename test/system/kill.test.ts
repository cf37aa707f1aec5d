import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { imageStreams, jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import { freePort } from '../support/free-port.ts';
import { ObjectLog } from '../support/object-log.ts';
import { randomFrom } from '../support/random.ts';
import type { SceneConfig, SceneEntry } from '../support/release-configs.ts';
import { expectAudited, expectedRuns } from '../support/release-expectations.ts';
import { releasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { testStack } from '../support/stack.ts';
import { TestProcess } from '../support/test-process.ts';
import { eventually } from '../support/wait.ts';

const kills = 20;
const seed = Number(process.env['WAYBILL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const plant = releasePlant();
let server: TestProcess;
let serverUrl: string;

beforeAll(async () => {
  const port = await freePort();
  serverUrl = `http://127.0.0.1:${port}`;
  const env = { ...plant().settings, WAYBILL_SERVE_PORT: String(port) };
  server = new TestProcess({
    name: `${plant().name}-server`,
    home: testStack().home,
    script: ['cli/waybill.ts', 'serve'],
    env,
    ready: serverUrl,
  });
  server.launch();
});
afterAll(() => server.kill());

/** 92 entries: a release of real size, whose jobs end one after the other for as long as processes are killed. */
function bigConfig(): SceneConfig {
  const single = Array.from({ length: 90 }, (_, index): [string, SceneEntry] => [
    `entry-${index}x`,
    { prowJob: { name: `job-${index % 10}-${index}` }, ...(index % 4 === 0 ? { maxRetries: 1 } : { optional: true }) },
  ]);
  const aggregated = ['first', 'second'].map((name): [string, SceneEntry] => [
    `aggregated-${name}`,
    { maxRetries: 1, prowJob: { name: `job-4-${name}` }, aggregatedProwJob: { analysisJobCount: 5 } },
  ]);
  return {
    name: '4.20.0-0.killed',
    to: 'release',
    alternateImageRepository: 'quay.io/elsewhere/release',
    verify: Object.fromEntries([...single, ...aggregated]),
    publish: { alias: { tagRef: { name: 'latest' } }, images: { imageStreamRef: { name: 'published' } } },
  };
}

/** How far the release is, for the timeline of a run that fails. */
async function stageOf(scene: ReleaseScene, config: SceneConfig): Promise<string> {
  const [tag] = await scene.tags(config);
  if (tag === undefined) return 'no tag';
  const [payload, runs] = await Promise.all([scene.payload(tag.name).catch(() => undefined), scene.prowJobs(tag.name)]);
  const ended = runs.filter(({ status }) => status?.completionTime !== undefined);
  return `${payload === undefined ? 'no payload' : payloadPhase(payload)}, ${ended.length} of ${runs.length} runs ended`;
}

/** Jobs whose first run fails and that are tried again. */
const flaky = ['job-0-0', 'job-0-20', 'job-0-40', 'job-4-4'];

it(
  `nothing is lost and nothing done twice when worker and server are killed ${kills} times (WAYBILL_TEST_SEED=${seed})`,
  { timeout: 360_000 },
  async () => {
    const random = randomFrom(seed);
    const scene = await plant().scene();
    const config = bigConfig();
    const log = new ObjectLog(scene.kubernetes);
    await log.follow(prowJobs, plant().prowNamespace);
    await log.follow(jobs, plant().jobNamespace);
    await log.follow(releasePayloads, scene.namespace);
    await log.follow(imageStreams, scene.namespace);
    await scene.orderReleaseJobs([{ job: '.', seconds: 2 }]);
    await scene.orderProwJobs([
      { job: `^(${flaky.join('|')})$`, outcomes: ['failure', 'success'], seconds: 3 },
      ...Array.from({ length: 10 }, (_, index) => ({ job: `^job-${index}-`, seconds: index * 2 })),
    ]);

    const timeline: string[] = [];
    onTestFailed(() => console.error(timeline.join('\n')));
    const begun = Date.now();
    await scene.createTarget('published');
    await scene.createStream(config);
    for (let count = 0; count < kills; count += 1) {
      // mostly while it works, sometimes while it starts
      if (random() < 0.8) await plant().worker.works();
      await delay(random() ** 2 * 4_000);
      const victims = [plant().worker, server].filter((_, index) => index === 0 || random() < 0.4);
      const ran = await Promise.all(victims.map((victim) => victim.kill()));
      expect(ran, `all that was killed in round ${count} did run`).toEqual(victims.map(() => true));
      timeline.push(`${Date.now() - begun} ms: ${victims.map(({ name }) => name).join(' and ')} killed; ${await stageOf(scene, config)}`);
      victims.forEach((victim) => victim.launch());
    }

    const tag = await scene.release(config);
    await scene.phase(config, tag, 'Accepted');
    const names = expectedRuns({ scene, config, source: config.name, tag }).map(({ name }) => name);
    const retries = Object.entries(config.verify ?? {}).flatMap(([verify, { prowJob }]) =>
      flaky.includes(prowJob.name) ? [`${tag}-${verify}-1`] : [],
    );
    const { status } = await scene.payloadWhen(tag, 'to have every result', (payload) =>
      (payload.status?.informingJobResults ?? []).every(({ state }) => state === 'Success'),
    );
    const record = await expectAudited({ scene, config, source: config.name, tag });
    await eventually(
      'the server to know the release',
      async () => (await fetch(`${serverUrl}/api/v1/releasestream/${config.name}/latest`)).ok,
    );
    await scene.untilOf(tag, `${tag} to be published`, async () => {
      const [target, images] = await Promise.all([scene.stream('release'), scene.stream('published')]);
      const alias = target.spec?.tags?.find(({ name }) => name === 'latest')?.from?.name;
      return alias === tag && images.metadata.annotations?.[`release.openshift.io/source-${config.name}`] === tag;
    });
    log.stop();

    expect(log.deleted).toEqual([]);
    expect(log.repeated()).toEqual([]);
    expect(log.names('ProwJob')).toEqual([...names, ...retries].toSorted());
    expect(log.names('Job')).toEqual([tag, `${tag}-alternate-mirror`]);
    expect(log.names('ReleasePayload')).toEqual([tag]);
    expect(log.names('ImageStream')).toEqual([config.name, scene.mirrorOf(config, tag), 'published', 'release'].toSorted());
    expect(await scene.tags(config)).toHaveLength(1);
    expect(status?.blockingJobResults?.filter(({ state }) => state !== 'Success')).toEqual([]);
    expect(record.jobs.filter(({ kind }) => kind === 'blocking')).toHaveLength(status?.blockingJobResults?.length ?? 0);
  },
);
