import { describe, expect, test } from 'vitest';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import { stableActivities } from '../../../activities/kubernetes/stable-activities.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream, NamedTagEventList, TagReference } from '../../../domain/payload/kinds.ts';
import { pushImage } from '../../../infra/oci/push.ts';
import { internalRepository } from '../../../infra/sandbox/images/stream-names.ts';
import { digest, noon, releaseCluster, type ReleaseCluster } from './release-cluster.ts';

const config = JSON.stringify({ name: '4-stable', as: 'Stable' });
const from = { kind: 'DockerImage', name: 'quay.example/release:x' };
const tagOf = (name: string, annotations: Record<string, string> = {}, generation = 1): TagReference => ({
  name,
  from,
  annotations,
  generation,
});

async function stable(specTags: TagReference[], tags: NamedTagEventList[] = [], text = config) {
  const cluster = await releaseCluster();
  await cluster.stream('4-stable', { annotations: { [annotation.config]: text, [annotation.hasReleases]: 'true' }, specTags, tags });
  const id = { namespace: cluster.namespace, name: '4-stable' };
  return { cluster, id, ...stableActivities(cluster.dependencies) };
}

const tagsOf = async (cluster: ReleaseCluster) => (await cluster.readStream('4-stable')).spec?.tags ?? [];

describe('adoption', () => {
  test.concurrent('is one write; done again it finds nothing to do', async () => {
    const foreign = [tagOf('latest'), tagOf('4.4.0', { [annotation.source]: 'ocp/other' })];
    const { cluster, id, adoptTags } = await stable([...foreign, tagOf('4.5.1'), tagOf('4.5.0')]);
    const untouched = (await tagsOf(cluster)).slice(0, 2);
    await adoptTags(id, noon);
    const { metadata, spec } = await cluster.readStream('4-stable');
    expect(spec?.tags?.slice(0, 2)).toEqual(untouched);
    expect(spec?.tags?.slice(2).map(({ name, annotations }) => [name, annotations])).toEqual(
      ['4.5.1', '4.5.0'].map((name) => [
        name,
        {
          [annotation.name]: '4-stable',
          [annotation.source]: `${cluster.namespace}/4-stable`,
          [annotation.creationTimestamp]: '2025-06-01T12:00:00Z',
          [annotation.phase]: 'Pending',
        },
      ]),
    );
    await adoptTags(id, noon + 60_000);
    expect((await cluster.readStream('4-stable')).metadata.resourceVersion).toBe(metadata.resourceVersion);
  });

  test.concurrent('by several at once gives each tag one identity', async () => {
    const { cluster, id, adoptTags } = await stable([tagOf('4.5.1'), tagOf('next')]);
    await Promise.all([0, 1, 2, 3].map((second) => adoptTags(id, noon + second * 1000)));
    await adoptTags(id, noon);
    const tags = await tagsOf(cluster);
    expect(tags.map(({ name }) => name)).toEqual(['4.5.1', '4.5.2']);
    expect(tags.every(({ annotations }) => annotations?.[annotation.phase] === 'Pending')).toBe(true);
  });

  test.concurrent('leaves Integration streams, and what is gone, alone', async () => {
    const { cluster, id, adoptTags } = await stable([tagOf('4.5.1')], [], JSON.stringify({ name: '4-stable', to: '4-stable' }));
    const before = await tagsOf(cluster);
    await adoptTags(id, noon);
    await adoptTags({ ...id, name: 'nothing' }, noon);
    expect(await tagsOf(cluster)).toEqual(before);
  });
});

describe('the image of a release', () => {
  const own =
    (annotations: Record<string, string> = {}, generation = 1) =>
    (namespace: string) =>
      tagOf(
        '4.5.1',
        { [annotation.name]: '4-stable', [annotation.source]: `${namespace}/4-stable`, [annotation.phase]: 'Pending', ...annotations },
        generation,
      );

  async function pushed(make: ReturnType<typeof own>, location: string | ((cluster: ReleaseCluster) => Promise<string>), generation = 1) {
    const scene = await stable([]);
    const { cluster } = scene;
    const dockerImageReference = typeof location === 'string' ? location : await location(cluster);
    const tag = { ...make(cluster.namespace), from: { kind: 'DockerImage', name: dockerImageReference } };
    await cluster.change<ImageStream>(imageStreams, cluster.namespace, '4-stable', (stream) => ({
      ...stream,
      spec: { ...stream.spec, tags: [tag] },
    }));
    const image = /sha256:.*$/.exec(dockerImageReference)?.[0] ?? '';
    await cluster.importInto('4-stable', [
      { tag: '4.5.1', items: [{ created: '2025-06-01T11:00:00Z', dockerImageReference, image, generation }] },
    ]);
    const release = { namespace: cluster.namespace, tag: '4.5.1', target: '4-stable' };
    return {
      ...scene,
      prepare: () => scene.prepareRelease(release),
      rewrite: async () => (await tagsOf(cluster))[0]?.annotations?.[annotation.rewrite],
    };
  }

  const image = (label?: string) => async (cluster: ReleaseCluster) => {
    const [registry, path] = [cluster.stack.registry, `${cluster.namespace}/incoming`];
    const labels = label === undefined ? {} : { 'io.openshift.release': label };
    return `${registry}/${path}@${await pushImage(registry, path, 'x', { files: { label: label ?? '' }, labels })}`;
  };

  test.concurrent.each([
    ['4.5.1', 'false'],
    ['4.5.1-rc.0', 'true'],
    [undefined, 'true'],
  ])('labelled %s: rewrite is %s', async (label, wanted) => {
    const { prepare, rewrite } = await pushed(own(), image(label));
    expect([await prepare(), await rewrite()]).toEqual([{ kind: 'ready' }, wanted]);
    expect(await prepare()).toEqual({ kind: 'ready' });
  });

  test.concurrent('in the registry of the cluster is asked for where everybody can reach it', async () => {
    const { prepare, rewrite } = await pushed(own(), async (cluster) => {
      const path = `${cluster.namespace}/4-stable`;
      const made = await pushImage(cluster.stack.registry, path, '4.5.1', { files: {}, labels: { 'io.openshift.release': '4.5.1' } });
      return `${internalRepository(cluster.namespace, '4-stable')}@${made}`;
    });
    expect([await prepare(), await rewrite()]).toEqual([{ kind: 'ready' }, 'false']);
  });

  test.concurrent('that was pushed over is looked at again; what was said to be rewritten stays so', async () => {
    const outdated = { [annotation.hash]: '4.5.1-1', [annotation.rewrite]: 'false' };
    const again = await pushed(own(outdated, 2), image('4.5.1-rc.0'), 2);
    expect([await again.prepare(), await again.rewrite()]).toEqual([{ kind: 'ready' }, 'true']);
    const ordered = await pushed(own({ ...outdated, [annotation.rewrite]: 'true' }, 2), 'nowhere.invalid/x@sha256:1', 2);
    expect(await ordered.prepare()).toEqual({ kind: 'ready' });
  });

  test.concurrent('that is not imported yet: importing, and nothing is asked', async () => {
    const { prepare, rewrite } = await pushed(own({}, 2), 'nowhere.invalid/x@sha256:1', 1);
    expect([await prepare(), await rewrite()]).toEqual([{ kind: 'importing', why: 'its image has not been imported yet' }, undefined]);
  });

  test.concurrent('that can not be had: blocked in the words of release-controller', async () => {
    const missing = await pushed(own(), async (cluster) => `${cluster.stack.registry}/${cluster.namespace}/none@${digest('none')}`);
    expect(await missing.prepare()).toMatchObject({
      kind: 'blocked',
      problem: {
        reason: 'UnableToProcessRelease',
        message: expect.stringMatching(/^could not fetch Docker image metadata for release 4\.5\.1: GET http:.*: 404$/),
      },
    });
    const unreadable = await pushed(own(), 'not an image');
    expect(await unreadable.prepare()).toMatchObject({
      problem: { message: 'malformed Docker image metadata on ImageStreamTag: "not an image" names no image of a registry by digest' },
    });
  });

  test.concurrent('of a tag that is gone: gone', async () => {
    const { prepareRelease, id } = await stable([]);
    expect(await prepareRelease({ namespace: id.namespace, tag: '4.5.1', target: '4-stable' })).toEqual({ kind: 'gone' });
  });
});
