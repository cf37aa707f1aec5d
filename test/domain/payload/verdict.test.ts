import { describe, expect, it } from 'vitest';
import type { AggregateState, Condition, JobResult } from '../../../domain/payload/kinds.ts';
import { isMirrorPending, judge, type VerdictFacts } from '../../../domain/payload/verdict.ts';
import { condition, jobOf } from './payload-builder.ts';

interface Row {
  creation?: JobResult['status'];
  message?: string;
  /** the mirror job's status where the spec names a mirror */
  mirror?: JobResult['status'];
  override?: string;
  reason?: string;
  blocking?: AggregateState[];
  informing?: AggregateState[];
  upgrade?: AggregateState[];
  stored?: Condition[];
}

function verdictOf(row: Row) {
  const creation = {
    ...(row.creation !== undefined && { status: row.creation }),
    ...(row.message !== undefined && { message: row.message }),
  };
  const mirror = row.mirror === undefined ? undefined : { status: row.mirror };
  const facts: VerdictFacts = {
    creation,
    mirrorPending: isMirrorPending(row.mirror === undefined ? undefined : 'mirror', mirror, row.stored ?? []),
    ...(row.override && { override: { override: row.override, ...(row.reason && { reason: row.reason }) } }),
    blocking: (row.blocking ?? []).map((state, index) => jobOf(state, `blocking-${index}`)),
    awaited: [...(row.informing ?? []), ...(row.upgrade ?? [])].map((state, index) => jobOf(state, `other-${index}`)),
  };
  return judge(facts);
}

const byJobs = 'ReleasePayloadAccepted';
const failed = 'ReleasePayloadCreationJobFailed';
const [manualYes, manualNo] = ['ReleasePayloadManuallyAccepted', 'ReleasePayloadManuallyRejected'];
const C = { creation: 'Success' } as const;
const accepted = condition('PayloadAccepted', 'True');

const acceptance: [number, string, Row, string, string, string?][] = [
  [1, 'undecided while nothing is known', {}, 'Unknown', byJobs],
  [2, 'a failed build is not accepted', { creation: 'Failed', message: 'BackoffLimitExceeded' }, 'False', failed, 'BackoffLimitExceeded'],
  [3, 'a failed build needs no message', { creation: 'Failed' }, 'False', failed],
  [4, 'a failed build outranks an accepting override', { creation: 'Failed', override: 'Accepted' }, 'False', failed],
  [5, 'a failed build outranks a rejecting override', { creation: 'Failed', override: 'Rejected' }, 'False', failed],
  [6, 'a failed build outranks its jobs', { creation: 'Failed', blocking: ['Success'] }, 'False', failed],
  [7, 'accepted by its blocking jobs', { ...C, blocking: ['Success'] }, 'True', byJobs],
  [8, 'undecided until built', { creation: 'Unknown', blocking: ['Success'] }, 'Unknown', byJobs],
  [9, 'accepted by override', { ...C, override: 'Accepted', reason: 'ship it' }, 'True', manualYes, 'ship it'],
  [10, 'rejected by override', { ...C, override: 'Rejected', reason: 'broken' }, 'False', manualNo, 'broken'],
  [11, 'an override needs no reason here', { ...C, override: 'Accepted' }, 'True', manualYes],
  [12, 'an accepting override outranks failed jobs', { ...C, override: 'Accepted', blocking: ['Failure'] }, 'True', manualYes],
  [13, 'a rejecting override outranks good jobs', { ...C, override: 'Rejected', blocking: ['Success'] }, 'False', manualNo],
  [14, 'waits for a mirror that nothing is known of', { ...C, mirror: '', blocking: ['Success'] }, 'Unknown', byJobs],
  [15, 'waits for an unfinished mirror', { ...C, mirror: 'Unknown', blocking: ['Success'] }, 'Unknown', byJobs],
  [16, 'a failed mirror does not prevent acceptance', { ...C, mirror: 'Failed', blocking: ['Success'] }, 'True', byJobs],
  [17, 'a finished mirror lets it pass', { ...C, mirror: 'Success', blocking: ['Success'] }, 'True', byJobs],
  [18, 'no mirror, no waiting', { ...C, blocking: ['Success'] }, 'True', byJobs],
  [19, 'what was accepted waits for no mirror', { ...C, mirror: 'Unknown', blocking: ['Success'], stored: [accepted] }, 'True', byJobs],
  [
    20,
    'what was not accepted still waits for the mirror',
    { ...C, mirror: 'Unknown', blocking: ['Success'], stored: [condition('PayloadAccepted', 'False')] },
    'Unknown',
    byJobs,
  ],
  [21, 'the mirror holds back an override', { ...C, mirror: 'Unknown', override: 'Accepted' }, 'Unknown', byJobs],
  [22, 'an ended mirror lets an override through', { ...C, mirror: 'Failed', override: 'Accepted' }, 'True', manualYes],
  [23, 'not accepted with a failed blocking job', { ...C, blocking: ['Failure'] }, 'False', byJobs],
  [24, 'not accepted while a blocking job is pending', { ...C, blocking: ['Pending'] }, 'False', byJobs],
  [25, 'not accepted with one failed and one pending', { ...C, blocking: ['Failure', 'Pending'] }, 'False', byJobs],
  [26, 'undecided with a blocking job unknown', { ...C, blocking: ['Success', 'Unknown'] }, 'Unknown', byJobs],
  [27, 'undecided with a blocking job without state', { ...C, blocking: ['Success', ''] }, 'Unknown', byJobs],
  [28, 'accepted with nothing to verify', C, 'True', byJobs],
  [29, 'a failed informing job does not matter', { ...C, blocking: ['Success'], informing: ['Failure'] }, 'True', byJobs],
  [30, 'a failed upgrade job does not matter', { ...C, blocking: ['Success'], upgrade: ['Failure'] }, 'True', byJobs],
  [31, 'with nothing blocking, failed informing jobs accept', { ...C, informing: ['Failure', 'Success'] }, 'True', byJobs],
  [32, 'with nothing blocking, waits for informing jobs', { ...C, informing: ['Pending'] }, 'Unknown', byJobs],
  [33, 'with nothing blocking, waits for informing jobs without state', { ...C, informing: [''] }, 'Unknown', byJobs],
  [34, 'with nothing blocking, waits for upgrade jobs', { ...C, upgrade: ['Pending'] }, 'Unknown', byJobs],
  [
    35,
    'with nothing blocking, one pending job is enough to wait',
    { ...C, informing: ['Failure'], upgrade: ['Pending'] },
    'Unknown',
    byJobs,
  ],
  [
    37,
    'an accepting override after a rejection',
    { ...C, override: 'Accepted', stored: [condition('PayloadRejected', 'True')] },
    'True',
    manualYes,
  ],
];

describe('acceptance', () => {
  it.each(acceptance)('payload %i: %s', (_number, _name, row, status, reason, message = '') => {
    expect(verdictOf(row).accepted).toEqual({ status, reason, message });
  });
});

const byJobsNo = 'ReleasePayloadRejected';
const rejection: [number, string, Row, string, string, string?][] = [
  [
    37,
    'an accepting override takes a rejection back at once',
    { ...C, override: 'Accepted', stored: [condition('PayloadRejected', 'True')] },
    'False',
    manualYes,
  ],
  [38, 'a rejecting override waits for the build', { override: 'Rejected' }, 'Unknown', byJobsNo],
  [39, 'an accepting override waits for the build', { override: 'Accepted' }, 'Unknown', byJobsNo],
  [40, 'a failed build outranks an accepting override', { creation: 'Failed', override: 'Accepted', message: 'x' }, 'True', failed, 'x'],
  [41, 'rejected by override', { ...C, override: 'Rejected', reason: 'broken' }, 'True', manualNo, 'broken'],
  [42, 'accepted by override', { ...C, override: 'Accepted', reason: 'fine' }, 'False', manualYes, 'fine'],
  [43, 'not rejected while a blocking job is pending', { ...C, blocking: ['Pending'] }, 'False', byJobsNo],
  [44, 'undecided with a blocking job unknown', { ...C, blocking: ['Unknown'] }, 'Unknown', byJobsNo],
  [45, 'undecided with a blocking job without state', { ...C, blocking: ['Failure', ''] }, 'Unknown', byJobsNo],
  [46, 'a failed mirror does not reject', { ...C, mirror: 'Failed', blocking: ['Success'] }, 'False', byJobsNo],
  [
    47,
    'what was accepted is judged without the mirror',
    { ...C, mirror: 'Unknown', blocking: ['Failure'], stored: [accepted] },
    'True',
    byJobsNo,
  ],
];

describe('rejection', () => {
  it.each(rejection)('payload %i: %s', (_number, _name, row, status, reason, message = '') => {
    expect(verdictOf(row).rejected).toEqual({ status, reason, message });
  });

  it('says no more than Unknown about a payload without blocking jobs', () => {
    expect(verdictOf(C).rejected.status).toBe('Unknown');
  });

  it('ignores an override of any other name', () => {
    expect(verdictOf({ ...C, override: 'accepted', blocking: ['Failure'] }).rejected.status).toBe('True');
  });
});

it('payload 36: verdicts that are False do not open the mirror gate', () => {
  const stored = [condition('PayloadAccepted', 'False'), condition('PayloadRejected', 'False')];
  expect(isMirrorPending('mirror', { status: 'Unknown' }, stored)).toBe(true);
});

it('is never both accepted and rejected', () => {
  const states: AggregateState[][] = [[], ['Success'], ['Pending'], ['Failure'], ['Unknown'], ['Failure', 'Pending']];
  for (const creation of ['Success', 'Failed', 'Unknown', ''] as const)
    for (const mirror of ['Success', 'Failed', 'Unknown', ''] as const)
      for (const override of ['', 'Accepted', 'Rejected'])
        for (const blocking of states)
          for (const informing of states) {
            const verdict = verdictOf({ creation, mirror, override, blocking, informing });
            expect([verdict.accepted.status, verdict.rejected.status]).not.toEqual(['True', 'True']);
          }
});
