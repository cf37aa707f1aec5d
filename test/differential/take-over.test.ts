import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { imageStreams, jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import type { Phase } from '../../domain/payload/kinds.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import { expectContinuable } from '../support/hand-back.ts';
import { ObjectLog } from '../support/object-log.ts';
import { randomFrom } from '../support/random.ts';
import { definitionsOf, type SceneConfig, type SceneEntry } from '../support/release-configs.ts';
import { expectedRuns } from '../support/release-expectations.ts';
import { buildPlant, type ReleasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { testStack } from '../support/stack.ts';
import { frontOf, type Front } from './front.ts';
import { nudged, PeerPlant } from './peer-plant.ts';
import { foundPeers } from './two-plants.ts';

/*
 * One cluster, which release-controller and Waybill drive in turn: whoever comes second finishes what the first had begun,
 * wherever that was killed.
 */

const rounds = 2;
const seed = Number(process.env['WAYBILL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const never = 86_000;
let others: PeerPlant;
let ours: ReleasePlant;
let front: Front;

beforeAll(async () => {
  const { freshName, home, env } = testStack();
  const { home: theirHome, kubeconfig, registry } = inject('peerCluster');
  const kubernetes = KubernetesClient.connect(kubeconfig);
  front = await frontOf(theirHome, kubeconfig);
  const settings = { ...env(), WAYBILL_KUBECONFIG: front.kubeconfig, WAYBILL_REGISTRY: registry };
  const options = { scenes: 2 * rounds, patienceMs: 240_000 };
  ours = await buildPlant(freshName('turn'), { home, kubernetes, env: settings }, options);
  others = new PeerPlant({ home: theirHome, kubernetes, env: settings }, { ...options, ours, peers: foundPeers() });
  await others.prepare();
  await others.sandbox.start();
});
afterAll(async () => {
  await Promise.all([others?.stop(), ours?.stop()]);
  await front?.stop();
});

const job = (name: string, more: Partial<SceneEntry> = {}): SceneEntry => ({ prowJob: { name }, ...more });

interface Begun {
  config: SceneConfig;
  phase: Phase;
  /** names of its runs beside the first ones, after the tag */
  retries?: string[];
}

/** Half a dozen streams whose first releases are in different states when somebody is killed. */
function streamsOf({ id }: ReleaseScene): Begun[] {
  const config = (stream: string, verify: Record<string, SceneEntry>, more: Record<string, unknown> = {}): SceneConfig => ({
    name: `4.20.0-0.${stream}${id}`,
    to: `release-${stream}`,
    verify,
    ...more,
  });
  const name = (stream: string) => `${id}-${stream}`;
  return [
    { config: config('quick', { aws: job(name('quick')) }), phase: 'Accepted' },
    { config: config('building', { aws: job(name('building')) }), phase: 'Accepted' },
    {
      config: config(
        'copied',
        { aws: job(name('copied')) },
        { alternateImageRepository: 'quay.io/elsewhere/release', alternateImageRepositorySecretName: 'x' },
      ),
      phase: 'Accepted',
    },
    {
      config: config('verifying', { aws: job(name('aws')), gcp: job(name('gcp'), { maxRetries: 1 }), azure: job(name('azure')) }),
      phase: 'Accepted',
      retries: ['-gcp-1'],
    },
    { config: config('rejected', { aws: job(name('aws')), gcp: job(name('bad')) }), phase: 'Rejected' },
    { config: config('failed', { aws: job(name('aws')) }), phase: 'Failed' },
    {
      config: config('judged', {
        'aggregated-aws-ovn-upgrade-4.20-micro': job(name('judged'), { aggregatedProwJob: { analysisJobCount: 3 } }),
      }),
      phase: 'Accepted',
    },
  ];
}

const ordered = (id: string, slow: boolean) => [
  { job: `^${id}-gcp$`, outcomes: ['failure', 'success'], seconds: 1 },
  { job: `^${id}-bad$`, outcomes: ['failure'] },
  { job: `^${id}-(azure|judged)$`, seconds: slow ? never : 0 },
];

async function begin(scene: ReleaseScene, streams: readonly Begun[]): Promise<void> {
  await scene.orderProwJobs(ordered(scene.id, true));
  await orderBuilds(scene, true);
  for (const { config } of streams) {
    // Each side reads job definitions from a place of its own.
    for (const plant of [ours, others]) await plant.define(`${scene.id}-${config.to}.yaml`, definitionsOf(config));
    await scene.createStream(config, { definitions: [] });
  }
}

/** What took long ends now. */
async function letEnd(scene: ReleaseScene): Promise<void> {
  await scene.orderProwJobs(ordered(scene.id, false));
  await orderBuilds(scene, false);
}

async function orderBuilds(scene: ReleaseScene, slow: boolean): Promise<void> {
  await scene.orderReleaseJobs([
    { job: `^4.20.0-0.failed${scene.id}-`, outcomes: ['failure'], skipBackoff: true },
    { job: `^4.20.0-0.building${scene.id}-`, seconds: slow ? never : 0 },
  ]);
}

async function followed(scene: ReleaseScene): Promise<ObjectLog> {
  const log = new ObjectLog(scene.kubernetes);
  await log.follow(prowJobs, scene.plant.prowNamespace);
  await log.follow(jobs, scene.plant.jobNamespace);
  await log.follow(releasePayloads, scene.namespace);
  await log.follow(imageStreams, scene.namespace);
  return log;
}

/** Release tags by stream, as they are now. */
async function tagsOf(scene: ReleaseScene, streams: readonly Begun[]): Promise<string[][]> {
  return Promise.all(streams.map(async ({ config }) => (await scene.tags(config)).map(({ name }) => name)));
}

/** Every object is there once, under the name that it must have; nothing was deleted; nobody was renamed. */
async function expectNothingTwice(scene: ReleaseScene, streams: readonly Begun[], before: string[][], log: ObjectLog): Promise<void> {
  const after = await tagsOf(scene, streams);
  expect(after.map((tags) => tags.length)).toEqual(streams.map(() => 1));
  for (const [index, tags] of before.entries()) expect(after[index]).toEqual(expect.arrayContaining(tags));
  expect(log.deleted.filter((name) => name.includes(scene.id))).toEqual([]);
  expect(log.repeated()).toEqual([]);
  for (const [index, { config, phase, retries = [] }] of streams.entries()) {
    const tag = after[index]?.[0] ?? '';
    const runs = phase === 'Failed' ? [] : expectedRuns({ scene, config, source: config.name, tag }).map(({ name }) => name);
    const names = log.names('ProwJob').filter((name) => name.startsWith(tag));
    expect(names).toEqual([...runs, ...retries.map((retry) => `${tag}${retry}`)].toSorted());
    const copy = config['alternateImageRepository'] === undefined ? [] : [`${tag}-alternate-mirror`];
    expect(log.names('Job').filter((name) => name.startsWith(tag))).toEqual([tag, ...copy]);
  }
  expect(log.names('ReleasePayload')).toEqual(after.flat().toSorted());
  const streamsAndMirrors = streams.flatMap(({ config }, index) => [
    config.name,
    config.to,
    scene.mirrorOf(config, after[index]?.[0] ?? ''),
  ]);
  expect(log.names('ImageStream').filter((name) => name !== nudged)).toEqual(streamsAndMirrors.toSorted());
}

/** The releases that have no verdict yet. */
async function undecided(scene: ReleaseScene, tags: readonly string[]): Promise<string[]> {
  const phases = await Promise.all(tags.map(async (tag) => [tag, await scene.payload(tag).then(payloadPhase, () => 'Pending')] as const));
  return phases.flatMap(([tag, phase]) => (phase === 'Pending' || phase === 'Ready' ? [tag] : []));
}

/** Waits for the verdict that the payload must have. */
async function decided(scene: ReleaseScene, { config, phase }: Begun): Promise<string> {
  const tag = await scene.release(config);
  await scene.payloadWhen(tag, `to be ${phase}`, (payload) => payloadPhase(payload) === phase);
  return tag;
}

describe('in turn', () => {
  const numbers = Array.from({ length: rounds }, (_, index) => index);

  it.for(numbers)(
    `release-controller is killed, Waybill finishes (round %i, WAYBILL_TEST_SEED=${seed})`,
    { timeout: 600_000 },
    async (round) => {
      const scene = await others.scene();
      const streams = streamsOf(scene);
      const log = await followed(scene);
      await others.startPrograms();
      await begin(scene, streams);
      await delay(randomFrom(seed + round)() * 30_000);
      await others.killPrograms();
      const before = await tagsOf(scene, streams);
      const left = await undecided(scene, before.flat());

      await ours.worker.start();
      await letEnd(scene);

      for (const stream of streams) {
        const tag = await decided(scene, stream);
        await scene.phase(stream.config, tag, stream.phase);
      }
      await ours.worker.kill();
      log.stop();
      await expectNothingTwice(scene, streams, before, log);
      for (const { config } of streams) {
        const tag = await scene.release(config);
        // What had its verdict is not ours: of two conditions that two controllers write one may be missing.
        if (!before.flat().includes(tag) || left.includes(tag)) await expectContinuable(scene, config, config.name, tag);
      }
    },
  );

  it.for(numbers)(
    `Waybill is killed, release-controller finishes (round %i, WAYBILL_TEST_SEED=${seed})`,
    { timeout: 600_000 },
    async (round) => {
      const scene = await others.scene();
      const streams = streamsOf(scene);
      const log = await followed(scene);
      await ours.worker.start();
      await begin(scene, streams);
      await delay(randomFrom(seed + 100 + round)() * 10_000);
      await ours.worker.kill();
      const before = await tagsOf(scene, streams);

      await others.startPrograms();
      await letEnd(scene);

      for (const stream of streams) await decided(scene, stream);
      await others.killPrograms();
      log.stop();
      await expectNothingTwice(scene, streams, before, log);
    },
  );
});
