import { describe, expect, test } from 'vitest';
import type { StreamSurvey } from '../../../activities/contract.ts';
import type { KubernetesClient } from '../../../activities/kubernetes/client.ts';
import { publishActivities } from '../../../activities/kubernetes/publish-activities.ts';
import { imageStreams, namespaces } from '../../../activities/kubernetes/resources.ts';
import { streamActivities } from '../../../activities/kubernetes/stream-activities.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream, TagReference } from '../../../domain/payload/kinds.ts';
import { noon, noonTag, releaseCluster, streamName, type ReleaseCluster } from './release-cluster.ts';

const image = (name: string, build: string): TagReference => ({
  name,
  from: { kind: 'DockerImage', name: `quay.example/${name}:${build}` },
});
const mirrorOf = (tag: string) => `src${tag.slice(streamName.length)}`;
const older = noonTag.replace('120000', '110000');

/** A stream with one accepted release, its mirror, and a destination `4.20` with a tag of its own. */
async function scene(publish: object, more: { mirror?: boolean; destination?: string } = {}) {
  const cluster = await releaseCluster();
  await cluster.source({ publish });
  await cluster.target([accepted(cluster)]);
  if (more.mirror !== false) await cluster.stream(mirrorOf(noonTag), { specTags: [image('cli', 'new'), image('etcd', 'new')] });
  const destination = more.destination ?? '4.20';
  await cluster.stream(destination, { specTags: [image('own', '1'), image('cli', 'old')] });
  return { cluster, destination, id: { namespace: cluster.namespace, name: 'src' } };
}

const accepted = (cluster: ReleaseCluster, name = noonTag, phase = 'Accepted') =>
  cluster.releaseTag(name, { [annotation.phase]: phase, [annotation.hash]: 'x' });

const publishSurvey = async ({ dependencies }: ReleaseCluster, id: { namespace: string; name: string }) =>
  ((await streamActivities(dependencies).surveyStream(id, noon)) as Extract<StreamSurvey, { kind: 'usable' }>).publish;
/** What is asked of the stream, without what imports add to it. */
const ordersOf = ({ metadata, spec }: ImageStream) => [metadata.annotations, spec?.tags?.map(({ generation: _importedAt, ...tag }) => tag)];
const namesAndSources = ({ spec }: ImageStream) => (spec?.tags ?? []).map(({ name, from }) => `${name} ${from?.name}`);

describe('publishing', () => {
  test.concurrent('an alias: the look finds it due, it is written once, and nothing is due any more', async () => {
    const { cluster, id } = await scene({ tag: { tagRef: { name: '4.20' } } });
    expect(await publishSurvey(cluster, id)).toEqual({ release: noonTag, due: ['tag'], errors: [] });
    const { publishRelease } = publishActivities(cluster.dependencies);

    expect(await publishRelease(id)).toEqual({ errors: [], again: false });
    const written = await cluster.readStream('release');
    expect(written.spec?.tags?.at(-1)).toMatchObject({
      name: '4.20',
      from: { kind: 'ImageStreamTag', name: noonTag },
      importPolicy: { importMode: 'PreserveOriginal' },
    });
    expect(await publishSurvey(cluster, id)).toBeUndefined();
    await publishRelease(id);
    expect(ordersOf(await cluster.readStream('release'))).toEqual(ordersOf(written));
  });

  test.concurrent('all images: mark and tags in one write, again when the mark is taken away', async () => {
    const { cluster, id } = await scene({ all: { imageStreamRef: { name: '4.20', excludeTags: ['etcd'] } } });
    const { publishRelease } = publishActivities(cluster.dependencies);
    await publishRelease(id);
    const written = await cluster.readStream('4.20');
    expect(namesAndSources(written)).toEqual(['cli quay.example/cli:new', 'own quay.example/own:1']);
    expect(written.metadata.annotations).toMatchObject({ [`release.openshift.io/source-${streamName}`]: noonTag });
    expect(await publishSurvey(cluster, id)).toBeUndefined();

    await cluster.client.patch(imageStreams, cluster.namespace, '4.20', {
      metadata: { annotations: { [`release.openshift.io/source-${streamName}`]: null } },
    });
    expect(await publishSurvey(cluster, id)).toMatchObject({ due: ['all'] });
  });

  test.concurrent('selected images: again when somebody points one elsewhere', async () => {
    const { cluster, id } = await scene({ some: { imageStreamRef: { name: '4.20', tags: ['cli'] } } });
    const { publishRelease } = publishActivities(cluster.dependencies);
    await publishRelease(id);
    expect(namesAndSources(await cluster.readStream('4.20'))).toEqual(['own quay.example/own:1', 'cli quay.example/cli:new']);
    expect(await publishSurvey(cluster, id)).toBeUndefined();

    await cluster.change<ImageStream>(imageStreams, cluster.namespace, '4.20', (current) => ({
      ...current,
      spec: { ...current.spec, tags: [image('cli', 'edited')] },
    }));
    expect(await publishSurvey(cluster, id)).toMatchObject({ due: ['some'] });
    await publishRelease(id);
    expect(namesAndSources(await cluster.readStream('4.20'))).toEqual(['cli quay.example/cli:new']);
  });

  test.concurrent('follows the newest accepted release, and goes back when that is rejected after all', async () => {
    const { cluster, id } = await scene({ tag: { tagRef: { name: 'latest' } } });
    const { publishRelease } = publishActivities(cluster.dependencies);
    const earlier = cluster.releaseTag(older, { [annotation.phase]: 'Accepted', [annotation.creationTimestamp]: '2025-06-01T11:00:00Z' });
    const set = (...tags: TagReference[]) =>
      cluster.change<ImageStream>(imageStreams, cluster.namespace, 'release', (current) => ({
        ...current,
        spec: { ...current.spec, tags: [...tags, ...(current.spec?.tags ?? []).filter(({ name }) => name === 'latest')] },
      }));
    const points = async () => (await cluster.readTag('latest'))?.from?.name;

    await set(earlier, accepted(cluster));
    await publishRelease(id);
    expect(await points()).toBe(noonTag);
    await set(earlier, accepted(cluster, noonTag, 'Rejected'));
    await publishRelease(id);
    expect(await points()).toBe(older);
  });

  test.concurrent('of a Stable stream takes its newest release by age, and the mirror of that release', async () => {
    const cluster = await releaseCluster();
    const publish = { alias: { tagRef: { name: 'latest' } }, images: { imageStreamRef: { name: '4.20' } } };
    const config = JSON.stringify({ name: '4-stable', as: 'Stable', publish });
    const release = (name: string, creationTimestamp: string) =>
      cluster.releaseTag(name, {
        [annotation.name]: '4-stable',
        [annotation.source]: `${cluster.namespace}/stable`,
        [annotation.creationTimestamp]: creationTimestamp,
        [annotation.phase]: 'Accepted',
      });
    const specTags = [release('4.20.0', '2025-06-01T10:00:00Z'), release('4.19.9', '2025-06-01T11:00:00Z')];
    const tags = specTags.map(({ name }) => cluster.imported('stable', name));
    await cluster.stream('stable', { annotations: { [annotation.config]: config, [annotation.hasReleases]: 'true' }, specTags, tags });
    await cluster.stream('4.19.9', { specTags: [image('cli', 'stable')] });
    await cluster.stream('4.20', {});

    const { publishRelease } = publishActivities(cluster.dependencies);
    expect(await publishRelease({ namespace: cluster.namespace, name: 'stable' })).toEqual({ errors: [], again: false });
    expect((await cluster.readStream('stable')).spec?.tags?.at(-1)).toMatchObject({ name: 'latest', from: { name: '4.19.9' } });
    const copy = await cluster.readStream('4.20');
    expect(namesAndSources(copy)).toEqual(['cli quay.example/cli:stable']);
    expect(copy.metadata.annotations).toMatchObject({ 'release.openshift.io/source-4-stable': '4.19.9' });
  });

  test.concurrent.each<[string, object, { mirror?: boolean; destination?: string }, RegExp[]]>([
    ['the destination does not exist', { all: { imageStreamRef: { name: 'nowhere' } } }, {}, [/: there is no image stream .*\/nowhere/]],
    ['the mirror is gone', { all: { imageStreamRef: { name: '4.20' } } }, { mirror: false }, [/: the images of .* are gone/]],
    ['a listed image is not there', { some: { imageStreamRef: { name: '4.20', tags: ['none'] } } }, {}, [/-120000 has no image none$/]],
    ['the step is disabled', { tag: { disabled: true, tagRef: { name: 'x' } } }, {}, []],
  ])('has nothing to do when %s', async (_, publish, more, lacking) => {
    const { cluster, id } = await scene(publish, more);
    const survey = await publishSurvey(cluster, id);
    expect([survey?.due ?? [], survey?.errors ?? [], survey?.lacking ?? []]).toEqual([
      [],
      [],
      lacking.map((each) => expect.stringMatching(each) as string),
    ]);
    expect(await publishActivities(cluster.dependencies).publishRelease(id)).toEqual({ errors: [], again: false });
  });

  test.concurrent('selected images, one of which the release does not have: the others are copied, and that one is named', async () => {
    const { cluster, id } = await scene({
      some: { imageStreamRef: { name: '4.20', tags: ['cli', 'none', 'left'], excludeTags: ['left'] } },
    });
    const lacking = [`publish step some: ${noonTag} has no image none`];
    expect(await publishSurvey(cluster, id)).toEqual({ release: noonTag, due: ['some'], errors: [], lacking });
    await publishActivities(cluster.dependencies).publishRelease(id);
    expect(namesAndSources(await cluster.readStream('4.20'))).toEqual(['own quay.example/own:1', 'cli quay.example/cli:new']);
    expect(await publishSurvey(cluster, id)).toEqual({ release: noonTag, due: [], errors: [], lacking });
  });

  test.concurrent('to a namespace that is not registered is refused by name, and hinders no other step', async () => {
    const { cluster, id } = await scene({
      a: { imageStreamRef: { name: '4.20', namespace: 'default' } },
      b: { tagRef: { name: 'latest' } },
    });
    const errors = [
      'unable to update image stream for publish step a: cannot publish to namespace default, namespace was not registered for either release or publish',
    ];
    expect(await publishSurvey(cluster, id)).toEqual({ release: noonTag, due: ['b'], errors });
    expect(await publishActivities(cluster.dependencies).publishRelease(id)).toEqual({ errors, again: false });
    expect((await cluster.readTag('latest'))?.from?.name).toBe(noonTag);
  });

  test.concurrent('reaches a publish namespace', async () => {
    const { cluster, id } = await scene({ all: { imageStreamRef: { name: '4.20', namespace: 'replaced' } } });
    const published = `${cluster.namespace}-public`;
    await cluster.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: published } });
    await cluster.client.create<ImageStream>(imageStreams, {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { name: '4.20', namespace: published },
    });
    await cluster.client.patch(imageStreams, cluster.namespace, 'src', {
      metadata: {
        annotations: {
          [annotation.config]: JSON.stringify({
            name: streamName,
            to: 'release',
            publish: { all: { imageStreamRef: { name: '4.20', namespace: published } } },
          }),
        },
      },
    });
    const { publishRelease } = publishActivities({ ...cluster.dependencies, publishNamespaces: [published] });
    await publishRelease(id);
    const copy = await cluster.client.get<ImageStream>(imageStreams, published, '4.20');
    expect(copy && namesAndSources(copy)).toEqual(['cli quay.example/cli:new', 'etcd quay.example/etcd:new']);
  });

  test.concurrent('P30: a conflict is tried again with what is there now, and told to nobody when it never ends', async () => {
    const { cluster, id } = await scene({ tag: { tagRef: { name: 'latest' } } });
    const { client } = cluster;
    let [busy, writes] = [2, 0];
    /** Somebody else writes first, so many times. */
    const contended = Object.assign(Object.create(client) as KubernetesClient, {
      get: client.get.bind(client),
      list: client.list.bind(client),
      replace: async (resource: typeof imageStreams, object: ImageStream) => {
        if (busy > 0) {
          busy -= 1;
          writes += 1;
          await client.patch(imageStreams, cluster.namespace, 'release', { metadata: { annotations: { touched: String(writes) } } });
        }
        return client.replace(resource, object);
      },
    });
    const { publishRelease } = publishActivities({ ...cluster.dependencies, client: contended });
    expect(await publishRelease(id)).toEqual({ errors: [], again: false });
    expect((await cluster.readTag('latest'))?.from?.name).toBe(noonTag);

    await client.patch(imageStreams, cluster.namespace, 'release', {
      spec: { tags: [{ ...accepted(cluster) }] },
    });
    busy = Infinity;
    expect(await publishRelease(id)).toEqual({ errors: [], again: true });
  });
});
