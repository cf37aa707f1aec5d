import { describe, expect, test } from 'vitest';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { imageStreams, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import { streamActivities } from '../../../activities/kubernetes/stream-activities.ts';
import { RegistryRefused } from '../../../activities/registry-requests.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import { pushImage } from '../../../infra/oci/push.ts';
import { digest, jobDone, noon, noonTag, releaseCluster, streamName } from './release-cluster.ts';
import { openedPayload, payloadScene } from './payload-scene.ts';

describe('opening a release', () => {
  test.concurrent('P11: a payload that is missing is made again, one that is there is used as it is', async () => {
    const { cluster, activities, id } = await payloadScene({ verify: { aws: { prowJob: { name: 'e2e-aws' } } } });
    expect(await activities.openRelease(id)).toEqual({
      kind: 'open',
      signed: ['Accepted'],
      source: `${cluster.namespace}/src`,
      stream: streamName,
      target: 'release',
      mirror: 'src-2025-06-01-120000',
      hasAlternateMirror: false,
      verificationDeadlineMs: 0,
      state: {
        exists: true,
        phase: 'Pending',
        creation: '',
        creationMessage: '',
        mirrorPending: false,
        jobs: { total: 0, succeeded: 0, failed: 0, pending: 0, blocking: 0, blockingDone: 0 },
      },
    });
    const { metadata } = await cluster.readPayload();
    await activities.openRelease({ namespace: id.namespace, tag: noonTag });
    expect((await cluster.readPayload()).metadata).toEqual(metadata);
    await cluster.client.delete(releasePayloads, cluster.namespace, noonTag);
    expect(await activities.openRelease(id)).toMatchObject({ kind: 'open' });
    expect((await cluster.readPayload()).spec.payloadVerificationConfig?.blockingJobs).toHaveLength(1);
  });

  test.concurrent('tells of an alternate mirror and a deadline', async () => {
    const { activities, id } = await payloadScene({ alternateImageRepository: 'quay.io/x/y' }, { verificationDeadlineMs: 5000 });
    expect(await activities.openRelease(id)).toMatchObject({
      hasAlternateMirror: true,
      verificationDeadlineMs: 5000,
      state: { mirrorPending: true },
    });
  });

  test.concurrent('without a tag: gone', async () => {
    const { activities, id } = await payloadScene();
    expect(await activities.openRelease({ ...id, tag: 'none' })).toEqual({ kind: 'gone' });
    expect(await activities.openRelease({ ...id, target: 'none' })).toEqual({ kind: 'gone' });
    expect(await activities.openRelease({ namespace: id.namespace, tag: 'none' })).toEqual({ kind: 'gone' });
  });

  test.concurrent('without its source, or with a source that can not be read: blocked, and why', async () => {
    const { cluster, activities, id } = await payloadScene();
    const problem = async () => {
      const answer = await activities.openRelease(id);
      return answer.kind === 'blocked' ? answer.problem : answer;
    };
    const reason = 'UnableToProcessRelease';
    const config = (text: string | null) =>
      cluster.client.patch(imageStreams, cluster.namespace, 'src', { metadata: { annotations: { [annotation.config]: text } } });
    await config('{"name":"x"}');
    expect(await problem()).toEqual({
      reason,
      message: `the ${annotation.config} annotation for src is invalid: release must specify 'to' unless 'as' is 'Stable'`,
    });
    await config(null);
    const gone = { reason, message: `the source stream ${cluster.namespace}/src of ${noonTag} is gone or has no release config` };
    expect(await problem()).toEqual(gone);
    await cluster.client.delete(imageStreams, cluster.namespace, 'src');
    expect(await problem()).toEqual(gone);
  });

  test.concurrent('a tag that names no source: blocked', async () => {
    const cluster = await releaseCluster();
    await cluster.target([{ name: noonTag }]);
    const { openRelease } = releaseActivities(cluster.dependencies);
    expect(await openRelease({ namespace: cluster.namespace, tag: noonTag, target: 'release' })).toMatchObject({
      kind: 'blocked',
      problem: { message: `tag ${noonTag} of ${cluster.namespace}/release names no source stream in annotation ${annotation.source}` },
    });
  });
});

describe('marking a release', () => {
  test.concurrent('sets the phase and clears an older reason', async () => {
    const { cluster, activities, id } = await payloadScene();
    await activities.markRelease(id, { phase: 'Rejected', reason: 'VerificationFailed', message: 'release verification failed' });
    expect((await cluster.readTag())?.annotations).toMatchObject({
      [annotation.phase]: 'Rejected',
      [annotation.reason]: 'VerificationFailed',
      [annotation.message]: 'release verification failed',
    });
    await activities.markRelease(id, { phase: 'Accepted' });
    const { annotations = {} } = (await cluster.readTag()) ?? {};
    expect([annotations?.[annotation.phase], annotation.reason in (annotations ?? {}), annotation.message in (annotations ?? {})]).toEqual([
      'Accepted',
      false,
      false,
    ]);
  });

  test.concurrent('with the hash alone leaves the phase', async () => {
    const { cluster, activities, id } = await openedPayload();
    await activities.markRelease({ namespace: id.namespace, tag: noonTag }, { hash: 'sha256:abc' });
    expect((await cluster.readTag())?.annotations).toMatchObject({ [annotation.phase]: 'Pending', [annotation.hash]: 'sha256:abc' });
  });

  test.concurrent('that is gone does nothing', async () => {
    const { cluster, activities, id } = await payloadScene();
    const { metadata } = await cluster.readStream('release');
    await activities.markRelease({ ...id, tag: 'none' }, { phase: 'Ready' });
    expect((await cluster.readStream('release')).metadata.resourceVersion).toBe(metadata.resourceVersion);
  });
});

describe('a pending release that gives way', () => {
  const message = 'Multiple releases were found simultaneously running.';

  test.concurrent.each([false, true])('fails in payload and tag (status written before: %s)', async (synced) => {
    const { cluster, activities, id } = await openedPayload();
    if (synced) await activities.syncPayload(id, {});
    await activities.abortPending(id);
    expect(await cluster.readPayload()).toMatchObject({ status: { releaseCreationJobResult: { status: 'Failed', message } } });
    await activities.abortPending(id);
    expect((await cluster.readTag())?.annotations).toMatchObject({
      [annotation.phase]: 'Failed',
      [annotation.reason]: 'Aborted',
      [annotation.message]: message,
    });
    expect(await activities.syncPayload(id, {})).toMatchObject({ phase: 'Failed', creation: 'Failed', creationMessage: message });
  });

  test.concurrent('without a payload fails in its tag, and is not looked at again', async () => {
    const { cluster, activities, id } = await payloadScene();
    await activities.abortPending(id);
    expect((await cluster.readTag())?.annotations?.[annotation.phase]).toBe('Failed');
    const survey = await streamActivities(cluster.dependencies).surveyStream({ namespace: id.namespace, name: 'src' }, noon);
    expect(survey).toMatchObject({ kind: 'usable', unfinished: [], aborted: [] });
  });

  test.concurrent('but was built meanwhile stays as it is', async () => {
    const { cluster, activities, id } = await openedPayload({ verify: { aws: { prowJob: { name: 'e2e-aws' } } } });
    await cluster.job(noonTag, jobDone);
    await activities.syncPayload(id, {});
    await activities.markRelease(id, { phase: 'Ready' });
    await activities.abortPending(id);
    expect(await activities.syncPayload(id, {})).toMatchObject({ phase: 'Ready', creation: 'Success' });
    expect((await cluster.readTag())?.annotations?.[annotation.phase]).toBe('Ready');
  });
});

describe('the digest of a release', () => {
  test.concurrent('is that of the imported tag', async () => {
    const cluster = await releaseCluster({ digestOf: () => Promise.reject(new Error('not asked')) });
    await cluster.source({});
    await cluster.target([{ ...cluster.releaseTag(), generation: 1 }], [cluster.imported('release', noonTag)]);
    const { releaseDigest } = releaseActivities(cluster.dependencies);
    expect(await releaseDigest({ namespace: cluster.namespace, tag: noonTag, target: 'release' })).toEqual({
      digest: digest(noonTag),
      location: `${cluster.publicRepository('release')}:${noonTag}`,
    });
  });

  test.concurrent('is asked of the registry where the stream does not tell', async () => {
    const { cluster, activities, id } = await payloadScene();
    const location = `${cluster.publicRepository('release')}:${noonTag}`;
    expect(await activities.releaseDigest(id)).toEqual({ location });
    const pushed = await pushImage(cluster.stack.registry, `${cluster.namespace}/release`, noonTag, { files: { a: cluster.namespace } });
    expect(await activities.releaseDigest(id)).toEqual({ location, digest: pushed });
  });

  test.concurrent('that a registry refuses to tell comes with what would mend it', async () => {
    const { id, activities } = await payloadScene(
      {},
      { digestOf: () => Promise.reject(new RegistryRefused('quay.example refuses it (401)')) },
    );
    expect(await activities.releaseDigest(id)).toMatchObject({ problem: 'quay.example refuses it (401)' });
  });

  test.concurrent('is not known of a release that is gone', async () => {
    const { activities, id } = await payloadScene();
    expect(await activities.releaseDigest({ ...id, tag: 'none' })).toEqual({});
  });
});
