import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFailed } from 'vitest';
import { readGraph } from '../../activities/kubernetes/graph-secret.ts';
import { imageStreams, jobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { RepositoryClient } from '../../activities/registry-client.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, Job, ReleasePayload } from '../../domain/payload/kinds.ts';
import { ObjectLog } from '../support/object-log.ts';
import { pastRelease, rejectedPayload } from '../support/past-releases.ts';
import { randomFrom } from '../support/random.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import { releasePlant } from '../support/release-plant.ts';
import { copies, copyCredentials, jobAndMirror, testedUpgrade } from '../support/upkeep.ts';

const kills = 6;
const seed = Number(process.env['WAYBILL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const plant = releasePlant({ scenes: 1, env: { WAYBILL_REIMPORT_INTERVAL: '5s', WAYBILL_MIRROR_CLEANUP_DRY_RUN: 'false' } });
const numbered = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name}-${index}`);

it(
  `Given seventy releases whose time is over, when the worker is killed ${kills} times while it cleans up after them, then those and what hung on them go, and nothing else; what failed is imported, and every upgrade is known once (WAYBILL_TEST_SEED=${seed})`,
  { timeout: 360_000 },
  async () => {
    const random = randomFrom(seed);
    const scene = await plant().scene();
    const { namespace } = scene;
    const path = `${namespace}/copies`;
    const repository = `${plant().servers.env['WAYBILL_REGISTRY']}/${path}`;
    const config: SceneConfig = { name: `4.20.0-0.nightly-${scene.id}`, to: 'release', verify: {}, alternateImageRepository: repository };
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
    const stay = [...accepted, ...pinned].map(({ name }) => name);
    const built = [...stay, ...over.slice(0, 30).map(({ name }) => name)];
    await Promise.all(built.map((name) => jobAndMirror(scene, config, name)));
    await copyCredentials(scene);
    await copies(scene, path, [...stay, ...numbered(60, 'of-nobody')]);

    const log = new ObjectLog(scene.kubernetes);
    await log.follow(jobs, plant().jobNamespace);
    await log.follow(imageStreams, namespace);
    await scene.orderImports([{ repository: 'scene/late', outcome: 'fail', message: 'no such image' }]);
    await scene.createStream(
      { name: `4.21.0-0.late-${scene.id}`, to: 'nowhere' },
      { source: 'late', images: ['late'], withoutTarget: true },
    );
    await scene.createStream(config);

    const timeline: string[] = [];
    onTestFailed(() => console.error(timeline.join('\n')));
    const upgrades: string[] = [];
    for (let count = 0; count < kills; count += 1) {
      for (const from of numbered(3, `4.19.${count}`)) upgrades.push(await testedUpgrade(scene, from, `4.20.${count}`));
      await plant().temporal.schedule.getHandle('mirror-cleanup').trigger();
      await pause(random() ** 2 * 2_000);
      if (count === kills / 2) await scene.orderImports([]);
      const [tags, left] = [await scene.tags(config), await new RepositoryClient(repository).tags()];
      timeline.push(`killed with ${tags.length} tags and ${left.length} copies left`);
      await plant().worker.kill();
      await plant().worker.start();
    }
    await plant().temporal.schedule.getHandle('mirror-cleanup').trigger();

    const overdue = new Set(over.map(({ name }) => name));
    await scene.until('the seventy to be gone', async () => (await scene.tags(config)).every(({ name }) => !overdue.has(name)));
    const next = await scene.release(config, stay.length + 1);
    await scene.phase(config, next, 'Accepted');
    expect((await scene.tags(config)).map(({ name }) => name)).toEqual([...stay, next].toSorted());

    await scene.until('their payloads, jobs and mirrors to be gone', async () => {
      const payloads = (await scene.kubernetes.list<ReleasePayload>(releasePayloads, namespace)).items;
      const made = (await scene.kubernetes.list<Job>(jobs, plant().jobNamespace)).items;
      const streams = (await scene.kubernetes.list<ImageStream>(imageStreams, namespace)).items;
      const names = [...payloads, ...made, ...streams].map(({ metadata }) => metadata.name.replace(/^mirror-/, ''));
      return names.every((name) => !overdue.has(name));
    });
    const gone = over.slice(0, 30).flatMap(({ name }) => [`ImageStream/mirror-${name}`, `Job/${name}`]);
    expect(log.deleted.toSorted()).toEqual(gone.toSorted());
    expect(log.repeated()).toEqual([]);

    await scene.until('the copies of nobody to be gone', async () => {
      const left = await new RepositoryClient(repository).tags();
      return left.every((tag) => !tag.startsWith('of-nobody')) && left;
    });
    expect(await new RepositoryClient(repository).tags()).toEqual(expect.arrayContaining(stay));
    await scene.imported('late', 1, 'late');

    const edges = await scene.until('every upgrade in the graph', async () => {
      const { graph } = await readGraph(scene.kubernetes, namespace);
      const known = graph.records().flatMap(({ results }) => results);
      return known.length >= upgrades.length && known;
    });
    expect(edges.map(({ url }) => url).toSorted()).toEqual(upgrades.toSorted());
    log.stop();
  },
);
