import { describe, expect, it } from 'vitest';
import { validateQualifiers } from '../../../domain/payload/config-validation.ts';

const check = (value: unknown, duplicates: string[] = []) => validateQualifiers('q.yaml', { value, duplicates });
const escalation = (extra: object) => ({
  qualifiers: { sno: { notifications: { jira: { escalations: [{ name: 'e', priority: 'Major', ...extra }] } } } },
});

describe('qualifiers', () => {
  it.each<[string, unknown]>([
    ['core 19: of different ids', { qualifiers: { fips: { enabled: true }, techpreview: {} } }],
    ['core 19: an approval', { qualifiers: { qe: { approval: true, summary: 's', description: 'd', payloadBadgeStatus: 'OnSuccess' } } }],
    ['an empty file', null],
    ['no approval, with labels', { qualifiers: { a: { approval: false, failureLabels: ['x'] } } }],
    ['an escalation', escalation({ failures: 3, overLastRuns: 5, overPeriod: '2w', passPercentage: 60 })],
  ])('%s', (_name, value) => {
    expect(check(value)).toEqual([]);
  });

  const inEscalation = (key: string) => `qualifiers.sno.notifications.jira.escalations[0].${key}`;
  it.each<[string, unknown, string[], string, string]>([
    ['core 16: an id that stands twice', { qualifiers: { fips: {} } }, ['fips'], 'qualifiers.fips', 'duplicate qualifier ID "fips"'],
    [
      'core 20: an unknown key',
      { qualifiers: { qe: { approval: true, labels: ['x'] } } },
      [],
      'qualifiers.qe.labels',
      'failed to unmarshal release qualifier configuration file q.yaml: json: unknown field "labels"',
    ],
    [
      'an approval with labels',
      { qualifiers: { qe: { approval: true, failureLabels: ['x'] } } },
      [],
      'qualifiers.qe.failureLabels',
      'unable to validate qualifier qe: approval qualifiers must not specify failureLabels',
    ],
    [
      'payload 116: an approval with notifications',
      { qualifiers: { qe: { approval: true, notifications: {} } } },
      [],
      'qualifiers.qe.notifications',
      'unable to validate qualifier qe: approval qualifiers must not specify notifications',
    ],
    [
      'a status that no badge has',
      { qualifiers: { qe: { payloadBadgeStatus: 'Always' } } },
      [],
      'qualifiers.qe.payloadBadgeStatus',
      'unable to validate qualifier qe: payloadBadgeStatus must be one of Yes, No, OnSuccess, OnFailure, was "Always"',
    ],
    [
      'an escalation without a name',
      escalation({ name: '' }),
      [],
      inEscalation('name'),
      'unable to validate qualifier sno: an escalation must have a name',
    ],
    [
      'payload trap 20: a priority that does not exist',
      escalation({ priority: 'High' }),
      [],
      inEscalation('priority'),
      'unable to validate qualifier sno: escalation e must have a priority of Blocker, Critical, Major, Normal, Minor, Trivial, was "High"',
    ],
    [
      'a period in minutes',
      escalation({ overPeriod: '30m' }),
      [],
      inEscalation('overPeriod'),
      'unable to validate qualifier sno: escalation e: overPeriod must be a number of hours, days or weeks such as 12h, 3d or 2w, was "30m"',
    ],
    [
      'more than all runs',
      escalation({ passPercentage: 101 }),
      [],
      inEscalation('passPercentage'),
      'unable to validate qualifier sno: escalation e: passPercentage must be from 0 to 100, was 101',
    ],
    [
      'no runs',
      escalation({ overLastRuns: 0 }),
      [],
      inEscalation('overLastRuns'),
      'unable to validate qualifier sno: escalation e: overLastRuns must be at least 1, was 0',
    ],
  ])('%s', (_name, value, duplicates, path, reason) => {
    expect(check(value, duplicates)).toEqual([{ file: 'q.yaml', path, reason }]);
  });
});
