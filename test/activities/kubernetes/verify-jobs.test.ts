import { describe, expect, test } from 'vitest';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { verifyJobActivities } from '../../../activities/kubernetes/verify-jobs.ts';
import { jobs } from '../../../activities/kubernetes/resources.ts';
import type { AuditedRelease } from '../../../domain/audit/audit-record.ts';
import type { AuditPolicy } from '../../../domain/audit/verification-policy.ts';
import { buildVerifyJob, verifyJobName, type VerifyJobFacts } from '../../../domain/audit/verify-job.ts';
import type { Job } from '../../../domain/payload/kinds.ts';
import { jobDone, jobFailed, noonTag, releaseCluster, streamName, type ReleaseCluster } from './release-cluster.ts';

const digest = `sha256:${'c1'.repeat(32)}`;

async function verifying(settings: Partial<AuditPolicy> = {}, config: object = {}) {
  const cluster = await releaseCluster();
  await cluster.source({ pullSecretName: 'pull', ...config });
  await cluster.target([cluster.releaseTag()]);
  await releaseActivities(cluster.dependencies).openRelease({ namespace: cluster.namespace, tag: noonTag, target: 'release' });
  const policy: AuditPolicy = {
    verification: 'auto',
    delay: 0,
    phases: ['Accepted'],
    streams: 'all',
    cliImage: 'quay.example/cli',
    ...settings,
  };
  const release: AuditedRelease = {
    namespace: cluster.namespace,
    tag: noonTag,
    stream: streamName,
    digest,
    location: `${cluster.publicRepository('release')}:${noonTag}`,
  };
  return { cluster, release, ...verifyJobActivities({ client: cluster.client, policy, jobNamespace: cluster.jobNamespace }) };
}

const factsIn = (cluster: ReleaseCluster, attempt: number, of = digest): VerifyJobFacts => ({
  name: verifyJobName(of, attempt),
  namespace: cluster.jobNamespace,
  digest: of,
  pullSpec: `${cluster.publicRepository('release')}@${of}`,
  image: 'quay.example/cli',
  target: `${cluster.namespace}/release`,
  tag: noonTag,
  pullSecretName: 'pull',
});
const digestOf = (n: number) => `sha256:${String(n).repeat(64)}`;
const namesOf = async (cluster: ReleaseCluster) =>
  (await cluster.client.list<Job>(jobs, cluster.jobNamespace)).items.map(({ metadata }) => metadata.name).toSorted();

/** A job that the cluster's own Job controller leaves alone. */
async function place(cluster: ReleaseCluster, facts: VerifyJobFacts, change: (job: Job) => Job = (job) => job): Promise<void> {
  const job = change(buildVerifyJob(facts));
  await cluster.client.create(jobs, { ...job, spec: { ...job.spec, managedBy: 'example.test/by-hand' } });
}

const withoutDigest = (job: Job): Job => {
  const { 'waybill.dev/digest': _, ...annotations } = job.metadata.annotations ?? {};
  return { ...job, metadata: { ...job.metadata, annotations } };
};

describe('how a release is to be verified', () => {
  test('by a job with the audit image, that is addressed by digest', async () => {
    const { cluster, release, planVerification } = await verifying();
    expect(await planVerification(release, false)).toEqual({ kind: 'job', job: factsIn(cluster, 1) });
  });

  test('with the image that the stream’s override refers to', async () => {
    const { release, planVerification } = await verifying({ cliImage: undefined }, { overrideCLIImage: 'quay.example/override:1' });
    expect(await planVerification(release, false)).toMatchObject({ kind: 'job', job: { image: 'quay.example/override:1' } });
  });

  test.each<[string, Partial<AuditPolicy>, string]>([
    ['the settings say local', { cliImage: 'local' }, 'local'],
    ['nothing is known to do it with', { cliImage: undefined }, 'none'],
    ['nothing is known and something is required', { cliImage: undefined, verification: 'required' }, 'missing'],
  ])('when %s', async (_case, settings, kind) => {
    const { release, planVerification } = await verifying(settings);
    expect(await planVerification(release, false)).toMatchObject({ kind });
  });

  test('not at all when the tag is gone; when its stream is not readable, that is trouble', async () => {
    const { cluster, release, planVerification } = await verifying();
    expect(await planVerification({ ...release, tag: 'gone' }, false)).toEqual({ kind: 'gone' });
    await cluster.client.delete(
      { group: 'image.openshift.io', version: 'v1', plural: 'imagestreams', kind: 'ImageStream', namespaced: true },
      cluster.namespace,
      'src',
    );
    await expect(planVerification(release, false)).rejects.toThrow(/source stream .* is gone/);
  });

  test('audit trap 3: after a failure by a job of another name', async () => {
    const { cluster, release, planVerification } = await verifying();
    await place(cluster, factsIn(cluster, 1));
    expect(await planVerification(release, true)).toMatchObject({ job: { name: verifyJobName(digest, 1) } });
    await cluster.endJob(verifyJobName(digest, 1), jobFailed);
    expect(await planVerification(release, false)).toMatchObject({ job: { name: verifyJobName(digest, 2) } });
  });

  test('a success counts, unless it is asked for afresh', async () => {
    const { cluster, release, planVerification } = await verifying();
    await place(cluster, factsIn(cluster, 1));
    await cluster.endJob(verifyJobName(digest, 1), jobDone);
    expect(await planVerification(release, false)).toMatchObject({ job: { name: verifyJobName(digest, 1) } });
    expect(await planVerification(release, true)).toMatchObject({ job: { name: verifyJobName(digest, 2) } });
  });

  test('audit trap 6: the old auditor’s job, which verifies a tag, proves nothing', async () => {
    const { cluster, release, planVerification, readVerifyJob } = await verifying();
    await place(cluster, factsIn(cluster, 1), withoutDigest);
    await cluster.endJob(verifyJobName(digest, 1), jobDone);
    expect(await readVerifyJob(factsIn(cluster, 1))).toEqual({ kind: 'foreign' });
    expect(await planVerification(release, false)).toMatchObject({ job: { name: verifyJobName(digest, 2) } });
  });
});

describe('what became of a job', () => {
  test('none, active, done, failed without a word', async () => {
    const { cluster, readVerifyJob } = await verifying();
    const facts = factsIn(cluster, 1);
    expect(await readVerifyJob(facts)).toEqual({ kind: 'none' });
    await place(cluster, facts);
    expect(await readVerifyJob(facts)).toEqual({ kind: 'active' });
    await cluster.endJob(facts.name, jobFailed);
    expect(await readVerifyJob(facts)).toEqual({ kind: 'failed', why: 'Unable to verify release for unknown reason' });
    const second = factsIn(cluster, 2);
    await place(cluster, second);
    await cluster.endJob(second.name, jobDone);
    expect(await readVerifyJob(second)).toEqual({ kind: 'succeeded' });
  });
});

describe('the jobs of a namespace', () => {
  test('no more than two are active at once, and each is made once', async () => {
    const { cluster, ...activities } = await verifying();
    const tend = (wanted: VerifyJobFacts[], now: number) => activities.tendVerifyJobs(cluster.jobNamespace, wanted, now);
    const wanted = [1, 2, 3].map((n) => factsIn(cluster, 1, digestOf(n)));
    const [first, second, third] = wanted.map(({ name }) => name) as [string, string, string];
    expect(await tend(wanted, Date.now())).toEqual({ served: [first, second], refused: [], jobs: 2 });
    expect(await tend(wanted, Date.now())).toMatchObject({ served: [first, second], jobs: 2 });
    await cluster.client.delete(jobs, cluster.jobNamespace, first);
    expect(await tend([wanted[2]!], Date.now())).toMatchObject({ served: [third], jobs: 2 });
    expect(await namesOf(cluster)).toEqual([second, third].toSorted());
  });

  test('audit trap 2: failed ones do not count, and what ended long ago is removed', async () => {
    const { cluster, ...activities } = await verifying();
    const tend = (wanted: VerifyJobFacts[], now: number) => activities.tendVerifyJobs(cluster.jobNamespace, wanted, now);
    for (const n of [1, 2]) {
      await place(cluster, factsIn(cluster, n));
      const transitioned = jobFailed.conditions?.map((each) => ({ ...each, lastTransitionTime: '2025-06-01T12:10:00Z' }));
      await cluster.endJob(verifyJobName(digest, n), { ...jobFailed, conditions: transitioned as never });
    }
    await place(cluster, factsIn(cluster, 3));
    await cluster.endJob(verifyJobName(digest, 3), jobDone);
    const wanted = factsIn(cluster, 4);
    const noon = Date.parse('2025-06-01T12:16:00Z');
    expect(await tend([wanted], noon)).toMatchObject({
      served: [wanted.name],
      jobs: 4,
      nextRemovalMs: 60_000,
    });
    expect(await tend([], noon + 60_000)).toMatchObject({ jobs: 3 });
    expect(await namesOf(cluster)).toEqual([1, 2, 4].map((n) => verifyJobName(digest, n)).toSorted());
    expect(await tend([], noon + 86_400_000)).toEqual({ served: [], refused: [], jobs: 1 });
  });

  test('what the cluster refuses is said', async () => {
    const { cluster, ...activities } = await verifying();
    const tend = (wanted: VerifyJobFacts[], now: number) => activities.tendVerifyJobs(cluster.jobNamespace, wanted, now);
    const wanted = { ...factsIn(cluster, 1), name: 'Not_A_Name' };
    const { served, refused } = await tend([wanted], Date.now());
    expect([served, refused]).toEqual([
      [],
      [{ name: 'Not_A_Name', why: expect.stringMatching(/^Job .*Not_A_Name is refused: /) as string }],
    ]);
  });
});
