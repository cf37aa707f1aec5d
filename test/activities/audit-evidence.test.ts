import { describe, expect, test } from 'vitest';
import { evidenceActivities } from '../../activities/audit-evidence.ts';
import { verifyImages } from '../../activities/image-verifier.ts';
import type { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { imageStreams, releasePayloads, type Resource } from '../../activities/kubernetes/resources.ts';
import { releaseActivities } from '../../activities/kubernetes/release-activities.ts';
import { openStore } from '../../activities/signature-store.ts';
import { auditRecordPath, type AuditedRelease } from '../../domain/audit/audit-record.ts';
import { attemptPath, mostFailureRecords, type AuditAttempt } from '../../domain/audit/audit-attempt.ts';
import type { AuditPolicy } from '../../domain/audit/verification-policy.ts';
import type { Condition, ImageStream, ReleasePayload } from '../../domain/payload/kinds.ts';
import { testStack } from '../support/stack.ts';
import { noonTag, releaseCluster, streamName } from './kubernetes/release-cluster.ts';

const stack = testStack();
const release: AuditedRelease = {
  namespace: 'ocp',
  tag: '4.20.0-1',
  stream: '4.20',
  digest: `sha256:${'a1'.repeat(32)}`,
  location: 'quay.example/r:4.20.0-1',
};
const signature = { path: 'signatures/openshift/release/sha256=a1/signature-1', fingerprint: 'F00D', signedAt: '2026-11-24T01:30:00.000Z' };

const condition = (type: string): Condition => ({
  type,
  status: 'True',
  reason: type,
  message: '',
  lastTransitionTime: signature.signedAt,
});
const payload = (...conditions: string[]): ReleasePayload => ({
  apiVersion: 'release.openshift.io/v1alpha1',
  kind: 'ReleasePayload',
  metadata: { name: release.tag, namespace: release.namespace },
  spec: { payloadCoordinates: { namespace: 'ocp', imagestreamName: 'release', imagestreamTagName: release.tag } },
  status: { conditions: conditions.map(condition) },
});

const target = (image: string): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name: 'release', namespace: 'ocp' },
  spec: { tags: [{ name: release.tag, generation: 1 }] },
  status: { tags: [{ tag: release.tag, items: [{ created: signature.signedAt, dockerImageReference: '', image, generation: 1 }] }] },
});

/** An image stream with the tag, and nothing said about what it points at. */
const unimported = target('');

const policy: AuditPolicy = { verification: 'auto', delay: 0, phases: ['Accepted'], streams: 'all' };

function evidence(found: ReleasePayload | undefined, stream: ImageStream | undefined = unimported, settings: Partial<AuditPolicy> = {}) {
  const store = openStore(`gs://${stack.bucket}/${stack.freshName('audit')}`, { endpoint: stack.storageEndpoint });
  return {
    store,
    ...evidenceActivities({
      cluster: {
        get: async <T>(resource: Resource) => (resource === imageStreams ? stream : found) as T | undefined,
      } as unknown as KubernetesClient,
      store,
      policy: { ...policy, ...settings },
      verifyImages,
    }),
  };
}

test.each([
  ['accepted', payload('PayloadAccepted'), { eligible: true }],
  [
    'rejected meanwhile',
    payload('PayloadRejected'),
    { eligible: false, why: '4.20.0-1 is Rejected, and only accepted releases are signed' },
  ],
  ['not yet accepted', payload('PayloadCreated'), { eligible: false, why: '4.20.0-1 is Ready, and only accepted releases are signed' }],
  ['gone', undefined, { eligible: false, why: 'the payload of 4.20.0-1 is gone' }],
])('a release that is %s: %3$j', async (_case, found, eligibility) => {
  expect(await evidence(found).checkEligible(release)).toEqual(eligibility);
});

const older = (phase?: string): ImageStream => ({
  ...target(release.digest),
  metadata: { name: 'release', namespace: 'ocp', annotations: { 'release.openshift.io/config': '{"name":"4.20","as":"Stable"}' } },
  spec: {
    tags: [
      {
        name: release.tag,
        generation: 1,
        annotations: {
          'release.openshift.io/source': 'ocp/release',
          'release.openshift.io/reason': 'Legacy',
          ...(phase === undefined ? {} : { 'release.openshift.io/phase': phase }),
        },
      },
    ],
  },
});

test.each([
  ['Accepted', { eligible: true }],
  ['Rejected', { eligible: false, why: '4.20.0-1 is Rejected, and only accepted releases are signed' }],
  [undefined, { eligible: false, why: '4.20.0-1 is without a verdict, and only accepted releases are signed' }],
])('a release that is older than payloads, and whose tag says %s', async (phase, eligibility) => {
  expect(await evidence(undefined, older(phase)).checkEligible({ ...release, target: 'release' })).toEqual(eligibility);
});

test('of a release that is older than payloads, the record tells what its tag says', async () => {
  const { store, recordAttempt } = evidence(undefined, older('Accepted'));
  await recordAttempt({ ...release, target: 'release' }, { id: 'run/0', outcome: 'signed', signature, at: signature.signedAt });
  const record = JSON.parse(Buffer.from((await store.read('audit/ocp/4.20.0-1.json')) ?? []).toString()) as object;
  expect(record).toMatchObject({ phase: 'Accepted', verdict: { reason: 'Legacy', message: '' }, jobs: [] });
  expect(record).not.toHaveProperty('target');
});

test('a release whose tag is gone is not signed', async () => {
  const stream = { ...unimported, spec: { tags: [] } };
  expect(await evidence(payload('PayloadAccepted'), stream).checkEligible(release)).toEqual({
    eligible: false,
    why: 'the tag of 4.20.0-1 is gone',
  });
});

test.each([
  ['shows no digest', '', true],
  ['shows the same digest', release.digest, true],
  ['has moved to another image', `sha256:${'b2'.repeat(32)}`, false],
])('a release whose tag %s', async (_case, image, eligible) => {
  expect(await evidence(payload('PayloadAccepted'), target(image)).checkEligible(release)).toMatchObject({ eligible });
});

test.each([
  ['accepted', payload('PayloadAccepted'), false, '4.20.0-1 is Accepted, and only rejected releases are signed'],
  ['rejected', payload('PayloadRejected'), true, undefined],
])('audit trap 8: where the settings have rejected releases signed, one that is %s', async (_case, found, eligible, why) => {
  const { checkEligible } = evidence(found, undefined, { phases: ['Rejected'] });
  expect(await checkEligible(release)).toEqual({ eligible, ...(why === undefined ? {} : { why }) });
});

test('audit trap 8: the delay counts from the verdict', async () => {
  const { checkEligible } = evidence(payload('PayloadAccepted'), undefined, { delay: 3_600_000 });
  expect(await checkEligible(release)).toEqual({ eligible: true, notBefore: '2026-11-24T02:30:00.000Z' });
});

const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();
const signed: AuditAttempt = { id: 'run/0', outcome: 'signed', signature, at: '2026-11-24T01:30:01.000Z' };
const own = 'audit/ocp/4.20.0-1.json';
const attempts = 'audit/ocp/4.20.0-1/';

test('the record is written once and stays as it was', async () => {
  const { store, recordAttempt } = evidence(payload('PayloadAccepted'));
  expect(await recordAttempt(release, signed)).toEqual({ path: own });
  const first = await store.read(own);
  expect(JSON.parse(textOf(first))).toMatchObject({
    schemaVersion: 1,
    release: '4.20.0-1',
    phase: 'Accepted',
    signature: { fingerprint: 'F00D' },
  });

  expect(await recordAttempt(release, signed)).toEqual({ path: own });
  expect(await store.read(own)).toEqual(first);
  expect(await store.list(attempts)).toEqual([`${attempts}attempt-1.json`]);
});

test('audit trap 11: each attempt has a record of its own, and none is overwritten', async () => {
  const { store, recordAttempt } = evidence(payload('PayloadAccepted'));
  const failed = (n: number): AuditAttempt => ({ id: `run/${n}`, outcome: 'verification failed', why: `failure ${n}`, at: signed.at });
  expect(await recordAttempt(release, failed(1))).toEqual({ path: `${attempts}attempt-1.json` });
  expect(await recordAttempt(release, failed(2))).toEqual({ path: `${attempts}attempt-2.json` });
  expect(await recordAttempt(release, { ...signed, requested: { by: 'ada', reason: 'mended' } })).toEqual({ path: own });
  expect(await recordAttempt(release, { ...signed, id: 'again/0', requested: { by: 'bob', reason: 'to be sure' } })).toEqual({ path: own });
  const read = async (n: number) => JSON.parse(textOf(await store.read(`${attempts}attempt-${n}.json`))) as Record<string, unknown>;
  expect([await read(1), await read(2), await read(3), await read(4)]).toMatchObject([
    { attempt: 1, outcome: 'verification failed', why: 'failure 1' },
    { attempt: 2, outcome: 'verification failed', why: 'failure 2' },
    { attempt: 3, outcome: 'signed', requested: { by: 'ada', reason: 'mended' } },
    { attempt: 4, outcome: 'signed', requested: { by: 'bob', reason: 'to be sure' } },
  ]);
  expect(JSON.parse(textOf(await store.read(own)))).toMatchObject({ requested: { by: 'ada' } });
});

test('many at once write one record each', async () => {
  const { store, recordAttempt } = evidence(payload('PayloadAccepted'));
  await Promise.all([1, 2, 3, 4].map((n) => recordAttempt(release, { id: `run/${n}`, outcome: 'refused', why: 'no', at: signed.at })));
  expect(await store.list(attempts)).toHaveLength(4);
});

test('the record of an older image stays; the attempt tells of the new one', async () => {
  const { store, recordAttempt } = evidence(payload('PayloadAccepted'));
  await store.create(auditRecordPath(release), new TextEncoder().encode('{}'), 'application/json');
  expect(await recordAttempt(release, signed)).toEqual({ path: `${attempts}attempt-1.json` });
  expect(textOf(await store.read(own))).toBe('{}');
});

test('failures are bounded, signatures are not', async () => {
  const { store, recordAttempt } = evidence(payload('PayloadAccepted'));
  for (let n = 1; n <= mostFailureRecords; n += 1)
    await store.create(attemptPath(release, n), new TextEncoder().encode('{}'), 'application/json');
  expect(await recordAttempt(release, { id: 'run/9', outcome: 'refused', why: 'no', at: signed.at })).toEqual({});
  await recordAttempt(release, signed);
  expect(await store.list(attempts)).toHaveLength(mostFailureRecords + 1);
});

describe('a release in the cluster', () => {
  async function accepted() {
    const cluster = await releaseCluster();
    const digest = `sha256:${'c'.repeat(64)}`;
    await cluster.source({});
    await cluster.target([{ ...cluster.releaseTag(), generation: 1 }], [cluster.imported('release', noonTag, digest)]);
    const store = openStore(`gs://${stack.bucket}/${stack.freshName('audit')}`, { endpoint: stack.storageEndpoint });
    const audited: AuditedRelease = {
      namespace: cluster.namespace,
      tag: noonTag,
      stream: streamName,
      digest,
      location: `${cluster.publicRepository('release')}:${noonTag}`,
    };
    await releaseActivities(cluster.dependencies).openRelease({ namespace: cluster.namespace, tag: noonTag, target: 'release' });
    const conditions = [condition('PayloadAccepted')];
    await cluster.changeStatus<ReleasePayload>(releasePayloads, cluster.namespace, noonTag, () => ({ conditions }));
    return { cluster, audited, ...evidenceActivities({ cluster: cluster.client, store, policy, verifyImages }) };
  }

  test('may be signed as long as it is what and where it was', async () => {
    const { audited, checkEligible } = await accepted();
    expect(await checkEligible(audited)).toEqual({ eligible: true });
  });

  test('audit trap 5: is refused when its digest or its place has moved', async () => {
    const { audited, checkEligible } = await accepted();
    const moved = { ...audited, digest: `sha256:${'d'.repeat(64)}` };
    expect(await checkEligible(moved)).toMatchObject({ eligible: false, why: expect.stringContaining('has the digest') as string });
    const elsewhere = { ...audited, location: 'quay.example/elsewhere:1' };
    expect(await checkEligible(elsewhere)).toEqual({
      eligible: false,
      why: `${noonTag} is at ${audited.location} now, and not at quay.example/elsewhere:1 any more`,
    });
  });

  test('is left out when only Stable streams are signed', async () => {
    const { cluster, audited } = await accepted();
    const store = openStore(`gs://${stack.bucket}/${stack.freshName('audit')}`, { endpoint: stack.storageEndpoint });
    const { checkEligible } = evidenceActivities({
      cluster: cluster.client,
      store,
      policy: { ...policy, streams: 'stable' },
      verifyImages,
    });
    expect(await checkEligible(audited)).toEqual({ eligible: false, why: `releases of stream ${streamName} are not signed` });
  });
});
