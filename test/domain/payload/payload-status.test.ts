import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHalfWritten, needsAttention } from '../../../domain/payload/attention.ts';
import type { ProwJob, ReleasePayload, ReleasePayloadStatus } from '../../../domain/payload/kinds.ts';
import { type PayloadFacts, reconcileStatus, sameStatus } from '../../../domain/payload/payload-status.ts';
import { payloadPhase } from '../../../domain/payload/phase.ts';
import {
  ciJob,
  completedJob,
  condition,
  factsOf,
  failedJob,
  jobOf,
  later,
  now,
  payloadOf,
  type PayloadShape,
  prowJobOf,
  runOf,
  tag,
} from './payload-builder.ts';

function reconciled(payload: ReleasePayload, facts: Partial<PayloadFacts> = {}): ReleasePayload {
  return { ...payload, status: reconcileStatus(payload, factsOf(facts)) };
}

function conditionsOf({ status }: ReleasePayload): Record<string, string> {
  return Object.fromEntries((status?.conditions ?? []).map(({ type, status: holds }) => [type, holds]));
}

const shown = (payload: ReleasePayload, ...types: string[]) => types.map((type) => conditionsOf(payload)[type]);

describe('a new payload', () => {
  const fresh = reconciled(
    payloadOf({ blocking: [ciJob('gcp'), ciJob('aws', { maxRetries: 2 })], informing: [ciJob('metal', { analysisJobCount: 3 })] }),
    { creationJob: null },
  );

  it('has all six conditions, unknown, in their order', () => {
    const types = ['PayloadAccepted', 'PayloadCreated', 'PayloadFailed', 'PayloadMirrorFailed', 'PayloadMirrored', 'PayloadRejected'];
    expect(fresh.status?.conditions?.map(({ type }) => type)).toEqual(types);
    for (const { type, status, reason, message, lastTransitionTime } of fresh.status?.conditions ?? [])
      expect([status, reason, message, lastTransitionTime]).toEqual(['Unknown', `Release${type}`, '', now]);
  });

  it('has its jobs seeded from the spec, by name', () => {
    expect(fresh.status?.blockingJobResults).toEqual([
      { ...ciJob('aws'), maxRetries: 2, state: 'Unknown' },
      { ...ciJob('gcp'), state: 'Unknown' },
    ]);
    expect(fresh.status?.informingJobResults).toEqual([{ ...ciJob('metal'), analysisJobCount: 3, state: 'Unknown' }]);
    expect(fresh.status).not.toHaveProperty('upgradeJobResults');
  });

  it('is Pending', () => expect(payloadPhase(fresh)).toBe('Pending'));
});

describe('seeding', () => {
  it('payload 71: what is there stays as it is', () => {
    const stored = jobOf('Success', 'aws', { ciConfigurationJobName: 'older-name', results: [runOf('Success')] });
    const { status } = reconciled(payloadOf({ blocking: [ciJob('aws')], status: { blockingJobResults: [stored] } }));
    expect(status?.blockingJobResults).toEqual([stored]);
  });
  it('payload 72: upgrade entries take only their names', () => {
    const { status } = reconciled(payloadOf({ upgrade: [ciJob('aws', { maxRetries: 3 })] }));
    expect(status?.upgradeJobResults).toEqual([{ ...ciJob('aws'), state: 'Unknown' }]);
  });
  it('an entry that somebody cleared comes back', () => {
    const status = { blockingJobResults: [jobOf('Unknown', 'aws')], informingJobResults: null };
    const healed = reconciled(payloadOf({ blocking: [ciJob('aws'), ciJob('gcp')], informing: [ciJob('metal')], status }));
    expect(healed.status?.blockingJobResults?.map((job) => job.ciConfigurationName)).toEqual(['aws', 'gcp']);
    expect(healed.status?.informingJobResults).toHaveLength(1);
  });
});

describe('creation', () => {
  it('payload 69: a payload with mixed conditions and nothing known is unknown in both', () => {
    const status = { conditions: [condition('PayloadCreated', 'True'), condition('PayloadFailed', 'Unknown')] };
    expect(shown(reconciled(payloadOf({ status }), { creationJob: null }), 'PayloadCreated', 'PayloadFailed')).toEqual([
      'Unknown',
      'Unknown',
    ]);
  });
  it('payload 70: a built release is created and not failed', () => {
    const built = reconciled(payloadOf({ blocking: [ciJob('aws')] }));
    expect(shown(built, 'PayloadCreated', 'PayloadFailed')).toEqual(['True', 'False']);
    expect(built.status?.conditions?.find(({ type }) => type === 'PayloadFailed')?.message).toBe('Release creation Job completed');
    expect(payloadPhase(built)).toBe('Ready');
  });
  it('a failed build is Failed, for the reason that its container gave, and stays so', () => {
    const failed = reconciled(payloadOf({ blocking: [ciJob('aws')] }), {
      creationJob: failedJob('BackoffLimitExceeded', 'x'),
      creationFailure: 'unable to push',
    });
    expect(payloadPhase(failed)).toBe('Failed');
    expect(failed.status?.conditions?.find(({ type }) => type === 'PayloadRejected')).toMatchObject({
      status: 'True',
      reason: 'ReleasePayloadCreationJobFailed',
      message: 'unable to push',
    });
    expect(reconciled(failed, { creationJob: null, now: later })).toEqual(failed);
  });
});

describe('mirror', () => {
  const mirrored = payloadOf({ mirrored: true });

  it('holds back the verdict until its job has ended', () => {
    const waiting = reconciled(mirrored);
    expect(shown(waiting, 'PayloadMirrored', 'PayloadAccepted')).toEqual(['Unknown', 'Unknown']);
    const done = reconciled(waiting, { mirrorJob: completedJob });
    expect(shown(done, 'PayloadMirrored', 'PayloadMirrorFailed', 'PayloadAccepted')).toEqual(['True', 'False', 'True']);
  });
  it('that can not be made counts as failed, and lets the payload pass', () => {
    const payload = reconciled(mirrored, { mirrorFailure: 'no CLI image' });
    expect(shown(payload, 'PayloadMirrored', 'PayloadMirrorFailed', 'PayloadAccepted')).toEqual(['False', 'True', 'True']);
    expect(payload.status?.releaseMirrorJobResult?.message).toBe('no CLI image');
  });
});

describe('runs', () => {
  const runs = [prowJobOf(`${tag}-aws`, 'success')];

  it('decide', () => {
    const accepted = reconciled(payloadOf({ blocking: [ciJob('aws')] }), { prowJobs: runs });
    expect(payloadPhase(accepted)).toBe('Accepted');
  });
  it.each([
    [75, ''],
    [76, 'ImageStreamTagAnnotation'],
  ])('payload %i: are left alone where the data source is "%s"', (_number, dataSource) => {
    const { status } = reconciled(payloadOf({ blocking: [ciJob('aws')], dataSource }), { prowJobs: runs, overdue: [`${tag}-aws`] });
    expect(status?.blockingJobResults).toEqual([{ ...ciJob('aws'), state: 'Unknown' }]);
  });
  it('past their deadline fail their job', () => {
    const payload = reconciled(payloadOf({ blocking: [ciJob('aws')] }), {
      prowJobs: [prowJobOf(`${tag}-aws`, 'pending')],
      overdue: [`${tag}-aws`],
    });
    expect(payloadPhase(payload)).toBe('Rejected');
  });
  it('stand in the order of their names', () => {
    const prowJobs = ['-2', '', '-1'].map((retry) => prowJobOf(`${tag}-aws${retry}`, 'failure'));
    const { status } = reconciled(payloadOf({ blocking: [ciJob('aws', { maxRetries: 3 })] }), { prowJobs });
    expect(status?.blockingJobResults?.[0]?.results?.map(({ coordinates }) => coordinates?.name)).toEqual([
      `${tag}-aws`,
      `${tag}-aws-1`,
      `${tag}-aws-2`,
    ]);
  });
});

describe('with nothing blocking', () => {
  const accepts = (shape: PayloadShape, facts: Partial<PayloadFacts> = {}) =>
    shown(reconciled(payloadOf(shape), facts), 'PayloadAccepted')[0];

  it('waits for informing jobs', () => expect(accepts({ informing: [ciJob('aws')] })).toBe('Unknown'));
  it('does not wait for asynchronous ones', () => expect(accepts({ informing: [ciJob('aws')] }, { asyncEntries: ['aws'] })).toBe('True'));
  it('core 76: an asynchronous one without a run is not missed, among others that ended', () => {
    const entries = { informing: [ciJob('aws'), ciJob('gcp')] };
    const ended = { prowJobs: [prowJobOf(`${tag}-aws`, 'success')], asyncEntries: ['gcp'] };
    expect(accepts(entries, ended)).toBe('True');
  });
  it('core 77: an informing one without a run is missed', () => {
    const entries = { informing: [ciJob('aws'), ciJob('gcp')] };
    expect(accepts(entries, { prowJobs: [prowJobOf(`${tag}-aws`, 'success')] })).toBe('Unknown');
  });
  it('core 78: an asynchronous one that failed rejects nothing', () => {
    expect(accepts({ informing: [ciJob('aws')] }, { prowJobs: [prowJobOf(`${tag}-aws`, 'failure')], asyncEntries: ['aws'] })).toBe('True');
  });
  it('core 79: a blocking one without retries rejects with its first failure', () => {
    const rejected = reconciled(payloadOf({ blocking: [ciJob('aws')] }), factsOf({ prowJobs: [prowJobOf(`${tag}-aws`, 'failure')] }));
    expect(shown(rejected, 'PayloadRejected')).toEqual(['True']);
  });
  it('does not wait for upgrades that nobody starts', () => expect(accepts({ upgrade: [ciJob('aws')] })).toBe('True'));
  it('waits for upgrades that the stream will start', () =>
    expect(accepts({ upgrade: [ciJob('aws')] }, { expectedUpgrades: ['aws'] })).toBe('Unknown'));
  it('waits for upgrades that were started', () => {
    const running = prowJobOf(`${tag}-upgrade-from-4.19.1-aws`, 'pending');
    expect(accepts({ upgrade: [ciJob('aws')] }, { prowJobs: [running] })).toBe('Unknown');
  });
});

describe('overrides', () => {
  const blocked = reconciled(payloadOf({ blocking: [ciJob('aws')] }), { prowJobs: [prowJobOf(`${tag}-aws`, 'failure')] });
  const overridden = (override: string, reason = 'said so') => ({
    ...blocked,
    spec: { ...blocked.spec, payloadOverride: { override, reason } },
  });

  it('flip both verdicts in one write, and back', () => {
    expect(payloadPhase(blocked)).toBe('Rejected');
    const accepted = reconciled(overridden('Accepted'), { now: later });
    expect(shown(accepted, 'PayloadAccepted', 'PayloadRejected')).toEqual(['True', 'False']);
    const back = reconciled({ ...accepted, spec: blocked.spec });
    expect(shown(back, 'PayloadAccepted', 'PayloadRejected')).toEqual(['False', 'True']);
  });
  it('change the message without moving the time', () => {
    const first = reconciled(overridden('Accepted', 'one'));
    const second = reconciled({ ...first, spec: overridden('Accepted', 'two').spec }, { now: later });
    const [accepted] = second.status?.conditions ?? [];
    expect(accepted).toMatchObject({ message: 'two', lastTransitionTime: now });
  });
});

it('without a configuration of qualifiers their summary passes through', () => {
  const qualifiersSummary = { failureLabels: ['sno'], qualifiers: {} };
  expect(reconciled(payloadOf({ status: { qualifiersSummary } })).status?.qualifiersSummary).toBe(qualifiersSummary);
});

describe('sameStatus', () => {
  const a: ReleasePayloadStatus = { blockingJobResults: [jobOf('Success')], conditions: [condition('A', 'True')] };
  it.each<[string, ReleasePayloadStatus | undefined, boolean]>([
    ['a copy', structuredClone(a), true],
    ['an absent field that is null', { ...a, informingJobResults: null }, true],
    ['another state', { ...a, blockingJobResults: [jobOf('Failure')] }, false],
    ['one entry more', { ...a, blockingJobResults: [jobOf('Success'), jobOf('Success', 'b')] }, false],
    ['nothing', undefined, false],
  ])('%s', (_name, b, same) => {
    expect([sameStatus(a, b), sameStatus(b, a)]).toEqual([same, same]);
  });
  it('nothing is the same as an empty status', () => expect(sameStatus(undefined, {})).toBe(true));
});

describe('properties', () => {
  const shape = { blocking: [ciJob('aws', { maxRetries: 2 }), ciJob('gcp')], informing: [ciJob('metal')] };
  const state = fc.constantFrom('triggered', 'pending', 'success', 'failure', 'error', 'aborted', 'scheduling');
  const final = fc.constantFrom('success', 'failure', 'error', 'aborted');
  const runNames = ['aws', 'aws-1', 'aws-2', 'gcp', 'metal'];
  const jobNameOf = (run: string) => `periodic-${run.replace(/-\d$/, '')}`;
  const prowJob = (run: string, at: string): ProwJob => prowJobOf(`${tag}-${run}`, at, { job: jobNameOf(run) });
  const override = fc.constantFrom(undefined, { override: 'Accepted' }, { override: 'Rejected', reason: 'no' });
  const job = fc.constantFrom(null, completedJob, failedJob('BackoffLimitExceeded', 'x'));
  const facts = fc.record({
    creationJob: job,
    mirrorJob: job,
    prowJobs: fc.array(fc.tuple(fc.constantFrom(...runNames), state).map(([run, at]) => prowJob(run, at))),
    overdue: fc.subarray(runNames.map((run) => `${tag}-${run}`)),
  });
  const payload = fc
    .record({ mirrored: fc.boolean(), override, blocking: fc.subarray(shape.blocking), informing: fc.subarray(shape.informing) })
    .map(({ override: set, ...rest }) => payloadOf({ ...rest, ...(set && { override: set }) }));

  it('the order in which results arrive does not change the verdict', () => {
    const arrivals = fc.tuple(fc.subarray(runNames), fc.array(final, { minLength: 5, maxLength: 5 })).chain(([runs, states]) => {
      const results = runs.map((run, index) => prowJob(run, states[index] ?? 'success'));
      return fc.tuple(fc.constant(results), fc.shuffledSubarray(results, { minLength: results.length }));
    });
    fc.assert(
      fc.property(arrivals, ([results, shuffled]) => {
        const started = (count: number) =>
          shuffled.map((result, index) => (index < count ? result : prowJobOf(result.metadata.name, 'pending', { job: result.spec.job })));
        const last = [0, ...shuffled.keys()].reduce(
          (before, index) => reconciled(before, { prowJobs: started(index + 1) }),
          payloadOf(shape),
        );
        expect(payloadPhase(last)).toBe(payloadPhase(reconciled(payloadOf(shape), { prowJobs: results })));
      }),
    );
  });

  it('a second look at the same facts changes nothing', () => {
    fc.assert(
      fc.property(payload, facts, (start, seen) => {
        const once = reconciled(start, seen);
        const twice = reconciled(once, { ...seen, now: later });
        expect(twice.status).toEqual(once.status);
        expect(sameStatus(once.status, twice.status)).toBe(true);
      }),
    );
  });

  it('what was worked out here is never half written, whatever the conditions said before', () => {
    const holds = fc.constantFrom('True', 'False', 'Unknown', undefined);
    const stored = fc.tuple(holds, holds, holds, holds).map((all) =>
      ['PayloadAccepted', 'PayloadCreated', 'PayloadFailed', 'PayloadRejected'].flatMap((type, index) => {
        const status = all[index];
        return status === undefined ? [] : [condition(type, status)];
      }),
    );
    fc.assert(
      fc.property(payload, stored, facts, (start, conditions, seen) => {
        const settled = reconciled({ ...start, status: { ...start.status, conditions } }, seen);
        expect(isHalfWritten(settled)).toBe(false);
        const phase = payloadPhase(settled);
        expect(needsAttention(settled)).toBe(phase === 'Pending' || phase === 'Ready');
      }),
    );
  });

  it('no history ever makes a payload both accepted and rejected', () => {
    fc.assert(
      fc.property(payload, fc.array(facts, { maxLength: 5 }), override, (start, history, set) => {
        const spec = set ? { ...start.spec, payloadOverride: set } : start.spec;
        const last = history.reduce<ReleasePayload>((before, seen) => ({ ...reconciled(before, seen), spec }), start);
        expect(shown(last, 'PayloadAccepted', 'PayloadRejected')).not.toEqual(['True', 'True']);
      }),
    );
  });
});
