import { expect, test } from 'vitest';
import { attemptPath, attemptRecord, attemptsIn, isAttempt, type AuditAttempt } from '../../../domain/audit/audit-attempt.ts';
import { writeAuditRecord } from '../../../domain/audit/audit-record.ts';

const release = { namespace: 'ocp', tag: '4.20.1', stream: '4.20', digest: `sha256:${'a'.repeat(64)}`, location: 'quay.example/r:4.20.1' };
const attempt: AuditAttempt = {
  id: 'run/0',
  outcome: 'signed',
  verification: { result: 'verified', by: 'job', job: 'ci/verify-a', image: 'cli', at: '2026-01-01T00:00:00Z' },
  signature: { path: 'signatures/1', fingerprint: 'F00D', signedAt: '2026-01-01T00:00:01Z' },
  requested: { by: 'ada', reason: 'to be sure' },
  at: '2026-01-01T00:00:02Z',
};

test('audit trap 11: the record of an attempt says who, what, how it was verified, and when', () => {
  expect(attemptRecord(release, undefined, attempt, 3)).toEqual({
    schemaVersion: 1,
    release: '4.20.1',
    namespace: 'ocp',
    stream: '4.20',
    digest: release.digest,
    location: release.location,
    phase: 'Accepted',
    verdict: { reason: 'PayloadGone', message: 'the payload was deleted before this record was written' },
    jobs: [],
    id: 'run/0',
    outcome: 'signed',
    verification: attempt.verification,
    signature: { path: 'signatures/1', fingerprint: 'F00D' },
    requested: { by: 'ada', reason: 'to be sure' },
    at: '2026-01-01T00:00:02Z',
    attempt: 3,
  });
});

test('a record knows its attempt again', () => {
  const text = writeAuditRecord(attemptRecord(release, undefined, attempt, 1));
  expect(isAttempt(text, attempt)).toBe(true);
  expect(isAttempt(text, { ...attempt, id: 'run/1' })).toBe(false);
  expect(isAttempt('rubbish', attempt)).toBe(false);
});

test('attempts are numbered, and other objects passed over', () => {
  const paths = [
    'audit/ocp/4.20.1.json',
    attemptPath(release, 10),
    attemptPath(release, 2),
    'audit/ocp/4.20.1/readme',
    'audit/ocp/4.20.10/attempt-1.json',
  ];
  expect(attemptsIn(release, paths)).toEqual([2, 10]);
});
