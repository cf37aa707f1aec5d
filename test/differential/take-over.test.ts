import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { imageStreams, jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { Phase, TagReference, VerificationJobStatus } from '../../domain/payload/kinds.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import { expectContinuable } from '../support/hand-back.ts';
import { ObjectLog } from '../support/object-log.ts';
import { pastRelease } from '../support/past-releases.ts';
import { randomFrom } from '../support/random.ts';
import { definitionsOf, type SceneConfig, type SceneEntry } from '../support/release-configs.ts';
import { expectedRuns } from '../support/release-expectations.ts';
import { buildPlant, type ReleasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { StableScene } from '../support/stable-scene.ts';
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
  front = await frontOf(theirHome, kubeconfig, registry);
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
  /** an entry whose run outlasts the verdict */
  last?: string;
  /** of a Stable stream: the tag that people give */
  given?: string;
  /** releases that were there before, and those of them that stay */
  past?: { all: TagReference[]; stay: TagReference[] };
}

/** Streams whose releases are in different states when somebody is killed. */
function streamsOf(scene: ReleaseScene): Begun[] {
  const { id } = scene;
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
    {
      config: config('outlasted', { aws: job(name('aws')), last: job(name('last'), { optional: true }) }),
      phase: 'Accepted',
      last: 'last',
    },
    publishing(config('published', { aws: job(name('published')) })),
    aging(scene, config('aging', { aws: job(name('aging')) }, { expires: '24h' })),
    {
      config: { name: '4-stable', to: '4-stable', verify: { aws: job(name('stable')) } },
      phase: 'Accepted',
      given: `4.${100 + Number(id.slice(1))}.0`,
    },
  ];
}

/** Shows what is accepted in two places. */
function publishing(config: SceneConfig): Begun {
  const publish = { latest: { tagRef: { name: 'latest' } }, images: { imageStreamRef: { name: copies } } };
  return { config: { ...config, publish }, phase: 'Accepted' };
}

/** Its target holds releases whose time is over. */
function aging(scene: ReleaseScene, config: SceneConfig): Begun {
  const past = (phase: Phase, ...hours: number[]) => hours.map((each) => pastRelease(scene, config, phase, each));
  const [stay, go] = [past('Accepted', 1, 2, 3, 4, 5), [...past('Accepted', 30, 31), ...past('Rejected', 50, 51)]];
  return { config, phase: 'Accepted', past: { all: [...stay, ...go], stay } };
}

const ordered = (id: string, slow: boolean) => [
  { job: `^${id}-gcp$`, outcomes: ['failure', 'success'], seconds: 1 },
  { job: `^${id}-bad$`, outcomes: ['failure'] },
  { job: `^${id}-(azure|judged|last)$`, seconds: slow ? never : 0 },
];

async function begin(scene: ReleaseScene, streams: readonly Begun[]): Promise<void> {
  await scene.orderProwJobs(ordered(scene.id, true));
  await orderBuilds(scene, true);
  for (const { config, past, given } of streams) {
    // Each side reads job definitions from a place of its own.
    for (const plant of [ours, others]) await plant.define(`${scene.id}-${config.to}.yaml`, definitionsOf(config));
    if (past !== undefined) await createTarget(scene, config.to, past.all);
    if (config['publish'] !== undefined) await createTarget(scene, copies);
    if (given === undefined) await scene.createStream(config, { definitions: [] });
    else await give(new StableScene(scene, config), given);
  }
}

async function createTarget(scene: ReleaseScene, name: string, tags: TagReference[] = []): Promise<void> {
  await scene.createTarget(name);
  const annotations = tags.length === 0 ? {} : { [annotation.hasReleases]: 'true' };
  await scene.change(name, (current) => ({
    ...current,
    metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, ...annotations } },
    spec: { ...current.spec, tags },
  }));
}

/** A release image that bears another name, so that it has to be made anew. */
async function give(stable: StableScene, tag: string): Promise<void> {
  await stable.create();
  await stable.tag({ [tag]: await stable.push(`${tag}-0.nightly`) });
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

const copies = 'copies';

/** Tags of the releases that were begun, by stream, as they are now. */
async function tagsOf(scene: ReleaseScene, streams: readonly Begun[]): Promise<string[][]> {
  return Promise.all(
    streams.map(async ({ config, past }) => {
      const before = new Set(past?.all.map(({ name }) => name));
      return (await scene.tags(config)).map(({ name }) => name).filter((name) => !before.has(name));
    }),
  );
}

const sourcesOf = ({ config, given }: Begun, mirror: string) => [config.name, ...(given === undefined ? [config.to] : []), mirror];
const mirrorOf = (scene: ReleaseScene, { config, given }: Begun, tag: string) => given ?? scene.mirrorOf(config, tag);

/** What follows from a verdict, whoever wrote it: what is published leads to the release, and what is over is gone. */
async function expectFollowed(scene: ReleaseScene, { config, past, last }: Begun, tag: string): Promise<void> {
  if (last !== undefined) {
    const tookIn = (list: VerificationJobStatus[] | null = []) =>
      list?.some(({ ciConfigurationName: entry, state }) => entry === last && state === 'Success') === true;
    await scene.payloadWhen(tag, `to have the result of ${last}`, ({ status }) => tookIn(status?.informingJobResults));
  }
  if (config['publish'] !== undefined) {
    const leads = async () => (await scene.stream(config.to)).spec?.tags?.some(({ name, from }) => name === 'latest' && from?.name === tag);
    await scene.until(`latest to lead to ${tag}`, leads);
    const shows = async () => (await scene.stream(copies)).metadata.annotations?.[`release.openshift.io/source-${config.name}`] === tag;
    await scene.until(`${copies} to show ${tag}`, shows);
  }
  if (past === undefined) return;
  const wanted = JSON.stringify([...past.stay.map(({ name }) => name), tag].toSorted());
  const left = async () => JSON.stringify((await scene.tags(config)).map(({ name }) => name).toSorted()) === wanted;
  await scene.until(`${past.all.length - past.stay.length} old releases to be gone`, left);
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
  const streamsAndMirrors = streams.flatMap((stream, index) => sourcesOf(stream, mirrorOf(scene, stream, after[index]?.[0] ?? '')));
  expect(log.names('ImageStream').filter((name) => name !== nudged)).toEqual([...streamsAndMirrors, copies].toSorted());
}

/** Waits for the verdict that the payload must have. */
async function decided(scene: ReleaseScene, stream: Begun): Promise<string> {
  const { config, phase } = stream;
  const tag = await scene.until(`a release of ${config.name}`, async () => (await tagsOf(scene, [stream]))[0]?.[0]);
  await scene.payloadWhen(tag, `to be ${phase}`, (payload) => payloadPhase(payload) === phase);
  return tag;
}

async function expectGoesOn(scene: ReleaseScene, stream: Begun | undefined, tag: string): Promise<void> {
  if (stream === undefined) return;
  const { config } = stream;
  await expectContinuable(scene, config, config.name, tag, mirrorOf(scene, stream, tag));
}

/** Whoever runs when a test fails must not be in the way of the next one. */
const atTheEnd = () =>
  onTestFinished(async () => {
    await Promise.all([others.killPrograms(), ours.worker.kill()]);
  });

describe('in turn', () => {
  const numbers = Array.from({ length: rounds }, (_, index) => index);

  it.for(numbers)(
    `release-controller is killed, Waybill finishes (round %i, WAYBILL_TEST_SEED=${seed})`,
    { timeout: 600_000 },
    async (round) => {
      atTheEnd();
      const scene = await others.scene();
      const streams = streamsOf(scene);
      const log = await followed(scene);
      await others.startPrograms();
      await begin(scene, streams);
      await delay(randomFrom(seed + round)() * 30_000);
      await others.killPrograms();
      const before = await tagsOf(scene, streams);

      await ours.worker.start();
      await letEnd(scene);

      for (const stream of streams) {
        const tag = await decided(scene, stream);
        await scene.phase(stream.config, tag, stream.phase);
        await expectFollowed(scene, stream, tag);
      }
      await ours.worker.kill();
      log.stop();
      await expectNothingTwice(scene, streams, before, log);
      for (const [index, [tag = '']] of (await tagsOf(scene, streams)).entries()) await expectGoesOn(scene, streams[index], tag);
    },
  );

  it.for(numbers)(
    `Waybill is killed, release-controller finishes (round %i, WAYBILL_TEST_SEED=${seed})`,
    { timeout: 600_000 },
    async (round) => {
      atTheEnd();
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

      for (const stream of streams) await expectFollowed(scene, stream, await decided(scene, stream));
      await others.killPrograms();
      log.stop();
      await expectNothingTwice(scene, streams, before, log);
    },
  );
});
