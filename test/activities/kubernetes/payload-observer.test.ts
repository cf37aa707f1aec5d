import { describe, expect, test } from 'vitest';
import { jobs, pods } from '../../../activities/kubernetes/resources.ts';
import type { KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { isHalfWritten } from '../../../domain/payload/attention.ts';
import type { Job } from '../../../domain/payload/kinds.ts';
import { conditionOf, type ConditionType } from '../../../domain/payload/conditions.ts';
import { jobDone, jobFailed, noonTag, type ReleaseCluster } from './release-cluster.ts';
import { openedPayload, patchPayload, payloadScene, setStatus } from './payload-scene.ts';

describe('the build in the payload', () => {
  test.concurrent('is unknown without a job, pending while it runs, and made when it completed', async () => {
    const { cluster, activities, id, reason } = await openedPayload();
    expect(await activities.syncPayload(id, {})).toMatchObject({
      exists: true,
      phase: 'Pending',
      creation: 'Unknown',
      creationMessage: 'Release creation job unknown',
    });
    expect((await cluster.readPayload()).status?.releaseCreationJobResult?.coordinates).toEqual({
      name: noonTag,
      namespace: cluster.jobNamespace,
    });
    await cluster.job(noonTag, { startTime: '2025-06-01T12:01:00Z', active: 1 });
    expect(await activities.syncPayload(id, {})).toMatchObject({
      phase: 'Pending',
      creation: 'Unknown',
      creationMessage: 'Release creation job pending',
    });
    await cluster.endJob(noonTag, { active: 0, ...jobDone });
    // No job has to be waited for: with the build the payload is accepted.
    expect(await activities.syncPayload(id, {})).toMatchObject({
      phase: 'Accepted',
      creation: 'Success',
      creationMessage: 'Release creation Job completed',
    });
    expect(await reason('PayloadCreated')).toBe('ReleasePayloadCreated');
  });

  test.concurrent('failed: with the words of the job, in phase Failed', async () => {
    const { cluster, activities, id, reason } = await openedPayload();
    await cluster.job(noonTag, jobFailed);
    const message = 'BackoffLimitExceeded: Job has reached the specified backoff limit';
    expect(await activities.syncPayload(id, {})).toMatchObject({
      phase: 'Failed',
      creation: 'Failed',
      creationMessage: message,
      rejection: { reason: 'ReleasePayloadCreationJobFailed', message },
    });
    expect(await reason('PayloadFailed')).toBe('ReleasePayloadFailed');
  });

  test.concurrent('payload 65, payload 66: failed, with the newest last word of its failed build containers', async () => {
    const { cluster, activities, id } = await openedPayload();
    const job = await cluster.job(noonTag, jobFailed);
    const fail = async (name: string, message: string, finishedAt: string, container = 'build') => {
      const metadata = { name, namespace: cluster.jobNamespace, labels: { 'controller-uid': job.metadata.uid ?? '' } };
      const spec = { schedulerName: 'nobody', restartPolicy: 'Never', containers: [{ name: container, image: 'none' }] };
      await cluster.client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec } as KubernetesObject);
      const terminated = { exitCode: 1, message, finishedAt, startedAt: finishedAt };
      const status = {
        phase: 'Failed',
        containerStatuses: [{ name: container, image: 'none', imageID: '', ready: false, restartCount: 0, state: { terminated } }],
      };
      await cluster.client.patch(pods, cluster.jobNamespace, name, { status }, { subresource: 'status' });
    };
    await fail('first', 'error: image not found', '2025-06-01T12:01:00Z');
    await fail('second', 'error: manifest unknown', '2025-06-01T12:02:00Z');
    await fail('silent', '', '2025-06-01T12:03:00Z');
    await fail('other', 'not the build', '2025-06-01T12:04:00Z', 'sidecar');
    expect(await activities.syncPayload(id, {})).toMatchObject({
      creationMessage: 'error: manifest unknown',
      rejection: { message: 'error: manifest unknown' },
    });
  });

  test.concurrent('a job deleted while it runs is unknown again; deleted after its end it takes nothing back', async () => {
    const { cluster, activities, id } = await openedPayload();
    const remove = () => cluster.client.delete(jobs, cluster.jobNamespace, noonTag);
    await cluster.job(noonTag, { startTime: '2025-06-01T12:01:00Z', active: 1 });
    await activities.syncPayload(id, {});
    await remove();
    expect(await activities.syncPayload(id, {})).toMatchObject({ creation: 'Unknown', creationMessage: 'Release creation job unknown' });
    await cluster.job(noonTag, jobFailed);
    await activities.syncPayload(id, {});
    await remove();
    expect(await activities.syncPayload(id, {})).toMatchObject({ phase: 'Failed', creation: 'Failed' });
  });

  test.concurrent('of a payload that is gone: there is none', async () => {
    const { activities, id } = await payloadScene();
    expect(await activities.syncPayload(id, {})).toMatchObject({ exists: false, phase: 'Pending' });
  });
});

describe('a verdict that another controller left half written', () => {
  /** As it is when everything is known, and the conditions are not all written. */
  const decided = async (state: 'Success' | 'Failure', without: ConditionType[]) => {
    const one = await openedPayload({ verify: { aws: { prowJob: { name: 'e2e-aws' } } } });
    await one.cluster.job(noonTag, jobDone);
    await one.activities.syncPayload(one.id, {});
    const blockingJobResults = [{ ciConfigurationName: 'aws', ciConfigurationJobName: 'e2e-aws', state, results: [{ state }] }];
    await setStatus(one.cluster, (status) => ({ ...status, blockingJobResults }));
    await one.activities.syncPayload(one.id, {});
    await setStatus(one.cluster, (status) => ({
      ...status,
      conditions: status.conditions?.filter(({ type }) => !without.includes(type as never)),
    }));
    return one;
  };

  test.concurrent.each<[string, 'Success' | 'Failure', ConditionType[], string]>([
    ['accepted, and nothing of a rejection', 'Success', ['PayloadRejected'], 'Accepted'],
    ['accepted, and nothing of the build', 'Success', ['PayloadCreated', 'PayloadFailed'], 'Accepted'],
    ['rejected, and nothing of an acceptance', 'Failure', ['PayloadAccepted'], 'Rejected'],
  ])('%s: is completed when the release is opened', async (_, state, without, phase) => {
    const { cluster, activities, id } = await decided(state, without);
    expect(isHalfWritten(await cluster.readPayload())).toBe(true);
    expect(await activities.openRelease(id)).toMatchObject({ state: { phase } });
    const settled = await cluster.readPayload();
    expect(isHalfWritten(settled)).toBe(false);
    expect(settled.status?.conditions?.map(({ type }) => type)).toEqual(expect.arrayContaining(without));
  });

  test.concurrent('both: the jobs say which one', async () => {
    const { cluster, activities, id } = await decided('Failure', []);
    await setStatus(cluster, (status) => ({
      ...status,
      conditions: status.conditions?.map((one) => (one.type === 'PayloadAccepted' ? { ...one, status: 'True' as const } : one)),
    }));
    expect(await activities.openRelease(id)).toMatchObject({ state: { phase: 'Rejected' } });
    expect(conditionOf(await cluster.readPayload(), 'PayloadAccepted')?.status).toBe('False');
  });

  test.concurrent('whole, but with a run that goes on: says so, so that its result is taken in', async () => {
    const { cluster, activities, id } = await decided('Success', []);
    expect(await activities.openRelease(id)).not.toHaveProperty('hasOpenRuns');
    const informing = { ciConfigurationName: 'gcp', ciConfigurationJobName: 'e2e-gcp', state: 'Pending', results: [{ state: 'Pending' }] };
    await setStatus(cluster, (status) => ({ ...status, informingJobResults: [informing] }));
    expect(await activities.openRelease(id)).toMatchObject({ hasOpenRuns: true, state: { phase: 'Accepted' } });
  });
});

describe('the alternate mirror in the payload', () => {
  const mirrored = { alternateImageRepository: 'quay.io/x/y', alternateImageRepositorySecretName: 's' };
  const mirrorJob = `${noonTag}-alternate-mirror`;

  test.concurrent('holds the verdict back until it ended', async () => {
    const { cluster, activities, id, reason } = await openedPayload(mirrored);
    await cluster.job(noonTag, jobDone);
    expect(await activities.syncPayload(id, {})).toMatchObject({ phase: 'Ready', mirrorPending: true });
    await cluster.job(mirrorJob, jobDone);
    expect(await activities.syncPayload(id, {})).toMatchObject({ phase: 'Accepted', mirrorPending: false });
    expect(await reason('PayloadMirrored')).toBe('ReleasePayloadMirrored');
  });

  test.concurrent('that failed, or can not be made at all, lets the payload pass', async () => {
    const { cluster, activities, id } = await openedPayload(mirrored);
    await cluster.job(noonTag, jobDone);
    expect(await activities.syncPayload(id, { alternateMirrorFailure: 'no image with oc' })).toMatchObject({ phase: 'Accepted' });
    expect((await cluster.readPayload()).status?.releaseMirrorJobResult).toMatchObject({ status: 'Failed', message: 'no image with oc' });

    const other = await openedPayload(mirrored);
    await other.cluster.job(noonTag, jobDone);
    await other.cluster.job(mirrorJob, jobFailed);
    expect(await other.activities.syncPayload(other.id, {})).toMatchObject({ phase: 'Accepted' });
    expect(conditionOf(await other.cluster.readPayload(), 'PayloadMirrorFailed')?.status).toBe('True');
  });
});

describe('an override', () => {
  const verify = { aws: { prowJob: { name: 'e2e-aws' } } };
  const override = (cluster: ReleaseCluster, verdict: string, reason = 'by hand') =>
    patchPayload(cluster, { spec: { payloadOverride: { override: verdict, reason } } });

  test.concurrent('before the build waits for it', async () => {
    const { cluster, activities, id, reason } = await openedPayload({ verify });
    await override(cluster, 'Accepted');
    expect(await activities.syncPayload(id, {})).toMatchObject({ phase: 'Pending' });
    await cluster.job(noonTag, jobDone);
    expect(await activities.syncPayload(id, {})).toMatchObject({ phase: 'Accepted' });
    expect(await reason('PayloadAccepted')).toBe('ReleasePayloadManuallyAccepted');
  });

  test.concurrent('after the verdict turns it, and its withdrawal turns it back', async () => {
    const { cluster, activities, id } = await openedPayload();
    await cluster.job(noonTag, jobDone);
    expect(await activities.syncPayload(id, {})).toMatchObject({ phase: 'Accepted' });
    await override(cluster, 'Rejected', 'it eats files');
    expect(await activities.syncPayload(id, {})).toMatchObject({
      phase: 'Rejected',
      rejection: { reason: 'ReleasePayloadManuallyRejected', message: 'it eats files' },
    });
    await patchPayload(cluster, { spec: { payloadOverride: null } });
    expect(await activities.syncPayload(id, {})).toMatchObject({ phase: 'Accepted' });
  });

  test.concurrent('that is withdrawn while jobs run leaves the release to them, and says that its tag does not yet', async () => {
    const { cluster, activities, id } = await openedPayload({ verify: { aws: { prowJob: { name: 'e2e-aws' } } } });
    await cluster.job(noonTag, jobDone);
    await patchPayload(cluster, { spec: { payloadOverride: { override: 'Accepted', reason: 'urgent' } } });
    expect(await activities.syncPayload(id, {})).toMatchObject({ phase: 'Accepted' });
    await activities.markRelease(id, { phase: 'Accepted' });
    await patchPayload(cluster, { spec: { payloadOverride: null } });
    expect(await activities.openRelease(id)).toMatchObject({ bearsWithdrawnVerdict: true, state: { phase: 'Ready' } });
    await activities.markRelease(id, { phase: 'Ready' });
    expect(await activities.openRelease(id)).not.toHaveProperty('bearsWithdrawnVerdict');
  });
});

describe('the status of a payload', () => {
  test.concurrent('edited by hand, heals', async () => {
    const { cluster, activities, id } = await openedPayload({ verify: { aws: { prowJob: { name: 'e2e-aws' } } } });
    await cluster.job(noonTag, jobDone);
    await activities.syncPayload(id, {});
    const before = (await cluster.readPayload()).status;
    await setStatus(cluster, (status) => ({ ...status, conditions: [], blockingJobResults: [], informingJobResults: null }));
    expect(await activities.syncPayload(id, {})).toMatchObject({ phase: 'Ready', jobs: { total: 1, blocking: 1, pending: 1 } });
    const after = (await cluster.readPayload()).status;
    expect(after?.conditions?.map(({ type, status }) => [type, status])).toEqual(
      before?.conditions?.map(({ type, status }) => [type, status]),
    );
    expect(after?.blockingJobResults).toEqual(before?.blockingJobResults);
  });

  test.concurrent('that says all already is not written again', async () => {
    const { cluster, activities, id } = await openedPayload();
    await cluster.job(noonTag, jobDone);
    await activities.syncPayload(id, {});
    const { resourceVersion } = (await cluster.readPayload()).metadata;
    await activities.syncPayload(id, {});
    expect((await cluster.readPayload()).metadata.resourceVersion).toBe(resourceVersion);
  });

  test.concurrent('says what the qualifiers say: of jobs, and of people by labels', async () => {
    const general = { fips: { enabled: true, failureLabels: ['fips-broken'] }, qe: { approval: true, badgeName: 'QE' } };
    const qualifiers = { load: async () => general };
    const verify = { aws: { prowJob: { name: 'e2e-aws' }, qualifiers: { fips: { badgeName: 'FIPS' } } } };
    const { cluster, activities, id } = await openedPayload({ verify }, { qualifiers });
    await activities.syncPayload(id, {});
    const summary = async () => (await cluster.readPayload()).status?.qualifiersSummary;
    const fips = {
      jobs: [{ ciConfigurationName: 'aws', ciConfigurationJobName: 'e2e-aws' }],
      aggregateState: 'Unknown',
      badgeName: 'FIPS',
      badgeEarned: false,
      badgePropagated: false,
      failureLabels: ['fips-broken'],
    };
    expect(await summary()).toEqual({ qualifiers: { fips } });
    await patchPayload(cluster, { metadata: { labels: { 'release.openshift.io/qe_state': 'Accepted' } } });
    await activities.syncPayload(id, {});
    const qe = { approval: true, aggregateState: 'Success', badgeName: 'QE', badgeEarned: true, badgePropagated: false };
    expect(await summary()).toEqual({ qualifiers: { fips, qe } });
    await patchPayload(cluster, { metadata: { labels: { 'release.openshift.io/qe_state': null } } });
    await activities.syncPayload(id, {});
    expect(await summary()).toEqual({ qualifiers: { fips } });
  });

  test.concurrent('payload trap 15: nothing to say about qualifiers is written once and not again', async () => {
    const { cluster, activities, id } = await openedPayload({}, { qualifiers: { load: async () => ({ fips: {} }) } });
    await activities.syncPayload(id, {});
    await setStatus(cluster, (status) => ({ ...status, qualifiersSummary: {} }));
    await activities.syncPayload(id, {});
    const before = await cluster.readPayload();
    expect(before.status).not.toHaveProperty('qualifiersSummary');
    await activities.syncPayload(id, {});
    expect((await cluster.readPayload()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  test.concurrent('keeps what another writes at the same time', async () => {
    const { cluster, activities, id } = await openedPayload();
    await cluster.job(noonTag, jobDone);
    const qualifiersSummary = { failureLabels: ['x'] };
    const label = (index: number) => patchPayload(cluster, { metadata: { labels: { [`round-${index}`]: 'x' } } });
    await Promise.all([
      activities.syncPayload(id, {}),
      setStatus(cluster, (status) => ({ ...status, qualifiersSummary })),
      ...Array.from({ length: 5 }, (_, index) => label(index)),
    ]);
    const { status, metadata } = await cluster.readPayload();
    expect(status).toMatchObject({ qualifiersSummary, releaseCreationJobResult: { status: 'Success' } });
    expect(Object.keys(metadata.labels ?? {})).toHaveLength(5);
  });
});

test.concurrent('the job that a payload names is read, not one of the same name elsewhere', async () => {
  const { cluster, activities, id } = await openedPayload();
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'build', image: 'none' }] } };
  await cluster.client.create<Job>(jobs, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: noonTag, namespace: cluster.namespace },
    spec: { managedBy: 'example.test/by-hand', template },
  });
  await cluster.changeStatus<Job>(jobs, cluster.namespace, noonTag, () => jobDone);
  expect(await activities.syncPayload(id, {})).toMatchObject({ creation: 'Unknown' });
});
