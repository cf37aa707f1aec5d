import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { ReleaseNamespaces } from '../../../activities/kubernetes/release-namespaces.ts';
import { configMaps, imageStreams, jobs, namespaces, pods, prowJobs, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import { watchedKinds } from '../../../activities/kubernetes/watch.ts';
import type { Wake } from '../../../activities/wake.ts';
import { annotation, label } from '../../../domain/payload/annotations.ts';
import type { ImageStream, Job, ProwJob, ReleasePayload } from '../../../domain/payload/kinds.ts';
import { eventually } from '../../support/wait.ts';
import { jobDone, noonTag, releaseCluster, type ReleaseCluster } from './release-cluster.ts';
import { labelled, touch, watching } from './watch-attempt.ts';

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
