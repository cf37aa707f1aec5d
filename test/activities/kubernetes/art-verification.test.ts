import { describe, expect, test } from 'vitest';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import { verificationActivities } from '../../../activities/kubernetes/verification-activities.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import { noon, releaseCluster } from './release-cluster.ts';
import { jobDone } from './release-cluster.ts';

const tag = '4.20.1';
const entry = (name: string, more: object = {}) => ({ prowJob: { name }, ...more });

/** A Stable stream with one release that was adopted, and no payload yet. */
async function scene() {
  const cluster = await releaseCluster({ artSuffix: '-art-latest' });
  await cluster.define('e2e-own', 'e2e-art');
  const config = { name: '4-stable', as: 'Stable', verify: { own: entry('e2e-own') } };
  const specTag = cluster.releaseTag(tag, { [annotation.name]: '4-stable' }, '4-stable');
  await cluster.stream('4-stable', {
    annotations: { [annotation.config]: JSON.stringify(config), [annotation.hasReleases]: 'true' },
    specTags: [specTag],
    tags: [cluster.imported('4-stable', tag)],
  });
  const id = { namespace: cluster.namespace, tag, target: '4-stable' };
  const versioned = (verify: object = { art: entry('e2e-art') }, annotations = {}) =>
    cluster.source({ name: '4.20.0-0.nightly', verify }, { name: '4.20-art-latest', annotations });
  const release = releaseActivities(cluster.dependencies);
  const verification = verificationActivities(cluster.dependencies);
  const problemOf = async () => {
    const opened = await release.openRelease(id);
    return opened.kind === 'blocked' ? opened.problem : opened.kind;
  };
  return { cluster, id, versioned, release, verification, problemOf };
}

describe('verification by the versioned stream', () => {
  test.concurrent('a release waits for its versioned stream, and is opened when that appears', async () => {
    const { cluster, versioned, problemOf } = await scene();
    const { namespace } = cluster;
    expect(await problemOf()).toEqual({
      reason: 'UnableToProcessRelease',
      message: `failed to get full stable verification jobs: failed to get imagestream ${namespace}/4.20-art-latest: imagestream.image.openshift.io "4.20-art-latest" not found`,
    });
    const unusable = `failed to get full stable verification jobs: failed to get release definition from stream ${namespace}/4.20-art-latest`;
    await versioned();
    expect(await problemOf()).toMatchObject({
      message: `${unusable}: the output release image stream ${namespace}/release does not exist`,
    });
    await cluster.target();
    expect(await problemOf()).toBe('open');
    const { blockingJobs, informingJobs } = (await cluster.readPayload(tag)).spec.payloadVerificationConfig ?? {};
    expect(blockingJobs).toEqual([{ ciConfigurationName: 'own', ciConfigurationJobName: 'e2e-own' }]);
    expect(informingJobs).toEqual([{ ciConfigurationName: 'art', ciConfigurationJobName: 'e2e-art' }]);
  });

  test.concurrent('a versioned stream with a broken config, and one without', async () => {
    const { cluster, versioned, problemOf } = await scene();
    await versioned({}, { [annotation.config]: '{' });
    const broken = { metadata: { annotations: { [annotation.config]: '{"name":""}' } } };
    await cluster.client.patch(imageStreams, cluster.namespace, '4.20-art-latest', broken);
    expect(await problemOf()).toMatchObject({ message: expect.stringContaining('4.20-art-latest: release config must have a valid name') });
    await cluster.client.patch(imageStreams, cluster.namespace, '4.20-art-latest', {
      metadata: { annotations: { [annotation.config]: null } },
    });
    expect(await problemOf()).toMatchObject({ message: expect.stringContaining('4.20-art-latest: it has no release config') });
  });

  test.concurrent('of a payload that was made before, only the entries of a stream that is gone wait', async () => {
    const { cluster, id, versioned, release, verification } = await scene();
    await cluster.target();
    await versioned();
    await release.openRelease(id);
    await cluster.job(tag, jobDone);
    const { start } = await verification.planVerificationRound(id, {}, noon);
    expect(start.map(({ verify }) => verify)).toEqual(['art', 'own']);
    await cluster.client.delete(imageStreams, cluster.namespace, '4.20-art-latest');

    expect(await release.openRelease(id)).toMatchObject({ kind: 'open' });
    const { problems } = await verification.startRuns(id, start);
    expect(problems).toEqual([{ verify: 'art', message: expect.stringContaining('failed to get full stable verification jobs') }]);
    expect(await cluster.prowJobNames()).toEqual([`${tag}-own`]);

    await versioned();
    expect((await verification.startRuns(id, start)).problems).toEqual([]);
    expect(await cluster.prowJobNames()).toEqual([`${tag}-art`, `${tag}-own`]);
  });
});
