import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AggregateState, CiConfiguration, QualifiersSummary, VerificationJobStatus } from '../../../domain/payload/kinds.ts';
import { reconcileStatus, sameStatus } from '../../../domain/payload/payload-status.ts';
import type { Qualifier, Qualifiers } from '../../../domain/payload/qualifier.ts';
import { qualifiersSummary } from '../../../domain/payload/qualifiers-summary.ts';
import { ciJob, factsOf, jobOf, later, payloadOf, prowJobOf, tag } from './payload-builder.ts';

interface Scene {
  general: Qualifiers;
  blocking?: [CiConfiguration, AggregateState][];
  informing?: [CiConfiguration, AggregateState][];
  labels?: Record<string, string>;
  before?: QualifiersSummary;
}

const naming = (
  name: string,
  qualifiers: Record<string, Qualifier>,
  state: AggregateState = 'Success',
): [CiConfiguration, AggregateState] => [ciJob(name, { qualifiers }), state];
const label = (id: string, state: string) => ({ [`release.openshift.io/${id}_state`]: state });

function summaryOf({ general, blocking = [], informing = [], labels = {}, before }: Scene): QualifiersSummary | undefined {
  const payload = payloadOf({
    blocking: blocking.map(([job]) => job),
    informing: informing.map(([job]) => job),
    status: { ...(before && { qualifiersSummary: before }) },
  });
  payload.metadata.labels = labels;
  const states = (jobs: [CiConfiguration, AggregateState][]): VerificationJobStatus[] =>
    jobs.map(([{ ciConfigurationName }, state]) => jobOf(state, ciConfigurationName));
  return qualifiersSummary(payload, general, { blocking: states(blocking), informing: states(informing) });
}

const entry = (scene: Scene, id = 'fips') => summaryOf(scene)?.qualifiers?.[id];
const one = (general: Qualifier, state: AggregateState, override: Qualifier = {}) =>
  entry({ general: { fips: general }, blocking: [naming('aws', { fips: override }, state)] });

describe('badges', () => {
  it.each<[string, Qualifier, AggregateState, boolean, boolean]>([
    ['payload 105: without enabled nothing is earned', {}, 'Success', false, false],
    ['earned by success', { enabled: true }, 'Success', true, false],
    ['not earned by waiting', { enabled: true }, 'Pending', false, false],
    ['shown always', { enabled: true, payloadBadgeStatus: 'Yes' }, 'Unknown', false, true],
    ['shown never', { enabled: true, payloadBadgeStatus: 'No' }, 'Success', true, false],
    ['shown on success', { enabled: true, payloadBadgeStatus: 'OnSuccess' }, 'Success', true, true],
    ['not before', { enabled: true, payloadBadgeStatus: 'OnSuccess' }, 'Pending', false, false],
    ['payload 106: shown on failure', { enabled: true, payloadBadgeStatus: 'OnFailure' }, 'Failure', false, true],
    ['not on success then', { enabled: true, payloadBadgeStatus: 'OnFailure' }, 'Success', true, false],
    ['not of one that is disabled', { enabled: false, payloadBadgeStatus: 'Yes' }, 'Success', false, false],
    ['not for a word that nobody knows', { enabled: true, payloadBadgeStatus: 'Always' }, 'Success', true, false],
  ])('%s', (_name, general, state, badgeEarned, badgePropagated) => {
    expect(one(general, state)).toMatchObject({ aggregateState: state, badgeEarned, badgePropagated });
  });
});

describe('jobs', () => {
  it('all that name a qualifier count, the last override is the one that holds', () => {
    const scene: Scene = {
      general: { fips: { enabled: true, badgeName: 'FIPS' } },
      blocking: [naming('gcp', { fips: { badgeName: 'first' } }), naming('aws', { fips: {} }, 'Failure'), naming('other', {}, 'Pending')],
      informing: [naming('metal', { fips: { badgeName: 'last' } })],
    };
    expect(entry(scene)).toEqual({
      jobs: ['aws', 'gcp', 'metal'].map((name) => ({ ciConfigurationName: name, ciConfigurationJobName: `periodic-${name}` })),
      aggregateState: 'Failure',
      badgeName: 'last',
      badgeEarned: false,
      badgePropagated: false,
    });
  });

  it('payload 107: upgrade jobs take no part', () => {
    const payload = payloadOf({ upgrade: [ciJob('aws', { qualifiers: { fips: {} } })] });
    expect(qualifiersSummary(payload, { fips: { enabled: true } }, { blocking: [], informing: [] })).toBeUndefined();
  });

  it('payload 108: an id that the general configuration does not have counts for nothing', () => {
    expect(summaryOf({ general: {}, blocking: [naming('aws', { fips: { enabled: true } })] })).toBeUndefined();
  });

  it('that have no status yet leave it undecided', () => {
    const payload = payloadOf({ blocking: [ciJob('aws', { qualifiers: { fips: {} } })] });
    const summary = qualifiersSummary(payload, { fips: {} }, { blocking: [], informing: [] });
    expect(summary?.qualifiers?.['fips']?.aggregateState).toBe('Unknown');
  });
});

describe('approvals', () => {
  const general = { qe: { approval: true, enabled: true, badgeName: 'QE', payloadBadgeStatus: 'OnSuccess' } };

  it.each<[string, Qualifiers, Record<string, string>, object | undefined]>([
    ['given', general, label('qe', 'Accepted'), { approval: true, aggregateState: 'Success', badgeEarned: true, badgePropagated: true }],
    [
      'refused',
      general,
      label('qe', 'Rejected'),
      { approval: true, aggregateState: 'Failure', badgeEarned: false, badgePropagated: false },
    ],
    ['given without enabled', { qe: { approval: true } }, label('qe', 'Accepted'), { badgeEarned: true, badgePropagated: false }],
    ['payload 109: no label, no entry', general, {}, undefined],
    ['another word', general, label('qe', 'Maybe'), undefined],
    ['a label of nobody', general, label('docs', 'Accepted'), undefined],
  ])('%s', (_name, qualifiers, labels, expected) => {
    const found = entry({ general: qualifiers, labels }, 'qe');
    expect(found === undefined).toBe(expected === undefined);
    expect(found ?? {}).toMatchObject(expected ?? {});
    expect(found?.jobs).toBeUndefined();
  });

  it('payload 110: where jobs name the qualifier, they speak', () => {
    const scene = { general, labels: label('qe', 'Accepted'), blocking: [naming('aws', { qe: {} }, 'Failure')] };
    expect(entry(scene, 'qe')).toMatchObject({ aggregateState: 'Failure', jobs: [{ ciConfigurationName: 'aws' }] });
  });
});

describe('failure labels', () => {
  const general = { a: { failureLabels: ['x', 'b'] }, c: { failureLabels: ['b', 'a'] }, ok: { failureLabels: ['never'] } };

  it('payload 111: of all that fail, once each, sorted', () => {
    const scene = { general, blocking: [naming('aws', { a: {}, c: {} }, 'Failure'), naming('gcp', { ok: {} })] };
    expect(summaryOf(scene)?.failureLabels).toEqual(['a', 'b', 'x']);
    expect(entry(scene, 'ok')?.failureLabels).toEqual(['never']);
  });

  it('payload 112: none while it is pending', () => {
    const summary = summaryOf({ general, blocking: [naming('aws', { a: {} }, 'Pending')] });
    expect(summary).not.toHaveProperty('failureLabels');
    expect(summary?.qualifiers?.['a']?.failureLabels).toEqual(['x', 'b']);
  });
});

describe('issues', () => {
  const issue = { issueKey: 'OCPBUGS-1', activeEscalation: 'e', activePriority: 'Major', abated: false, lastTransitionTime: later };
  const before = { qualifiers: { fips: { jiraNotifications: { thread: issue } }, gone: { jiraNotifications: { thread: issue } } } };

  it('payload 113: are kept where the qualifier still is', () => {
    const summary = summaryOf({ general: { fips: {} }, before, blocking: [naming('aws', { fips: {} })] });
    expect(summary?.qualifiers?.['fips']?.jiraNotifications).toEqual({ thread: issue });
    expect(Object.keys(summary?.qualifiers ?? {})).toEqual(['fips']);
  });
});

describe('in the status of a payload', () => {
  const ran = (name: string, state: string) => prowJobOf(`${tag}-${name}`, state, { job: `periodic-${name.replace(/-\d$/, '')}` });
  const qualifiers = { fips: { enabled: true, badgeName: 'FIPS' } };
  const payload = payloadOf({ blocking: [ciJob('aws', { qualifiers: { fips: {} } })] });

  it('verdict and summary are made from the same look', () => {
    const status = reconcileStatus(payload, factsOf({ qualifiers, prowJobs: [ran('aws', 'success')] }));
    expect(status.qualifiersSummary?.qualifiers?.['fips']).toMatchObject({ aggregateState: 'Success', badgeEarned: true });
    expect(status.conditions?.find(({ type }) => type === 'PayloadAccepted')?.status).toBe('True');
  });

  it('payload trap 15: nothing to say is no summary, and is not written again', () => {
    const first = { ...payload, status: reconcileStatus(payload, factsOf({ qualifiers: {} })) };
    expect(first.status).not.toHaveProperty('qualifiersSummary');
    expect(sameStatus(first.status, reconcileStatus(first, factsOf({ qualifiers: {}, now: later })))).toBe(true);
  });

  it('payload trap 21: another configuration is followed', () => {
    const first = { ...payload, status: reconcileStatus(payload, factsOf({ qualifiers })) };
    const { qualifiersSummary: summary } = reconcileStatus(first, factsOf({ qualifiers: { fips: { badgeName: 'new' } } }));
    expect(summary?.qualifiers?.['fips']).toMatchObject({ badgeName: 'new', badgeEarned: false });
  });

  it('neither verdict nor summary depends on the order in which results arrive', () => {
    const names = ['aws', 'gcp', 'metal', 'sno'];
    const many = payloadOf({
      blocking: names.slice(0, 2).map((name) => ciJob(name, { qualifiers: { fips: {} }, maxRetries: 1 })),
      informing: names.slice(2).map((name) => ciJob(name, { qualifiers: { fips: {}, sno: { enabled: true } } })),
    });
    const general = { fips: { enabled: true, failureLabels: ['f'] }, sno: { payloadBadgeStatus: 'Yes', failureLabels: ['s'] } };
    const run = fc.record({
      name: fc.constantFrom(...names, 'aws-1', 'gcp-1'),
      state: fc.constantFrom('success', 'failure', 'aborted', 'pending'),
    });
    const runs = fc.uniqueArray(run, { selector: ({ name }) => name, maxLength: 6 });
    const orders = runs.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length, maxLength: some.length })),
    );
    const after = (arriving: { name: string; state: string }[]) =>
      arriving.reduce((current, _run, index) => {
        const prowJobs = arriving.slice(0, index + 1).map(({ name, state }) => ran(name, state));
        return { ...current, status: reconcileStatus(current, factsOf({ qualifiers: general, prowJobs })) };
      }, many);
    fc.assert(
      fc.property(orders, ([some, shuffled]) => {
        const [one, other] = [after(some).status, after(shuffled).status];
        const verdict = (status: typeof one) => status?.conditions?.map(({ type, status: holds, reason }) => [type, holds, reason]);
        expect(verdict(other)).toEqual(verdict(one));
        expect(other?.qualifiersSummary).toEqual(one?.qualifiersSummary);
        expect(other?.blockingJobResults?.map(({ state }) => state)).toEqual(one?.blockingJobResults?.map(({ state }) => state));
      }),
    );
  });
});
