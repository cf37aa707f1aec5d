import { describe, expect, test } from 'vitest';
import {
  groupVerdicts,
  isVerified,
  recordProblems,
  tagOfLocation,
  type SignatureFinding,
} from '../../../domain/audit/client-verification.ts';
import { contentProblem, writeSignatureContent } from '../../../domain/audit/signature-content.ts';

const finding = (path: string, ...groups: string[]): SignatureFinding => ({
  path,
  counts: groups.length > 0,
  why: '',
  groups,
  ...(groups.length > 0 ? { fingerprint: 'F00D' } : {}),
});

describe('groups of keys', () => {
  test.each<[string, string[], SignatureFinding[], boolean]>([
    ['one that has signed', ['a'], [finding('1'), finding('2', 'a')], true],
    ['two that have signed, each its own', ['a', 'b'], [finding('1', 'a'), finding('2', 'b')], true],
    ['two that have signed one', ['a', 'b'], [finding('1', 'a', 'b')], true],
    ['two of which one has not signed', ['a', 'b'], [finding('1', 'a'), finding('2', 'a')], false],
    ['one, and no signature', ['a'], [], false],
    ['none', [], [finding('1', 'a')], false],
  ])('%s', (_case, groups, findings, verified) => {
    expect(isVerified(groupVerdicts(groups, findings))).toBe(verified);
  });

  test('say which signature does it', () => {
    expect(groupVerdicts(['a', 'b'], [finding('1'), finding('2', 'a')])).toEqual([
      { name: 'a', satisfied: true, by: '2' },
      { name: 'b', satisfied: false },
    ]);
  });
});

describe('the record of an image', () => {
  const record = { schemaVersion: 1 as const, digest: 'sha256:1', signature: { path: '1', fingerprint: 'F00D' } };
  test.each<[string, Partial<typeof record>, SignatureFinding[], RegExp | undefined]>([
    ['fits', {}, [finding('1', 'a')], undefined],
    ['is of another image', { digest: 'sha256:2' }, [finding('1', 'a')], /^it is of another image, sha256:2$/],
    ['names a signature that is not there', {}, [finding('2', 'a')], /1, is not there$/],
    ['names a signature that does not count', {}, [finding('1')], /1, does not count$/],
    ['names another key', { signature: { path: '1', fingerprint: 'BAD' } }, [finding('1', 'a')], /^it names key BAD, and F00D has signed$/],
  ])('%s', (_case, change, findings, problem) => {
    const problems = recordProblems({ ...record, ...change }, 'sha256:1', findings);
    expect(problems).toHaveLength(problem === undefined ? 0 : 1);
    expect(problems.join('\n')).toMatch(problem ?? /^$/);
  });
});

test.each([
  ['quay.example:5000/ocp/release:4.20.1', '4.20.1'],
  ['quay.example/ocp/release:rc_payload__4.20.1', '4.20.1'],
])('the tag of %s', (location, tag) => {
  expect(tagOfLocation(location)).toBe(tag);
});

describe('what clients refuse to read', () => {
  const good = JSON.parse(writeSignatureContent({ digest: 'sha256:1', location: 'r:1', timestamp: 1 })) as {
    critical: { identity: object };
    optional: object;
  };
  test.each<[string, unknown, string | undefined]>([
    ['nothing', good, undefined],
    ['an unknown field', { ...good, more: 1 }, 'what it signs has the unknown field more'],
    ['an unknown field inside', { ...good, optional: { ...good.optional, note: '' } }, 'what it signs has the unknown field optional.note'],
    ['another type', { ...good, critical: { ...good.critical, type: 'x' } }, 'what it signs has no valid critical.type'],
    [
      'no reference',
      { ...good, critical: { ...good.critical, identity: { 'docker-reference': '' } } },
      'what it signs has no valid critical.identity.docker-reference',
    ],
    ['a number', 1, 'what it signs has no valid content'],
  ])('%s', (_case, content, why) => {
    expect(contentProblem(JSON.stringify(content))).toBe(why);
  });

  test('a text that is no JSON', () => {
    expect(contentProblem('{')).toBe('what it signs is not JSON');
  });
});
