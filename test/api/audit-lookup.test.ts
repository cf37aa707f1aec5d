import { expect, test } from 'vitest';
import { auditLookups } from '../../api/audit-lookup.ts';
import { openStore } from '../../activities/signature-store.ts';
import { attemptPath } from '../../domain/audit/audit-attempt.ts';
import { auditRecordPath } from '../../domain/audit/audit-record.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const release = { namespace: 'ocp', tag: '4.20.0-1' };

async function written(objects: Record<string, object>) {
  const url = `file://${temporaryFolder('lookup')}`;
  for (const [path, content] of Object.entries(objects))
    await openStore(url).create(path, new TextEncoder().encode(JSON.stringify(content)), 'application/json');
  return auditLookups({ url }, (error) => {
    throw error;
  });
}

test('the latest five attempts are shown, newest first, and what is no record of ours is passed over', async () => {
  const attempt = (number: number) => ({ attempt: number, outcome: 'refused', why: 'so', at: '2026-01-01T00:00:00Z', jobs: [] });
  const numbers = [1, 2, 3, 4, 5, 6, 10];
  const objects = Object.fromEntries(numbers.map((number) => [attemptPath(release, number), attempt(number)]));
  const asked = { ...attempt(6), outcome: 'signed', requested: { by: 'ada', reason: 'why not' } };
  const { attempts } = await written({ ...objects, [attemptPath(release, 5)]: { other: true }, [attemptPath(release, 6)]: asked });
  const found = await attempts(release);
  expect(found.map(({ attempt: number }) => number)).toEqual([10, 6, 4, 3]);
  expect(found[1]).toEqual({
    attempt: 6,
    outcome: 'signed',
    why: 'so',
    at: '2026-01-01T00:00:00Z',
    by: 'ada',
    record: 'audit/ocp/4.20.0-1/attempt-6.json',
  });
});

test('a release without an audit has neither; one that is signed has its record', async () => {
  const { audit, attempts } = await written({ [auditRecordPath(release)]: { signature: { path: 'signatures/x' } } });
  expect(await audit(release)).toEqual({ signature: 'signatures/x', record: 'audit/ocp/4.20.0-1.json' });
  expect(await attempts(release)).toEqual([]);
  expect(await audit({ ...release, tag: 'other' })).toBeUndefined();
});

test('a store that can not be read has nothing, and that is told', async () => {
  const troubles: unknown[] = [];
  const { audit, attempts } = auditLookups({ url: 'file:///nowhere/at/all' }, (error) => troubles.push(error));
  expect([await audit(release), await attempts(release)]).toEqual([undefined, []]);
  expect(troubles).toHaveLength(2);
});
