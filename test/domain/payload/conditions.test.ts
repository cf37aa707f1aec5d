import { describe, expect, it } from 'vitest';
import { rejectionDetails, undecidedSince, writeConditions } from '../../../domain/payload/conditions.ts';
import { condition, later, now, payloadOf } from './payload-builder.ts';

describe('rejection details', () => {
  const details = (...conditions: ReturnType<typeof condition>[]) => rejectionDetails(payloadOf({ status: { conditions } }));
  const general = { reason: 'VerificationFailed', message: 'release verification failed' };

  it('core 46: the words of the rejecting condition', () => {
    const rejected = condition('PayloadRejected', 'True', { reason: 'BlockingJobFailed', message: 'aws failed' });
    expect(details(rejected)).toEqual({ reason: 'BlockingJobFailed', message: 'aws failed' });
  });
  it('core 47: the general words where it does not hold, or there is none', () => {
    expect(details(condition('PayloadRejected', 'False', { reason: 'X', message: 'y' }))).toEqual(general);
    expect(details()).toEqual(general);
  });
  it('core 48: other conditions do not matter', () => {
    const rejected = condition('PayloadRejected', 'True', { reason: 'ManuallyRejected', message: 'rejected by admin' });
    expect(details(condition('PayloadAccepted', 'False'), condition('PayloadCreated', 'True'), rejected)).toEqual({
      reason: 'ManuallyRejected',
      message: 'rejected by admin',
    });
  });
});

describe('a payload without a verdict', () => {
  const undecided = { status: 'Unknown', reason: '', message: '' } as const;
  const [accepted, rejected] = [
    { ...undecided, status: 'True' as const },
    { ...undecided, status: 'False' as const },
  ];
  const after = (...rulings: Record<string, typeof undecided | typeof accepted | typeof rejected>[]) => {
    const times = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z'];
    const write = (stored: ReturnType<typeof writeConditions>, ruling: (typeof rulings)[number], turn: number) =>
      writeConditions(stored, ruling, times[turn] ?? '');
    return undecidedSince(payloadOf({ status: { conditions: rulings.reduce(write, []) } }));
  };
  const none = { PayloadAccepted: undecided, PayloadRejected: undecided };

  it('is so since its first look', () => expect(after(none, none, none)).toBe('2026-01-01T00:00:00Z'));
  it('or since its verdict was withdrawn', () => {
    expect(after(none, { PayloadAccepted: accepted, PayloadRejected: rejected }, none)).toBe('2026-01-01T00:00:02Z');
  });
  it('or has not been looked at', () => expect(undecidedSince(payloadOf({}))).toBe(''));
});

describe('writing conditions', () => {
  const ruling = { status: 'True', reason: 'New', message: 'm' } as const;

  it('moves the transition time only with the status', () => {
    const stored = [condition('A', 'True', { reason: 'Old' }), condition('B', 'False')];
    const written = writeConditions(stored, { B: ruling, A: ruling }, later);
    expect(written).toEqual([
      { type: 'A', ...ruling, lastTransitionTime: now },
      { type: 'B', ...ruling, lastTransitionTime: later },
    ]);
  });
  it('sorts by type and keeps what it does not know', () => {
    const written = writeConditions([condition('Z', 'True'), condition('B', 'Unknown')], { C: ruling }, later);
    expect(written.map(({ type }) => type)).toEqual(['B', 'C', 'Z']);
  });
});
