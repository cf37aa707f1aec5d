import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { EnsuredJob, MirrorState, OpenedRelease, PayloadState } from '../../activities/contract.ts';
import type { PreparedRelease } from '../../activities/stable-contract.ts';
import { changedSignal, waitingQuery } from '../../workflows/waiting.ts';
import { inTurn, nothing, openedRelease, payloadState, type FakeActivities } from '../support/fake-activities.ts';
import { accepted, failed, gone, marksOf, ready, releaseBench, tag, type FakeRelease } from '../support/fake-release.ts';

const { fakeRelease, outcomeOf } = releaseBench();

describe.concurrent('a release of a Stable stream', () => {
  const stable = (state: PayloadState) => openedRelease(state, { stable: true });
  const blocked: PreparedRelease = {
    kind: 'blocked',
    problem: { reason: 'UnableToProcessRelease', message: 'could not fetch Docker image metadata for release 4.5.1: GET x: 503' },
  };
  const importing: PreparedRelease = { kind: 'importing', why: 'its image has not been imported yet' };

  test('waits for its image, says what stands in the way once, and goes on as any other', async () => {
    const release: FakeRelease = fakeRelease(payloadState('Pending'), accepted, {
      openRelease: async () => stable(release.payload.state),
      prepareRelease: inTurn<[], PreparedRelease>(importing, blocked, blocked, { kind: 'ready' }),
      reportReleaseProblem: nothing,
    });
    expect(await outcomeOf(release, { skip: true, record: 'stable' })).toEqual({ phase: 'Accepted' });
    expect(release.fakes.callsOf('prepareRelease')).toHaveLength(4);
    expect(release.fakes.callsOf('reportReleaseProblem').map(([, problem]) => problem)).toEqual([
      blocked.kind === 'blocked' && blocked.problem,
    ]);
    expect(marksOf(release).slice(0, 3)).toEqual([{ hash: 'abc' }, { phase: 'Ready' }, { phase: 'Accepted' }]);
  });

  test('goes on as soon as it is told of a change', async () => {
    const release: FakeRelease = fakeRelease(payloadState('Pending'), accepted, {
      openRelease: async () => stable(release.payload.state),
      prepareRelease: inTurn<[], PreparedRelease>(importing, { kind: 'ready' }),
    });
    const meanwhile = async (workflow: WorkflowHandle, fakes: FakeActivities) => {
      await fakes.called('prepareRelease', 1);
      expect((await workflow.query(waitingQuery))[0]).toEqual({ for: `the image of ${tag}`, why: 'its image has not been imported yet' });
      await workflow.signal(changedSignal);
    };
    expect(await outcomeOf(release, { meanwhile })).toEqual({ phase: 'Accepted' });
  });

  test('that is pushed again while it is built begins again, with a mirror and a job of its own', async () => {
    let pushes = 1;
    const release: FakeRelease = fakeRelease(payloadState('Pending'), accepted, {
      openRelease: async () => stable(release.payload.state),
      prepareRelease: async () => ({ kind: 'ready' }),
      ensureMirror: async () => ({ kind: 'ready', hash: `push ${pushes}` }),
      async ensureReleaseJob() {
        if (pushes === 1) {
          pushes = 2;
          return { kind: 'outdated' };
        }
        release.payload.state = ready;
        return { kind: 'exists', finished: true };
      },
    });
    expect(await outcomeOf(release, { skip: true, record: 'pushed-again' })).toEqual({ phase: 'Accepted' });
    expect(marksOf(release).slice(0, 2)).toEqual([{ hash: 'push 1' }, { hash: 'push 2' }]);
    expect(release.fakes.callsOf('prepareRelease').length).toBeGreaterThan(1);
  });

  test('that is removed while its image is awaited ends', async () => {
    let removed = false;
    const release: FakeRelease = fakeRelease(payloadState('Pending'), accepted, {
      openRelease: async () => (removed ? gone : stable(release.payload.state)),
      async prepareRelease() {
        removed = true;
        return { kind: 'gone' };
      },
    });
    expect(await outcomeOf(release, { skip: true })).toEqual({ phase: 'Gone' });
  });
});

describe.concurrent('the build of a release', () => {
  test('a failed build ends it: marked, reported on the source stream, not verified', async () => {
    const words = { reason: 'CreateReleaseFailed', message: 'Could not create the release image' };
    const release = fakeRelease(payloadState('Pending'), accepted, {
      async ensureReleaseJob() {
        release.payload.state = failed;
        return { kind: 'exists', finished: true };
      },
    });
    expect(await outcomeOf(release, { record: 'failed-build' })).toEqual({ phase: 'Failed', ...words });
    expect(marksOf(release)).toEqual([{ hash: 'abc' }, { phase: 'Failed', ...words }]);
    const problem = { reason: 'UnableToProcessRelease', message: `${tag}: oc exited with 1` };
    expect(release.fakes.callsOf('reportProblem')[0]).toEqual([{ namespace: 'ocp', name: '4.20' }, problem]);
    expect(release.fakes.callsOf('planVerificationRound')).toEqual([]);
  });

  test('ends without a verdict when its tag goes while the mirror is made, though the payload is still there', async () => {
    const openRelease = inTurn<[], OpenedRelease>(openedRelease(payloadState('Pending')), gone);
    const release = fakeRelease(payloadState('Pending'), accepted, { openRelease, ensureMirror: async () => ({ kind: 'gone' }) });
    expect(await outcomeOf(release)).toEqual({ phase: 'Gone' });
    expect(marksOf(release)).toEqual([]);
  });

  test('whose mirror somebody deleted before its job began is begun again with another one', async () => {
    const answers: EnsuredJob[] = [{ kind: 'outdated' }];
    const release: FakeRelease = fakeRelease(payloadState('Pending'), accepted, {
      async ensureReleaseJob() {
        const answer = answers.shift();
        if (answer === undefined) release.payload.state = ready;
        return answer ?? { kind: 'exists', finished: true };
      },
    });
    expect(await outcomeOf(release, { skip: true })).toEqual({ phase: 'Accepted' });
    expect(release.fakes.callsOf('ensureMirror').length).toBeGreaterThanOrEqual(2);
  });

  test('hands a change on to the mirror, which may wait for just that', async () => {
    const ensureMirror = inTurn<[], MirrorState>({ kind: 'importing', waitingFor: ['cli'], failed: [] }, { kind: 'ready', hash: 'abc' });
    const release = fakeRelease(payloadState('Pending'), accepted, { ensureMirror });
    const meanwhile = async (handle: WorkflowHandle, fakes: FakeActivities) => {
      await fakes.called('ensureMirror', 1);
      await handle.signal(changedSignal);
    };
    expect(await outcomeOf(release, { meanwhile })).toEqual({ phase: 'Accepted' });
  });

  test('hands a change on to the creation as well', async () => {
    const state = inTurn<[], PayloadState>(payloadState('Pending'), failed);
    const ensureReleaseJob = async (): Promise<EnsuredJob> => ({ kind: 'exists', finished: false });
    const release = fakeRelease(payloadState('Pending'), accepted, { ensureReleaseJob, syncPayload: state });
    const meanwhile = async (handle: WorkflowHandle, fakes: FakeActivities) => {
      await fakes.called('syncPayload', 1);
      await handle.signal(changedSignal);
    };
    expect(await outcomeOf(release, { meanwhile })).toMatchObject({ phase: 'Failed' });
  });
});
