import { expect, test } from 'vitest';
import { evidenceActivities } from '../../activities/audit-evidence.ts';
import { imageStreams, type Resource } from '../../activities/kubernetes/resources.ts';
import { openStore } from '../../activities/signature-store.ts';
import { auditRecordPath, type AuditedRelease } from '../../domain/audit/audit-record.ts';
import type { Condition, ImageStream, ReleasePayload } from '../../domain/payload/kinds.ts';
import { testStack } from '../support/stack.ts';

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

function evidence(found: ReleasePayload | undefined, stream?: ImageStream) {
  const store = openStore(`gs://${stack.bucket}/${stack.freshName('audit')}`, { endpoint: stack.storageEndpoint });
  return {
    store,
    ...evidenceActivities({
      cluster: { get: async <T>(resource: Resource) => (resource === imageStreams ? stream : found) as T | undefined },
      store,
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

test.each([
  ['shows no digest', '', true],
  ['shows the same digest', release.digest, true],
  ['has moved to another image', `sha256:${'b2'.repeat(32)}`, false],
])('a release whose tag %s', async (_case, image, eligible) => {
  expect(await evidence(payload('PayloadAccepted'), target(image)).checkEligible(release)).toMatchObject({ eligible });
});

test('the record is written once and stays as it was', async () => {
  const { store, storeAuditRecord } = evidence(payload('PayloadAccepted'));
  expect(await storeAuditRecord(release, signature)).toEqual({ path: 'audit/ocp/4.20.0-1.json' });
  const first = await store.read('audit/ocp/4.20.0-1.json');
  expect(JSON.parse(Buffer.from(first ?? []).toString())).toMatchObject({
    schemaVersion: 1,
    release: '4.20.0-1',
    phase: 'Accepted',
    signature: { fingerprint: 'F00D' },
  });

  expect(await storeAuditRecord(release, { ...signature, signedAt: '2027-01-01T00:00:00.000Z' })).toEqual({
    path: 'audit/ocp/4.20.0-1.json',
  });
  expect(await store.read('audit/ocp/4.20.0-1.json')).toEqual(first);
});

test('the record of another signature is never overwritten', async () => {
  const { store, storeAuditRecord } = evidence(payload('PayloadAccepted'));
  await store.create(auditRecordPath(release), new TextEncoder().encode('{}'), 'application/json');
  await expect(storeAuditRecord(release, signature)).rejects.toMatchObject({ type: 'AuditRecordTaken', nonRetryable: true });
});
