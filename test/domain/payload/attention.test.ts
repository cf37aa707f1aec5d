import { describe, expect, it } from 'vitest';
import { hasOpenRuns, isHalfWritten, needsAttention } from '../../../domain/payload/attention.ts';
import type { Condition, ReleasePayload, ReleasePayloadStatus } from '../../../domain/payload/kinds.ts';
import { ciJob, condition, jobOf, now, payloadOf, runOf } from './payload-builder.ts';

type Holds = Condition['status'] | undefined;

/** Conditions as release-payload-controller writes them, without those that are not given. */
const conditions = (created: Holds, failed: Holds, accepted: Holds, rejected: Holds, reasons: [string, string] = ['', '']): Condition[] =>
  Object.entries({ PayloadAccepted: accepted, PayloadCreated: created, PayloadFailed: failed, PayloadRejected: rejected }).flatMap(
    ([type, status]) => {
      const reason = (type === 'PayloadAccepted' ? reasons[0] : type === 'PayloadRejected' ? reasons[1] : '') || `Release${type}`;
      return status === undefined ? [] : [condition(type, status, { reason })];
    },
  );

interface Given {
  creation?: 'Success' | 'Failed' | 'Unknown';
  override?: string;
  blocking?: string[];
  more?: ReleasePayloadStatus;
}

const payload = (stored: Condition[], { creation = 'Success', override, blocking = ['aws'], more = {} }: Given = {}): ReleasePayload =>
  payloadOf({
    blocking: blocking.map((name) => ciJob(name)),
    ...(override === undefined ? {} : { override: { override } }),
    status: { conditions: stored, releaseCreationJobResult: { status: creation, message: '' }, ...more },
  });

const byHand = (verdict: 'Accepted' | 'Rejected'): [string, string] => [
  `ReleasePayloadManually${verdict}`,
  `ReleasePayloadManually${verdict}`,
];
const accepted = conditions('True', 'False', 'True', 'False');
const rejected = conditions('True', 'False', 'False', 'True');
const acceptedByHand = conditions('True', 'False', 'True', 'False', byHand('Accepted'));
const rejectedByHand = conditions('True', 'False', 'False', 'True', byHand('Rejected'));
const failed = conditions('False', 'True', 'False', 'True');

describe('a payload needs its release workflow', () => {
  it.each([
    ['when nothing is known of it', payload([])],
    ['while it is verified', payload(conditions('True', 'False', 'False', 'False'))],
    ['when an accepted one is rejected by hand', payload(accepted, { override: 'Rejected' })],
    ['when an acceptance by hand is withdrawn', payload(acceptedByHand)],
    ['when an accepted one is accepted by hand, since the reason changes', payload(accepted, { override: 'Accepted' })],
    [
      'when one of the two verdicts does not follow the override yet',
      payload(conditions('True', 'False', 'True', 'False', ['ReleasePayloadManuallyAccepted', '']), { override: 'Accepted' }),
    ],
    [
      'when one of the two verdicts does not follow its withdrawal yet',
      payload(conditions('True', 'False', 'True', 'False', ['', 'ReleasePayloadManuallyAccepted'])),
    ],
    ['when its verdict is half written', payload(conditions('True', 'False', 'True', undefined))],
  ])('%s', (_, given) => expect(needsAttention(given)).toBe(true));
});

describe('a payload is left alone', () => {
  it.each([
    ['when it was accepted', payload(accepted)],
    ['when it was rejected', payload(rejected)],
    ['when its build failed, override or not', payload(failed, { creation: 'Failed', override: 'Accepted' })],
    ['when the override has been followed', payload(acceptedByHand, { override: 'Accepted' })],
    ['when the rejection by hand has been followed', payload(rejectedByHand, { override: 'Rejected' })],
    ['when the override is no verdict', payload(accepted, { override: 'Maybe' })],
  ])('%s', (_, given) => expect(needsAttention(given)).toBe(false));
});

/** Created, Failed, Accepted, Rejected, as they stand when a controller dies between two writes. */
describe('a verdict of release-payload-controller is half written', () => {
  it.each<[string, [Holds, Holds, Holds, Holds], Given]>([
    ['accepted, and nothing is said of a rejection', ['True', 'False', 'True', undefined], {}],
    ['accepted, and whether it is rejected is as unknown as before', ['True', 'False', 'True', 'Unknown'], {}],
    ['accepted and rejected', ['True', 'False', 'True', 'True'], {}],
    ['rejected, and nothing is said of an acceptance', ['True', 'False', undefined, 'True'], {}],
    ['rejected, and whether it is accepted is as unknown as before', ['True', 'False', 'Unknown', 'True'], {}],
    ['accepted before it counts as built', ['Unknown', 'Unknown', 'True', 'False'], {}],
    ['accepted, and nothing is said of a failure', ['True', undefined, 'True', 'False'], {}],
    ['accepted with nothing blocking before it counts as built', ['Unknown', 'Unknown', 'True', 'Unknown'], { blocking: [] }],
    ['rejected for a failed build before the build counts as failed', ['Unknown', 'Unknown', 'False', 'True'], { creation: 'Failed' }],
    ['failed, and not rejected yet', ['False', 'True', 'False', 'Unknown'], { creation: 'Failed' }],
    ['failed, and no verdict is written yet', ['False', 'True', undefined, undefined], { creation: 'Failed' }],
  ])('%s', (_, holds, given) => {
    const half = payload(conditions(...holds), given);
    expect(isHalfWritten(half)).toBe(true);
    expect(needsAttention(half)).toBe(true);
  });
});

describe('a verdict is whole', () => {
  it.each<[string, [Holds, Holds, Holds, Holds], Given]>([
    ['accepted, not rejected', ['True', 'False', 'True', 'False'], {}],
    ['rejected, not accepted', ['True', 'False', 'False', 'True'], {}],
    ['failed', ['False', 'True', 'False', 'True'], { creation: 'Failed' }],
    ['with nothing blocking nobody ever says that it is not rejected', ['True', 'False', 'True', 'Unknown'], { blocking: [] }],
    ['or there is none yet', ['True', 'False', 'False', 'False'], {}],
    [
      'or what it is made from is not known, so that working it out again would take it back',
      ['True', undefined, 'True', undefined],
      { creation: 'Unknown' },
    ],
  ])('%s', (_, holds, given) => expect(isHalfWritten(payload(conditions(...holds), given))).toBe(false));
});

describe('after the verdict, somebody has to take in results', () => {
  const of = (...states: string[]) =>
    payload(accepted, { more: { informingJobResults: [jobOf('Pending', 'gcp', { results: states.map((state) => runOf(state)) })] } });
  const began = (startTime: string) =>
    payload(accepted, { more: { informingJobResults: [jobOf('Pending', 'gcp', { results: [runOf('Pending', { startTime })] })] } });
  it.each([
    ['of a run that goes on', of('Failure', 'Pending'), true],
    ['of one that Prow has not begun', of('Triggered'), true],
    ['not when all have ended', of('Failure', 'Success', 'Aborted', 'Error'), false],
    ['not of a job that never ran', payload(accepted, { more: { informingJobResults: [jobOf('Unknown', 'gcp')] } }), false],
    ['not where nothing was verified', payload(accepted), false],
    ['not of one that began so long ago that its ProwJob is gone', began('2025-05-01T00:00:00Z'), false],
    ['of one that began lately', began('2025-05-31T00:00:00Z'), true],
  ] as const)('%s', (_, given, open) => expect(hasOpenRuns(given, Date.parse(now))).toBe(open));
});
