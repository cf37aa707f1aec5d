import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { Eligibility } from '../../activities/audit-contract.ts';
import type { PayloadState, VerificationRound } from '../../activities/contract.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { changedSignal, waitingQuery } from '../../workflows/waiting.ts';
import {
  inTurn,
  noPayload,
  openedRelease,
  payloadState,
  runOf,
  verificationRound,
  type FakeActivities,
} from '../support/fake-activities.ts';
import { accepted, marksOf, notEligible, ready, rejected, rejection, releaseBench, tag } from '../support/fake-release.ts';
import { eventually } from '../support/wait.ts';

const { fakeRelease, isSigned, outcomeOf, stateOf, tell } = releaseBench();

describe.concurrent('the verdict of a release', () => {
  test('a rejected release is marked with its reason and not signed', async () => {
    const release = fakeRelease(ready, rejected);
    expect(await outcomeOf(release, { record: 'rejected' })).toEqual({ phase: 'Rejected', ...rejection });
    expect(marksOf(release)).toEqual([{ phase: 'Rejected', ...rejection }]);
    expect(release.fakes.callsOf('releaseDigest')).toEqual([]);
  });

  test('an override during verification decides at once; verification goes on collecting', async () => {
    const release = fakeRelease(ready, ready, {
      planVerificationRound: async () => verificationRound(release.payload.state, { running: 1 }),
    });
    const meanwhile = async () => {
      await release.fakes.called('planVerificationRound', 1);
      release.payload.state = accepted;
      await tell(release.namespace);
    };
    expect(await outcomeOf(release, { meanwhile, record: 'override' })).toEqual({ phase: 'Accepted' });
    expect(await stateOf(workflowIds.verification(release.namespace, tag))).toBe('RUNNING');
  });

  test('an override after the verdict is followed by a new run', async () => {
    const release = fakeRelease(ready, rejected);
    expect(await outcomeOf(release)).toEqual({ phase: 'Rejected', ...rejection });
    release.payload.state = accepted;
    expect(await outcomeOf(release)).toEqual({ phase: 'Accepted' });
    expect(marksOf(release).slice(0, 2)).toEqual([{ phase: 'Rejected', ...rejection }, { phase: 'Accepted' }]);
    expect(isSigned(release)).toBe(true);
  });

  test('an override during the audit is told at once', async () => {
    const checking = Promise.withResolvers<Eligibility>();
    const release = fakeRelease(accepted, accepted, { checkEligible: () => checking.promise });
    const meanwhile = async (handle: WorkflowHandle) => {
      await release.fakes.called('checkEligible', 1);
      release.payload.state = rejected;
      await handle.signal(changedSignal);
      await handle.result();
      checking.resolve(notEligible);
    };
    expect(await outcomeOf(release, { meanwhile, record: 'override-during-audit' })).toEqual({ phase: 'Rejected', ...rejection });
    expect(isSigned(release)).toBe(false);
  });

  test('an override withdrawn during the audit leads back to the verification, and the tag says so', async () => {
    const openRelease = async () =>
      openedRelease(release.payload.state, release.payload.state.phase === 'Ready' ? { bearsWithdrawnVerdict: true } : {});
    const planVerificationRound = async () => verificationRound(release.payload.state);
    const checking = Promise.withResolvers<Eligibility>();
    const release = fakeRelease(accepted, rejected, { openRelease, planVerificationRound, checkEligible: () => checking.promise });
    const meanwhile = async (handle: WorkflowHandle) => {
      await release.fakes.called('checkEligible', 1);
      release.payload.state = ready;
      await handle.signal(changedSignal);
      await release.fakes.called('planVerificationRound', 1);
      release.payload.state = rejected;
      await tell(release.namespace);
      await handle.result();
      checking.resolve(notEligible);
    };
    expect(await outcomeOf(release, { meanwhile, record: 'override-withdrawn' })).toEqual({ phase: 'Rejected', ...rejection });
    expect(marksOf(release)).toEqual([{ phase: 'Accepted' }, { phase: 'Ready' }, { phase: 'Rejected', ...rejection }]);
  });

  test('an override withdrawn after the verdict is followed by a new run', async () => {
    const release = fakeRelease(accepted, rejected);
    expect(await outcomeOf(release)).toEqual({ phase: 'Accepted' });
    release.payload.state = rejected;
    expect(await outcomeOf(release)).toEqual({ phase: 'Rejected', ...rejection });
    expect(marksOf(release)).toEqual([{ phase: 'Accepted' }, { phase: 'Rejected', ...rejection }]);
  });

  test('a copy to the alternate repository that can not be made is a failed copy', async () => {
    const release = fakeRelease(ready, ready, {
      openRelease: async () => openedRelease(ready, { hasAlternateMirror: true }),
      ensureAlternateMirror: async () => ({
        kind: 'blocked',
        problem: { reason: 'UnableToProcessRelease', message: 'there is no image with oc' },
      }),
      syncPayload: async (_, facts) => (facts.alternateMirrorFailure === undefined ? ready : rejected),
      planVerificationRound: async () => verificationRound(rejected),
    });
    expect(await outcomeOf(release)).toMatchObject({ phase: 'Rejected' });
    const failures = release.fakes.callsOf('syncPayload').map(([, facts]) => facts.alternateMirrorFailure);
    expect([...new Set(failures)]).toEqual(['there is no image with oc']);
  });

  test('a verification that was terminated by hand is started again after a quiet time', async () => {
    const verdict = inTurn<[], PayloadState>(ready, accepted);
    const rounds = inTurn(verificationRound(noPayload), verificationRound(accepted));
    const release = fakeRelease(ready, ready, { syncPayload: verdict, planVerificationRound: rounds });
    expect(await outcomeOf(release, { skip: true })).toEqual({ phase: 'Accepted' });
    await release.fakes.called('planVerificationRound', 2);
  });

  test('a verdict that is given and withdrawn between two looks has ended the verification: it is started again', async () => {
    const since = (undecidedSince: string) => payloadState('Ready', { undecidedSince });
    const judged = async () => {
      release.payload.state = accepted;
      await tell(release.namespace);
      return verificationRound(accepted);
    };
    const rounds = inTurn<[], VerificationRound | undefined>(verificationRound(rejected), undefined);
    const planVerificationRound = async () => (await rounds()) ?? judged();
    const release = fakeRelease(since('noon'), accepted, { planVerificationRound });
    const meanwhile = async (handle: WorkflowHandle, fakes: FakeActivities) => {
      await fakes.called('syncPayload', 1);
      await fakes.called('planVerificationRound', 1);
      release.payload.state = since('one');
      await handle.signal(changedSignal);
    };
    expect(await outcomeOf(release, { meanwhile, record: 'verdict-withdrawn-unseen' })).toEqual({ phase: 'Accepted' });
    expect(release.fakes.callsOf('planVerificationRound').length).toBeGreaterThanOrEqual(2);
  });

  test('says which jobs it waits for', async () => {
    const jobs = { total: 3, succeeded: 1, failed: 0, pending: 2, blocking: 2, blockingDone: 1 };
    const collecting = payloadState('Ready', { jobs, mirrorPending: true });
    const release = fakeRelease(collecting, collecting, {
      planVerificationRound: async () => verificationRound(release.payload.state, { start: [runOf('aws')] }),
    });
    const meanwhile = async (handle: WorkflowHandle) => {
      const waiting = await eventually('what the release waits for', async () => {
        const answer = await handle.query(waitingQuery);
        return answer.length > 0 && answer;
      });
      expect(waiting.map((one) => one.for)).toEqual(['the copy to the alternate repository', 'the blocking jobs']);
      release.payload.state = accepted;
      await tell(release.namespace);
    };
    expect(await outcomeOf(release, { meanwhile })).toEqual({ phase: 'Accepted' });
  });
});
