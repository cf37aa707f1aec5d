import { expect, test } from 'vitest';
import { auditRecord, auditRecordPath, isSameAudit, writeAuditRecord, type AuditedRelease } from '../../../domain/audit/audit-record.ts';
import type { ReleasePayload } from '../../../domain/payload/kinds.ts';

const tag = '4.20.0-0.nightly-2026-11-24-010203';
const release: AuditedRelease = {
  namespace: 'ocp',
  tag,
  stream: '4.20.0-0.nightly',
  digest: `sha256:${'a1'.repeat(32)}`,
  location: `quay.example/ocp/release:${tag}`,
};
const signature = { path: 'signatures/openshift/release/sha256=a1/signature-1', fingerprint: 'F00D' };
const signedAt = '2026-11-24T01:30:00.000Z';
const accepted = { type: 'PayloadAccepted', status: 'True' as const, reason: 'PayloadAccepted', message: '', lastTransitionTime: signedAt };

const payload = (more: Partial<ReleasePayload> = {}): ReleasePayload => ({
  apiVersion: 'release.openshift.io/v1alpha1',
  kind: 'ReleasePayload',
  metadata: { name: tag, namespace: 'ocp' },
  spec: {},
  status: {
    conditions: [accepted],
    blockingJobResults: [
      {
        ciConfigurationName: 'aws',
        ciConfigurationJobName: 'periodic-aws',
        state: 'Success',
        results: [
          { state: 'failure', humanProwResultsURL: 'https://prow.example/1' },
          { state: 'success', humanProwResultsURL: 'https://prow.example/2' },
        ],
      },
    ],
    informingJobResults: [{ ciConfigurationName: 'metal', ciConfigurationJobName: 'periodic-metal', state: 'Pending' }],
    upgradeJobResults: [{ ciConfigurationName: 'upgrade', ciConfigurationJobName: 'periodic-upgrade' }],
  },
  ...more,
});

test('a record lies under its namespace and tag', () => {
  expect(auditRecordPath(release)).toBe(`audit/ocp/${tag}.json`);
});

test('it tells the verdict, each job with its last run, and who signed', () => {
  expect(auditRecord(release, payload(), signature, signedAt)).toEqual({
    schemaVersion: 1,
    release: tag,
    namespace: 'ocp',
    stream: '4.20.0-0.nightly',
    digest: release.digest,
    location: release.location,
    phase: 'Accepted',
    verdict: { reason: 'PayloadAccepted', message: '' },
    jobs: [
      { name: 'aws', kind: 'blocking', state: 'Success', url: 'https://prow.example/2' },
      { name: 'metal', kind: 'informing', state: 'Pending' },
      { name: 'upgrade', kind: 'upgrade', state: 'Unknown' },
    ],
    signature,
    signedAt,
  });
});

test('it gives the reason of an override where the condition has none', () => {
  const overridden = payload({ spec: { payloadOverride: { override: 'Accepted', reason: 'checked by hand' } } });
  expect(auditRecord(release, overridden, signature, signedAt).verdict).toEqual({ reason: 'PayloadAccepted', message: 'checked by hand' });
});

test('it is written even when the payload has been deleted meanwhile', () => {
  expect(auditRecord(release, undefined, signature, signedAt)).toMatchObject({
    phase: 'Accepted',
    verdict: { reason: 'PayloadGone' },
    jobs: [],
  });
});

test('it names the cluster where that is known', () => {
  expect(auditRecord({ ...release, cluster: 'build01' }, payload(), signature, signedAt).cluster).toBe('build01');
});

const record = auditRecord(release, payload(), signature, signedAt);

test.each([
  ['the same text', writeAuditRecord(record), true],
  ['a record of the same signature with other jobs', writeAuditRecord({ ...record, jobs: [] }), true],
  ['another digest', writeAuditRecord({ ...record, digest: `sha256:${'b2'.repeat(32)}` }), false],
  ['another location', writeAuditRecord({ ...record, location: 'elsewhere:1' }), false],
  ['another key', writeAuditRecord({ ...record, signature: { ...signature, fingerprint: 'BEEF' } }), false],
  ['no record at all', 'hello', false],
])('%s is the same audit: %3$s', (_case, stored, same) => {
  expect(isSameAudit(stored, record)).toBe(same);
});
