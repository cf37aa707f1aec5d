import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import { noopMetricMeter } from '@temporalio/common';
import { afterAll, describe, expect, test } from 'vitest';
import { KubernetesError, type KubernetesClient, type KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { ReleaseNamespaces } from '../../../activities/kubernetes/release-namespaces.ts';
import { configMaps, imageStreams, jobs, namespaces, pods, prowJobs, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import { watchActivities, watchedKinds, type WatchDependencies } from '../../../activities/kubernetes/watch.ts';
import type { Wake } from '../../../activities/wake.ts';
import { annotation, label } from '../../../domain/payload/annotations.ts';
import type { ImageStream, Job, ProwJob, ReleasePayload } from '../../../domain/payload/kinds.ts';
import { eventually } from '../../support/wait.ts';
import { jobDone, noonTag, releaseCluster, type ReleaseCluster } from './release-cluster.ts';

type Versions = Record<string, string>;

const attempts: AbortController[] = [];
afterAll(() => attempts.forEach((attempt) => attempt.abort()));

/** One attempt of the activity, and what it does. */
interface Attempt {
  woken: string[];
  /** workflow types all of whose running workflows were woken, and `collector` */
  running: string[];
  beats: Versions[];
  done: Promise<void>;
  stop: () => Promise<void>;
  hears: (owner: string) => Promise<unknown>;
}

/** A Wake that only writes down; `failing` makes it fail that many times first. */
function watching(
  cluster: ReleaseCluster,
  resource: string,
  options: { from?: Versions; toldUpTo?: Versions; failing?: number; dependencies?: Partial<WatchDependencies> } = {},
): Attempt {
  const [woken, running, beats]: [string[], string[], Versions[]] = [[], [], []];
  let failures = options.failing ?? 0;
  const wake: Wake = {
    async owner({ workflow, namespace, name, start }) {
      if ((failures -= 1) >= 0) throw new Error('no connection');
      woken.push(`${start ? 'start ' : ''}${workflow} ${namespace}/${name}`);
    },
    running: async (workflow) => void running.push(workflow),
    collector: async () => void running.push('collector'),
  };
  const { client, jobNamespace, prowNamespace, releaseNamespaces } = cluster.dependencies;
  const activities = watchActivities({
    client,
    wake,
    releaseNamespaces,
    jobNamespace,
    prowNamespace,
    graph: { namespace: 'graphs', architecture: 'amd64' },
    jobConfigMap: `${prowNamespace}/job-config`,
    ...options.dependencies,
  });
  const cancel = new AbortController();
  attempts.push(cancel);
  const silent = () => undefined;
  const log = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };
  const heartbeat = (versions: Versions) => void beats.push({ ...versions });
  const info = { heartbeatDetails: options.from } as Info;
  const context = new Context(info, new Promise<never>(() => undefined), cancel.signal, heartbeat, undefined, log, noopMetricMeter, {});
  const toldUpTo = options.toldUpTo === undefined ? {} : { toldUpTo: options.toldUpTo };
  const done = asyncLocalStorage.run(context, () => activities.watchResource({ cluster: 'test', resource, ...toldUpTo }));
  done.catch(silent);
  const stop = async () => {
    cancel.abort();
    await done;
  };
  return {
    woken,
    running,
    beats,
    done,
    stop,
    hears: (owner) => eventually(`${owner} among ${woken.join(', ')}`, () => woken.includes(owner)),
  };
}

const labelled = (cluster: ReleaseCluster, name: string) =>
  cluster.client.patch<ImageStream>(imageStreams, cluster.namespace, name, { metadata: { labels: { any: 'change' } } });
const touch = (cluster: ReleaseCluster, name: string) =>
  cluster.client.patch<ImageStream>(imageStreams, cluster.namespace, name, {
    metadata: { annotations: { [annotation.config]: JSON.stringify({ name, to: 'release', message: 'changed' }) } },
  });

describe('image streams', () => {
  test.concurrent('those that are there wake their owners; what nobody owns wakes nobody', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.stream('a-plain-one', {});
    await cluster.stream('mirror', { annotations: { [annotation.releaseTag]: noonTag } });
    await cluster.target([cluster.releaseTag()]);
    await cluster.source({});
    const { woken, running, hears } = watching(cluster, 'imagestreams');
    await hears(`start stream ${namespace}/src`);
    expect(woken).toEqual([`mirror ${namespace}/mirror`, `start stream ${namespace}/src`]);
    await eventually('those who may miss what is gone', () => running.join() === 'mirror,collector');
  });

  test.concurrent('a change wakes the owner, one that decides nothing does not, and a deletion does', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.source({});
    await cluster.source({}, { name: 'marker' });
    const { woken, hears } = watching(cluster, 'imagestreams');
    await hears(`start stream ${namespace}/src`);
    await hears(`start stream ${namespace}/marker`);
    woken.length = 0;
    await labelled(cluster, 'src');
    await touch(cluster, 'marker');
    await hears(`start stream ${namespace}/marker`);
    expect(woken).toEqual([`start stream ${namespace}/marker`]);
    await cluster.importInto('src', [cluster.imported('src', 'cli', `sha256:${'e'.repeat(64)}`)]);
    await hears(`start stream ${namespace}/src`);
    await cluster.client.delete(imageStreams, namespace, 'src');
    await hears(`stream ${namespace}/src`);
  });

  test.concurrent('a tag that gets a verdict wakes the stream it came from, a new pending one does not', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.target([cluster.releaseTag()]);
    await cluster.source({}, { name: 'marker' });
    const { woken, hears } = watching(cluster, 'imagestreams');
    await hears(`start stream ${namespace}/marker`);
    const write = (...tags: ReturnType<ReleaseCluster['releaseTag']>[]) =>
      cluster.change<ImageStream>(imageStreams, namespace, 'release', (stream) => ({ ...stream, spec: { ...stream.spec, tags } }));
    await write(cluster.releaseTag(), cluster.releaseTag('new'));
    await touch(cluster, 'marker');
    await eventually('the marker', () => woken.length === 2);
    expect(woken).toEqual([`start stream ${namespace}/marker`, `start stream ${namespace}/marker`]);
    await write(cluster.releaseTag(noonTag, { [annotation.phase]: 'Accepted' }), cluster.releaseTag('new'));
    await hears(`start stream ${namespace}/src`);
  });

  test.concurrent('only those of release namespaces count', async () => {
    const cluster = await releaseCluster();
    const releaseNamespaces = new ReleaseNamespaces(cluster.client, 'labelled');
    releaseNamespaces.note({ metadata: { name: cluster.namespace, labels: { [label.releases]: 'true' } } });
    const other = await releaseCluster();
    await other.source({});
    await cluster.client.patch(namespaces, undefined, cluster.namespace, { metadata: { labels: { [label.releases]: 'true' } } });
    const { woken, hears } = watching(cluster, 'imagestreams', { dependencies: { releaseNamespaces } });
    await cluster.source({});
    await hears(`start stream ${cluster.namespace}/src`);
    expect(woken.filter((owner) => owner.includes(other.namespace))).toEqual([]);
  });
});

describe('other kinds', () => {
  test.concurrent('a release job wakes its creation, its end as well; an alternate mirror job the release', async () => {
    const cluster = await releaseCluster();
    const { namespace, jobNamespace } = cluster;
    const annotations = { [annotation.target]: `${namespace}/release`, [annotation.releaseTag]: noonTag };
    const make = async (name: string) => {
      await cluster.job(name, {});
      await cluster.client.patch<Job>(jobs, jobNamespace, name, { metadata: { annotations } });
    };
    await cluster.job('foreign', {});
    const { woken, running, hears } = watching(cluster, 'jobs');
    await make(noonTag);
    await cluster.endJob(noonTag, jobDone);
    await hears(`creation ${namespace}/${noonTag}`);
    await make(`${noonTag}-alternate-mirror`);
    await cluster.client.delete(jobs, jobNamespace, `${noonTag}-alternate-mirror`);
    await hears(`release ${namespace}/${noonTag}`);
    expect(new Set(woken).size).toBe(2);
    expect(running).toEqual(['creation']);
  });

  test.concurrent('a Pod that told the image with oc wakes the creation of its release, others nobody', async () => {
    const cluster = await releaseCluster();
    const { namespace, jobNamespace } = cluster;
    await cluster.job(noonTag, {});
    const annotations = { [annotation.target]: `${namespace}/release`, [annotation.releaseTag]: noonTag };
    await cluster.client.patch<Job>(jobs, jobNamespace, noonTag, { metadata: { annotations } });
    const container = (name: string) => ({ name, image: 'none' });
    const make = async (name: string, job: string) => {
      await cluster.client.create(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: jobNamespace, labels: { 'batch.kubernetes.io/job-name': job } },
        spec: { schedulerName: 'nobody', initContainers: [container('image-cli')], containers: [container('build')] },
      } as KubernetesObject);
    };
    const tell = async (name: string) => {
      const state = { terminated: { exitCode: 0, reason: 'Completed', message: 'quay.example/cli:1' } };
      const status = { initContainerStatuses: [{ ...container('image-cli'), imageID: '', ready: true, restartCount: 0, state }] };
      await cluster.client.patch(pods, jobNamespace, name, { status }, { subresource: 'status' });
    };
    const { woken, hears } = watching(cluster, 'pods');
    await make('silent', noonTag);
    await make('foreign', 'nothing');
    await make('tells', noonTag);
    await tell('foreign');
    await tell('tells');
    await hears(`creation ${namespace}/${noonTag}`);
    expect(woken).toEqual([`creation ${namespace}/${noonTag}`]);
  });

  test.concurrent('a ProwJob that ends or is deleted wakes the verification, a foreign one nobody', async () => {
    const cluster = await releaseCluster();
    const { namespace, prowNamespace } = cluster;
    const metadata = (name: string) => ({
      name,
      namespace: prowNamespace,
      labels: { [label.payload]: name },
      annotations: { [annotation.tag]: name, [annotation.source]: `${namespace}/src` },
    });
    const make = (name: string) =>
      cluster.client.create<ProwJob>(prowJobs, {
        apiVersion: 'prow.k8s.io/v1',
        kind: 'ProwJob',
        metadata: metadata(name),
        spec: { job: 'x', type: 'periodic' },
      });
    for (const name of ['ends', 'goes']) await make(name);
    await cluster.client.create<ProwJob>(prowJobs, {
      apiVersion: 'prow.k8s.io/v1',
      kind: 'ProwJob',
      metadata: { name: 'foreign', namespace: prowNamespace },
      spec: { job: 'x', type: 'periodic' },
    });
    const { woken, running, hears } = watching(cluster, 'prowjobs');
    await cluster.runProwJob('ends', 'success');
    await hears(`verification ${namespace}/ends`);
    await cluster.client.delete(prowJobs, prowNamespace, 'goes');
    await hears(`verification ${namespace}/goes`);
    expect(new Set(woken).size).toBe(2);
    expect(running).toEqual(['verification']);
  });

  test.concurrent('a payload that has its override set wakes its release', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    const payload: ReleasePayload = {
      apiVersion: 'release.openshift.io/v1alpha1',
      kind: 'ReleasePayload',
      metadata: { name: noonTag, namespace },
      spec: {},
    };
    await cluster.client.create(releasePayloads, payload);
    const condition = {
      type: 'PayloadAccepted',
      status: 'True',
      reason: 'ReleasePayloadAccepted',
      message: '',
      lastTransitionTime: '2025-06-01T12:00:00Z',
    };
    await cluster.changeStatus<ReleasePayload>(releasePayloads, namespace, noonTag, () => ({ conditions: [condition as never] }));
    const { woken, hears } = watching(cluster, 'releasepayloads');
    await hears(`release ${namespace}/${noonTag}`);
    await cluster.client.patch(releasePayloads, namespace, noonTag, { spec: { payloadOverride: { override: 'Rejected', reason: 'no' } } });
    await hears(`start release ${namespace}/${noonTag}`);
    await cluster.client.delete(releasePayloads, namespace, noonTag);
    await eventually('the end', () => woken.length >= 3);
  });

  test.concurrent('changed job definitions wake every verification', async () => {
    const cluster = await releaseCluster();
    await cluster.define('a');
    const { running, woken } = watching(cluster, 'jobconfig');
    let round = 0;
    await eventually('the verifications', async () => {
      await cluster.client.patch<KubernetesObject>(configMaps, cluster.prowNamespace, 'job-config', {
        data: { 'b.yaml': `# ${(round += 1)}` },
      });
      return running.includes('verification');
    });
    expect(woken).toEqual([]);
  });

  test.concurrent('payload trap 21: changed qualifiers wake everybody who writes what payloads say about them', async () => {
    const cluster = await releaseCluster();
    await cluster.define('a');
    const qualifierConfigMap = `${cluster.prowNamespace}/job-config`;
    const { running, woken } = watching(cluster, 'qualifiers', { dependencies: { qualifierConfigMap } });
    let round = 0;
    await eventually('releases and verifications', async () => {
      await cluster.client.patch<KubernetesObject>(configMaps, cluster.prowNamespace, 'job-config', {
        data: { 'b.yaml': `# ${(round += 1)}` },
      });
      return running.includes('release') && running.includes('verification');
    });
    expect(woken).toEqual([]);
  });

  test.concurrent('a namespace that gets the label brings its streams', async () => {
    const cluster = await releaseCluster();
    await cluster.source({});
    const releaseNamespaces = new ReleaseNamespaces(cluster.client, 'labelled');
    const { woken, hears } = watching(cluster, 'namespaces', { dependencies: { releaseNamespaces } });
    const other = await releaseCluster();
    await cluster.client.patch(namespaces, undefined, cluster.namespace, { metadata: { labels: { [label.releases]: 'true' } } });
    await hears(`start stream ${cluster.namespace}/src`);
    expect([await releaseNamespaces.has(cluster.namespace), await releaseNamespaces.has(other.namespace)]).toEqual([true, false]);
    expect(woken.filter((owner) => owner.includes(other.namespace))).toEqual([]);
  });

  test.concurrent('what nobody watches is named with what is watched', async () => {
    const cluster = await releaseCluster();
    await expect(watching(cluster, 'nodes').done).rejects.toThrow(
      'nothing named nodes is watched by this worker; it knows imagestreams, releasepayloads, jobs, pods, prowjobs, jobconfig',
    );
    const { jobConfigMap: _, ...rest } = {
      ...cluster.dependencies,
      wake: {} as Wake,
      jobConfigMap: '',
      graph: { namespace: '', architecture: '' },
    };
    expect(Object.keys(watchedKinds({ ...rest, releaseNamespaces: new ReleaseNamespaces(cluster.client, 'labelled') }))).toEqual([
      'imagestreams',
      'releasepayloads',
      'jobs',
      'pods',
      'prowjobs',
      'namespaces',
    ]);
  });
});

describe('an attempt that goes on where another stopped', () => {
  test.concurrent('wakes the owners of what changed meanwhile and no others', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    for (const name of ['a', 'b', 'c']) await cluster.source({}, { name });
    const first = watching(cluster, 'imagestreams');
    const versions = await eventually('a heartbeat after the list', () => first.beats.find((beat) => beat[namespace] !== undefined));
    expect(first.woken).toHaveLength(3);
    await first.stop();
    await touch(cluster, 'b');
    await cluster.source({}, { name: 'd' });
    const second = watching(cluster, 'imagestreams', { from: versions });
    await second.hears(`start stream ${namespace}/d`);
    expect(second.woken).toEqual([`start stream ${namespace}/b`, `start stream ${namespace}/d`]);
    await eventually('those who may miss what is gone', () => second.running.join() === 'mirror,collector');
    expect(second.beats[0]).toEqual(versions);
  });

  /** A watch that has told of everything, and then the news that it misses, and another one that goes on from there. */
  async function afterwards(cluster: ReleaseCluster, resource: string, meanwhile: () => Promise<unknown>): Promise<Attempt> {
    const first = watching(cluster, resource);
    const versions = await eventually('a heartbeat after the list', () => first.beats.find((beat) => Object.keys(beat).length > 0));
    await first.stop();
    await meanwhile();
    return watching(cluster, resource, { from: versions });
  }

  test.concurrent('wakes the streams of a target that changed: nobody knows which of its tags', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.target([cluster.releaseTag('a'), cluster.releaseTag('b', {}, 'other'), { name: 'latest' }]);
    await cluster.source({});
    await cluster.stream('unmarked', {});
    const { hears, woken } = await afterwards(cluster, 'imagestreams', () =>
      cluster.change<ImageStream>(imageStreams, namespace, 'release', (target) => ({
        ...target,
        spec: {
          ...target.spec,
          tags: [cluster.releaseTag('a', { [annotation.phase]: 'Accepted' }), ...(target.spec?.tags ?? []).slice(1)],
        },
      })),
    );
    for (const name of ['src', 'other']) await hears(`stream ${namespace}/${name}`);
    expect(woken.filter((owner) => owner.startsWith('start'))).toEqual([]);
  });

  test.concurrent('wakes who publishes to an image stream that was edited', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.stream('a-published', {});
    await cluster.source({ publish: { images: { imageStreamRef: { name: 'a-published' } } } });
    const { hears } = await afterwards(cluster, 'imagestreams', () =>
      cluster.change<ImageStream>(imageStreams, namespace, 'a-published', (edited) => ({
        ...edited,
        spec: { tags: [{ name: 'cli', from: { kind: 'DockerImage', name: 'elsewhere' } }] },
      })),
    );
    await hears(`stream ${namespace}/src`);
  });

  test.concurrent('tells of job definitions that were changed', async () => {
    const cluster = await releaseCluster();
    await cluster.define('a');
    const { running } = await afterwards(cluster, 'jobconfig', () =>
      cluster.client.patch<KubernetesObject>(configMaps, cluster.prowNamespace, 'job-config', { data: { 'b.yaml': '# more' } }),
    );
    await eventually('the verifications', () => running.includes('verification'));
  });

  test.concurrent('ends when it is cancelled, without an error', async () => {
    const cluster = await releaseCluster();
    await cluster.source({});
    const { stop, hears } = watching(cluster, 'imagestreams');
    await hears(`start stream ${cluster.namespace}/src`);
    await expect(stop()).resolves.toBeUndefined();
  });

  test.concurrent('an owner that could not be told is told again', async () => {
    const cluster = await releaseCluster();
    await cluster.source({});
    const { hears } = watching(cluster, 'imagestreams', { failing: 1 });
    await hears(`start stream ${cluster.namespace}/src`);
  });

  test.concurrent('an owner that was not told before the end is told by the next attempt', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.source({});
    const first = watching(cluster, 'imagestreams', { failing: 1000 });
    await eventually('a second heartbeat', () => first.beats.length >= 2);
    await first.stop();
    expect(first.beats.at(-1)).toEqual({});
    const second = watching(cluster, 'imagestreams', { from: first.beats.at(-1) ?? {} });
    await second.hears(`start stream ${namespace}/src`);
  });
});

test.concurrent('a watch that takes the place of another first tells of what changed since, then of the rest', async () => {
  const cluster = await releaseCluster();
  const { namespace } = cluster;
  for (const name of ['a', 'b']) await cluster.source({}, { name });
  const before = watching(cluster, 'imagestreams');
  const toldUpTo = await eventually('a heartbeat after the list', () => before.beats.find((beat) => beat[namespace] !== undefined));
  await before.stop();
  await touch(cluster, 'b');
  const { woken, hears } = watching(cluster, 'imagestreams', { toldUpTo });
  await hears(`start stream ${namespace}/a`);
  expect(woken).toEqual([`start stream ${namespace}/b`, `start stream ${namespace}/a`]);
});

describe('a watch that begins without knowing what was before', () => {
  const at = '2025-06-01T12:00:00Z';
  const condition = (type: string) => ({ type, status: 'True' as const, reason: `Release${type}`, message: '', lastTransitionTime: at });
  /** A release that was judged, and what its tag says. */
  async function judged(cluster: ReleaseCluster, name: string, verdict: 'Accepted' | 'Rejected', more: Partial<ReleasePayload> = {}) {
    const { namespace } = cluster;
    await cluster.client.create<ReleasePayload>(releasePayloads, {
      apiVersion: 'release.openshift.io/v1alpha1',
      kind: 'ReleasePayload',
      metadata: { name, namespace, ...more.metadata },
      spec: { payloadCoordinates: { namespace, imagestreamName: 'release', imagestreamTagName: name } },
    });
    await cluster.changeStatus<ReleasePayload>(releasePayloads, namespace, name, () => ({
      conditions: [condition(`Payload${verdict}`)],
      ...more.status,
    }));
  }
  const accepted = (cluster: ReleaseCluster, name: string) => cluster.releaseTag(name, { [annotation.phase]: 'Accepted' });

  test.concurrent('begins a release whose verdict has turned, and no other of those that have ended', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.target([accepted(cluster, 'same'), accepted(cluster, 'turned'), cluster.releaseTag('unmarked')]);
    await judged(cluster, 'same', 'Accepted');
    await judged(cluster, 'turned', 'Rejected');
    await judged(cluster, 'unmarked', 'Accepted');
    await judged(cluster, 'untagged', 'Accepted');
    const { woken, hears } = watching(cluster, 'releasepayloads');
    await hears(`start release ${namespace}/turned`);
    expect(woken.filter((owner) => owner.startsWith('start'))).toEqual([`start release ${namespace}/turned`]);
  });

  test.concurrent('begins a release that was approved meanwhile', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.target([accepted(cluster, 'said'), accepted(cluster, 'unsaid')]);
    const approved = { namespace, labels: { 'release.openshift.io/qe_state': 'Accepted' } };
    const said = { qualifiersSummary: { qualifiers: { qe: { approval: true, aggregateState: 'Success' as const } } } };
    await judged(cluster, 'said', 'Accepted', { metadata: { name: 'said', ...approved }, status: said });
    await judged(cluster, 'unsaid', 'Accepted', { metadata: { name: 'unsaid', ...approved } });
    const qualifiers = { load: async () => ({ qe: { enabled: true, approval: true } }) };
    const { woken, hears } = watching(cluster, 'releasepayloads', { dependencies: { qualifiers } });
    await hears(`start release ${namespace}/unsaid`);
    expect(woken.filter((owner) => owner.startsWith('start'))).toEqual([`start release ${namespace}/unsaid`]);
  });
});

describe('an API server that', () => {
  /** The real one, but the first watch ends as `end` says, once `meanwhile` has happened behind its back. */
  function interrupted(cluster: ReleaseCluster, end: () => void, meanwhile: () => Promise<unknown>): KubernetesClient {
    let watches = 0;
    const { client } = cluster;
    const watch: KubernetesClient['watch'] = async (resource, options, onEvent) => {
      watches += 1;
      if (watches > 1) return client.watch(resource, options, onEvent);
      await meanwhile();
      end();
    };
    return { list: client.list.bind(client), get: client.get.bind(client), watch } as unknown as KubernetesClient;
  }
  const expired = () => {
    throw new KubernetesError(410, 'Expired', 'too old resource version');
  };

  test.concurrent('has forgotten the version is listed afresh: what changed is told, and those who may miss a deleted one look', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    for (const name of ['a', 'b', 'c']) await cluster.source({}, { name });
    let before: string[] = [];
    const attempt: Attempt = watching(cluster, 'imagestreams', {
      dependencies: {
        client: interrupted(cluster, expired, async () => {
          await eventually('the list', () => attempt.woken.length === 3);
          before = attempt.woken.splice(0);
          await touch(cluster, 'b');
          await cluster.client.delete(imageStreams, namespace, 'c');
          await cluster.source({}, { name: 'd' });
        }),
      },
    });
    await eventually('the interruption', () => before.length > 0);
    for (const name of ['b', 'd']) await attempt.hears(`start stream ${namespace}/${name}`);
    expect(before).toEqual(['a', 'b', 'c'].map((name) => `start stream ${namespace}/${name}`));
    expect(attempt.woken.toSorted()).toEqual([`start stream ${namespace}/b`, `start stream ${namespace}/d`]);
    expect(attempt.running).toEqual(['mirror', 'collector', 'mirror', 'collector']);
    await touch(cluster, 'a');
    await attempt.hears(`start stream ${namespace}/a`);
  });

  test.concurrent('ends a watch in its own time is watched on from there', async () => {
    const cluster = await releaseCluster();
    const { namespace } = cluster;
    await cluster.source({}, { name: 'a' });
    await cluster.source({}, { name: 'b' });
    const attempt: Attempt = watching(cluster, 'imagestreams', {
      dependencies: {
        client: interrupted(
          cluster,
          () => undefined,
          async () => {
            await eventually('the list', () => attempt.woken.length === 2);
            attempt.woken.length = 0;
            await cluster.client.delete(imageStreams, namespace, 'b');
          },
        ),
      },
    });
    await attempt.hears(`stream ${namespace}/b`);
    expect([attempt.woken, attempt.running]).toEqual([[`stream ${namespace}/b`], ['mirror', 'collector']]);
  });

  test.concurrent('fails otherwise fails the attempt, which is repeated', async () => {
    const cluster = await releaseCluster();
    const broken = interrupted(
      cluster,
      () => {
        throw new Error('socket hang up');
      },
      () => Promise.resolve(),
    );
    await expect(watching(cluster, 'imagestreams', { dependencies: { client: broken } }).done).rejects.toThrow('socket hang up');
  });
});
