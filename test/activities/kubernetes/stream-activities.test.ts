import { describe, expect, test } from 'vitest';
import { streamActivities } from '../../../activities/kubernetes/stream-activities.ts';
import { imageStreams, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import { phasesOf } from '../../../activities/kubernetes/stream-reader.ts';
import type { StreamSurvey } from '../../../activities/contract.ts';
import type { ImageStream, ReleasePayload, TagReference } from '../../../domain/payload/kinds.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import { noon, noonTag, releaseCluster, streamName, type ReleaseCluster } from './release-cluster.ts';

async function scene(config: object = {}, tags: TagReference[] | ((cluster: ReleaseCluster) => TagReference[]) = []) {
  const cluster = await releaseCluster();
  await cluster.source(config);
  await cluster.target(typeof tags === 'function' ? tags(cluster) : tags);
  return { cluster, id: { namespace: cluster.namespace, name: 'src' }, activities: streamActivities(cluster.dependencies) };
}

function usable(survey: StreamSurvey): Extract<StreamSurvey, { kind: 'usable' }> {
  if (survey.kind !== 'usable') throw new Error(JSON.stringify(survey));
  return survey;
}

async function plannedBy({ activities, id }: Awaited<ReturnType<typeof scene>>, now = noon) {
  const { planned } = usable(await activities.surveyStream(id, now));
  if (planned === undefined) throw new Error('nothing is planned');
  return planned;
}

const payloads = async ({ client, namespace }: ReleaseCluster) => (await client.list<ReleasePayload>(releasePayloads, namespace)).items;
const tagNames = async (cluster: ReleaseCluster) => (await cluster.readStream('release')).spec?.tags?.map(({ name }) => name);

describe('a survey', () => {
  test.concurrent('of a stream that does not exist, or has no release config: gone', async () => {
    const cluster = await releaseCluster();
    await cluster.target();
    const { surveyStream } = streamActivities(cluster.dependencies);
    expect(await surveyStream({ namespace: cluster.namespace, name: 'none' }, noon)).toEqual({ kind: 'gone' });
    expect(await surveyStream({ namespace: cluster.namespace, name: 'release' }, noon)).toEqual({ kind: 'gone' });
  });

  test.concurrent.each([
    ['{"name":"x"}', "release must specify 'to' unless 'as' is 'Stable'"],
    [JSON.stringify({ name: 'x', to: 'release', verify: { a: { prowJob: { name: '' } } } }), 'prow job for a has no name'],
  ])('of an invalid config tells what release-controller tells: %s', async (text, error) => {
    const cluster = await releaseCluster();
    await cluster.source({}, { text });
    const { surveyStream } = streamActivities(cluster.dependencies);
    const message = `the ${annotation.config} annotation for src is invalid: ${error}`;
    expect(await surveyStream({ namespace: cluster.namespace, name: 'src' }, noon)).toEqual({
      kind: 'invalid',
      problem: { reason: 'InvalidReleaseDefinition', message },
    });
  });

  test.concurrent('of a stream without images, or without a target: unusable, and why', async () => {
    const cluster = await releaseCluster();
    await cluster.source({ to: 'elsewhere' });
    await cluster.source({}, { name: 'empty', images: [] });
    const { surveyStream } = streamActivities(cluster.dependencies);
    const { namespace } = cluster;
    expect(await surveyStream({ namespace, name: 'src' }, noon)).toEqual({
      kind: 'unusable',
      why: `the output release image stream ${namespace}/elsewhere does not exist`,
    });
    expect(await surveyStream({ namespace, name: 'empty' }, noon)).toEqual({
      kind: 'unusable',
      why: `image stream ${namespace}/empty has no imported tag yet`,
    });
  });

  test.concurrent('of new images plans a release named by the time', async () => {
    const { activities, id } = await scene();
    expect(await activities.surveyStream(id, noon)).toEqual({
      kind: 'usable',
      stream: streamName,
      target: 'release',
      endOfLife: false,
      targetMarked: true,
      planned: { tag: noonTag, target: 'release', hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      unfinished: [],
      aborted: [],
    });
  });

  test.concurrent('at the end of life plans nothing', async () => {
    const { activities, id } = await scene({ endOfLife: true });
    expect(usable(await activities.surveyStream(id, noon))).toMatchObject({ endOfLife: true, unfinished: [] });
  });

  test.concurrent('of a target that is not marked says so, until it is', async () => {
    const cluster = await releaseCluster();
    await cluster.source({});
    await cluster.stream('release', {});
    const { surveyStream, markTarget } = streamActivities(cluster.dependencies);
    const id = { namespace: cluster.namespace, name: 'src' };
    expect(usable(await surveyStream(id, noon)).targetMarked).toBe(false);
    await markTarget({ namespace: cluster.namespace, name: 'release' });
    await markTarget({ namespace: cluster.namespace, name: 'release' });
    expect((await cluster.readStream('release')).metadata.annotations).toEqual({ [annotation.hasReleases]: 'true' });
    expect(usable(await surveyStream(id, noon)).targetMarked).toBe(true);
  });
});

test.concurrent('streams that are looked at together share the list of payloads that many unfinished releases need', async () => {
  const cluster = await releaseCluster();
  const names = Array.from({ length: 25 }, (_, index) => `${streamName}-2025-06-01-1100${String(index).padStart(2, '0')}`);
  const source = await cluster.source({});
  const target = await cluster.target(names.map((name) => cluster.releaseTag(name, { [annotation.phase]: 'Ready' })));
  let lists = 0;
  const counting = Object.assign(Object.create(cluster.client) as typeof cluster.client, {
    list: (...given: Parameters<typeof cluster.client.list>) => ((lists += 1), cluster.client.list(...given)),
  });
  const phases = await Promise.all(Array.from({ length: 6 }, () => phasesOf(counting, source, target)));
  expect([phases.map((each) => Object.keys(each).length), lists]).toEqual([[25, 25, 25, 25, 25, 25], 2]);
});

describe('a hold', () => {
  const earlier = `${streamName}-2025-06-01-110000`;
  const tagged = (phase: string) => (cluster: ReleaseCluster) => [
    cluster.releaseTag(earlier, { [annotation.phase]: phase, [annotation.creationTimestamp]: '2025-06-01T11:00:00Z' }),
  ];

  test.concurrent('while a release is being built, whose tag is told', async () => {
    const { activities, id } = await scene({}, tagged('Pending'));
    const survey = usable(await activities.surveyStream(id, noon));
    expect(survey.planned).toBeUndefined();
    expect(survey.hold).toEqual({ why: `Release ${streamName} is still building ${earlier}, will not launch new tags` });
    expect(survey.unfinished).toEqual([{ tag: earlier, phase: 'Pending' }]);
  });

  test.concurrent('at the limit of undecided releases', async () => {
    const { activities, id } = await scene({ maxUnreadyReleases: 1 }, tagged('Ready'));
    const survey = usable(await activities.surveyStream(id, noon));
    expect(survey.hold).toEqual({ why: `Release ${streamName} at max 1 unready releases, will not launch new tags` });
    expect(survey.unfinished).toEqual([{ tag: earlier, phase: 'Ready' }]);
  });

  test.concurrent('for the shortest interval, with its end', async () => {
    const { activities, id } = await scene({ minCreationIntervalSeconds: 7200 }, tagged('Accepted'));
    expect(usable(await activities.surveyStream(id, noon)).hold).toEqual({
      why: `Release ${streamName} last tag ${earlier} created 1h0m0s ago (less than minimum interval 2h0m0s), will not launch new tags`,
      until: '2025-06-01T13:00:00Z',
    });
    expect(usable(await activities.surveyStream(id, noon + 3_600_000)).planned).toBeDefined();
  });

  test.concurrent('surplus pending releases give way to the newest', async () => {
    const { activities, id } = await scene({}, (cluster) => [...tagged('Pending')(cluster), cluster.releaseTag()]);
    const survey = usable(await activities.surveyStream(id, noon + 1000));
    expect([survey.unfinished[0]?.tag, survey.aborted]).toEqual([noonTag, [earlier]]);
  });

  test.concurrent('the phase is that of the payload where there is one', async () => {
    const { cluster, activities, id } = await scene({}, tagged('Pending'));
    const condition = {
      type: 'PayloadCreated',
      status: 'True',
      reason: 'ReleasePayloadCreated',
      message: '',
      lastTransitionTime: '2025-06-01T11:10:00Z',
    };
    await cluster.client.create(releasePayloads, {
      apiVersion: 'release.openshift.io/v1alpha1',
      kind: 'ReleasePayload',
      metadata: { namespace: cluster.namespace, name: earlier },
      spec: {},
    });
    await cluster.changeStatus<ReleasePayload>(releasePayloads, cluster.namespace, earlier, () => ({ conditions: [condition as never] }));
    expect(usable(await activities.surveyStream(id, noon)).unfinished).toEqual([{ tag: earlier, phase: 'Ready' }]);
  });
});

describe('a planned release', () => {
  const verify = { aws: { prowJob: { name: 'e2e-aws' } }, gcp: { optional: true, maxRetries: 2, prowJob: { name: 'e2e-gcp' } } };

  test.concurrent('becomes a tag with its back-references, and a payload with its jobs', async () => {
    const one = await scene({ verify });
    const { cluster, activities, id } = one;
    expect(await activities.createRelease(id, await plannedBy(one), noon)).toBe(true);
    expect(await cluster.readTag()).toMatchObject({
      name: noonTag,
      annotations: {
        [annotation.name]: streamName,
        [annotation.source]: `${cluster.namespace}/src`,
        [annotation.creationTimestamp]: '2025-06-01T12:00:00Z',
        [annotation.phase]: 'Pending',
      },
      importPolicy: { importMode: 'PreserveOriginal' },
    });
    expect(Object.keys((await cluster.readTag())?.annotations ?? {})).toHaveLength(4);
    const { spec, status } = await cluster.readPayload();
    expect(spec).toEqual({
      payloadCoordinates: { namespace: cluster.namespace, streamName, imagestreamName: 'release', imagestreamTagName: noonTag },
      payloadCreationConfig: {
        releaseCreationCoordinates: { namespace: cluster.jobNamespace, releaseCreationJobName: noonTag },
        prowCoordinates: { namespace: cluster.prowNamespace },
      },
      payloadVerificationConfig: {
        blockingJobs: [{ ciConfigurationName: 'aws', ciConfigurationJobName: 'e2e-aws' }],
        informingJobs: [{ ciConfigurationName: 'gcp', ciConfigurationJobName: 'e2e-gcp', maxRetries: 2 }],
        upgradeJobs: [],
        payloadVerificationDataSource: 'BuildFarmLookup',
      },
      releaseCoordinates: [{ repository: cluster.publicRepository('release'), tag: noonTag }],
      payloadType: 'Local',
    });
    expect(status).toBeUndefined();
  });

  test.concurrent('is created with the look that finds it, and not again by the next', async () => {
    const { cluster, activities, id } = await scene({ verify });
    expect(await activities.advanceStream(id, noon)).toMatchObject({ kind: 'usable', planned: { tag: noonTag }, created: true });
    expect(await tagNames(cluster)).toEqual([noonTag]);
    expect(await payloads(cluster)).toHaveLength(1);
    const next = await activities.advanceStream(id, noon + 5_000);
    expect(next).toMatchObject({ kind: 'usable', unfinished: [{ tag: noonTag }] });
    expect(next).not.toHaveProperty('created');
    expect(await tagNames(cluster)).toEqual([noonTag]);
  });

  test.concurrent('is created once, however often it is asked for', async () => {
    const one = await scene();
    const { cluster, activities, id } = one;
    const planned = await plannedBy(one);
    for (let attempt = 0; attempt < 3; attempt += 1) expect(await activities.createRelease(id, planned, noon)).toBe(true);
    expect(await tagNames(cluster)).toEqual([noonTag]);
    expect(await payloads(cluster)).toHaveLength(1);
  });

  test.concurrent('is completed by another worker when the first died between tag and payload', async () => {
    const one = await scene({ verify });
    const { cluster, id } = one;
    const planned = await plannedBy(one);
    const { activities } = one;
    await activities.createRelease(id, planned, noon);
    await cluster.client.delete(releasePayloads, cluster.namespace, noonTag);
    const other = streamActivities(cluster.dependencies);
    expect(await other.createRelease(id, planned, noon + 5_000)).toBe(true);
    expect((await cluster.readPayload()).spec.payloadVerificationConfig?.blockingJobs).toHaveLength(1);
    expect(await tagNames(cluster)).toEqual([noonTag]);
  });

  test.concurrent('two workers at once make one tag', async () => {
    const one = await scene();
    const { cluster, id } = one;
    const other = streamActivities(cluster.dependencies);
    const planned = await plannedBy(one);
    await other.surveyStream(id, noon);
    const made = await Promise.all([one.activities, other].map(({ createRelease }) => createRelease(id, planned, noon)));
    expect(made).toContain(true);
    expect(await tagNames(cluster)).toEqual([noonTag]);
    expect(await payloads(cluster)).toHaveLength(1);
  });

  test.concurrent('a target that changed since the survey: nothing is made, look again', async () => {
    const one = await scene();
    const { cluster, activities, id } = one;
    const planned = await plannedBy(one);
    await cluster.client.patch(imageStreams, cluster.namespace, 'release', { metadata: { labels: { by: 'another' } } });
    expect(await activities.createRelease(id, planned, noon)).toBe(false);
    expect([await tagNames(cluster), await payloads(cluster)]).toEqual([[], []]);
  });

  test.concurrent('core P19: a target that vanished since the survey: nothing is made, look again', async () => {
    const one = await scene();
    const { cluster, activities, id } = one;
    const planned = await plannedBy(one);
    await cluster.client.delete(imageStreams, cluster.namespace, 'release');
    expect(await activities.createRelease(id, planned, noon)).toBe(false);
    expect(await payloads(cluster)).toEqual([]);
  });

  test.concurrent('images that changed before another worker creates it: nothing is made', async () => {
    const one = await scene();
    const { cluster, id } = one;
    const planned = await plannedBy(one);
    await cluster.importInto('src', [cluster.imported('src', 'cli'), cluster.imported('src', 'etcd', `sha256:${'b'.repeat(64)}`)]);
    expect(await streamActivities(cluster.dependencies).createRelease(id, planned, noon)).toBe(false);
    expect(await tagNames(cluster)).toEqual([]);
  });

  test.concurrent('a tag of that name from another stream is not taken over', async () => {
    const one = await scene();
    const { cluster, id } = one;
    const planned = await plannedBy(one);
    const foreign = cluster.releaseTag(noonTag, {}, 'other');
    await cluster.change<ImageStream>(imageStreams, cluster.namespace, 'release', (stream) => ({
      ...stream,
      spec: { ...stream.spec, tags: [foreign] },
    }));
    expect(await streamActivities(cluster.dependencies).createRelease(id, planned, noon)).toBe(false);
    expect(await payloads(cluster)).toEqual([]);
  });

  test.concurrent('a stream that is gone meanwhile: nothing is made', async () => {
    const one = await scene();
    const planned = await plannedBy(one);
    await one.cluster.client.delete(imageStreams, one.cluster.namespace, 'src');
    expect(await streamActivities(one.cluster.dependencies).createRelease(one.id, planned, noon)).toBe(false);
  });

  test.concurrent('a target of a thousand tags takes one more', async () => {
    const one = await scene({}, (cluster) =>
      Array.from({ length: 1000 }, (_, index) => {
        const at = new Date(noon - (index + 1) * 3_600_000).toISOString();
        const name = `${streamName}-${at.slice(0, 10)}-${at.slice(11, 19).replaceAll(':', '')}`;
        return cluster.releaseTag(name, {
          [annotation.phase]: index % 3 === 0 ? 'Accepted' : 'Rejected',
          [annotation.creationTimestamp]: `${at.slice(0, 19)}Z`,
          [annotation.hash]: `sha256:${index}`,
        });
      }),
    );
    expect(await one.activities.createRelease(one.id, await plannedBy(one), noon)).toBe(true);
    const tags = await tagNames(one.cluster);
    expect([tags?.length, tags?.at(-1)]).toEqual([1001, noonTag]);
  });
});
