import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { MirrorState, OpenedRelease } from '../../activities/contract.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { searchAttributes } from '../../workflows/search-attributes.ts';
import { changedSignal, waitingQuery } from '../../workflows/waiting.ts';
import {
  failsFirst,
  inTurn,
  losesReplies,
  noPayload,
  nothing,
  openedRelease,
  payloadState,
  verificationRound,
} from '../support/fake-activities.ts';
import { accepted, gone, marksOf, ready, releaseBench, tag, type Wrap } from '../support/fake-release.ts';
import { eventually } from '../support/wait.ts';
import type { StartOptions } from '../support/workflow-bench.ts';

const { bench, fakeRelease, isSigned, outcomeOf, signed } = releaseBench();

/** What an operator does with `temporal workflow reset --type FirstWorkflowTask`. */
async function reset({ workflowId, client }: WorkflowHandle): Promise<void> {
  const { namespace } = client.options;
  const { runId } = await client.getHandle(workflowId).describe();
  const events = (await client.getHandle(workflowId).fetchHistory()).events ?? [];
  const first = events.find(({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes);
  await client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId, runId },
    reason: 'a test',
    requestId: runId,
    workflowTaskFinishEventId: first?.eventId ?? null,
  });
}

describe.concurrent('release', () => {
  test('from the payload to the signed audit record', async () => {
    const release = fakeRelease(payloadState('Pending'), accepted);
    expect(await outcomeOf(release, { record: 'accepted' })).toEqual({ phase: 'Accepted' });
    const { namespace, fakes, image } = release;
    expect(marksOf(release).slice(0, 3)).toEqual([{ hash: 'abc' }, { phase: 'Ready' }, { phase: 'Accepted' }]);
    expect(isSigned(release)).toBe(true);
    expect(fakes.callsOf('recordAttempt').map(([audited]) => audited)).toEqual([{ namespace, tag, stream: '4.20.0-0.nightly', ...image }]);
    const { typedSearchAttributes: found } = await bench.client().workflow.getHandle(workflowIds.release(namespace, tag)).describe();
    expect([found.get(searchAttributes.releasePhase), found.get(searchAttributes.releaseTag)]).toEqual(['Accepted', tag]);
  });

  test('the same when a workflow is replayed from its history at every step', async () => {
    const release = fakeRelease(payloadState('Pending'), accepted);
    expect(await outcomeOf(release, { alone: { maxCachedWorkflows: 0 } })).toEqual({ phase: 'Accepted' });
    expect(isSigned(release)).toBe(true);
  });

  test.each<[string, Wrap]>([
    ['fails twice first', (activity) => failsFirst(2, activity)],
    ['loses its first two replies', (activity) => losesReplies(2, activity)],
  ])('the same when every activity %s, and nothing happens twice', async (_, every) => {
    const release = fakeRelease(payloadState('Pending'), accepted, {}, every);
    expect(await outcomeOf(release)).toEqual({ phase: 'Accepted' });
    expect(signed.filter((digest) => digest === release.image.digest)).toHaveLength(1);
    expect(new Set(release.fakes.callsOf('requestPermit').map(([{ request }]) => request)).size).toBe(1);
    expect(new Set(release.fakes.callsOf('recordAttempt').map((call) => JSON.stringify(call))).size).toBe(1);
  });

  test.each([ready, accepted])('goes on where the payload is: $phase', async (state) => {
    const release = fakeRelease(state, accepted);
    expect(await outcomeOf(release)).toEqual({ phase: 'Accepted' });
    expect([release.fakes.callsOf('ensureMirror'), release.fakes.callsOf('ensureReleaseJob')]).toEqual([[], []]);
    expect(release.fakes.callsOf('planVerificationRound').length > 0).toBe(state === ready);
    expect(isSigned(release)).toBe(true);
  });

  test('has the results taken in of runs that outlast a verdict which another controller wrote', async () => {
    const release = fakeRelease(accepted, accepted, { openRelease: async () => openedRelease(accepted, { hasOpenRuns: true }) });
    expect(await outcomeOf(release, { record: 'taken-over' })).toEqual({ phase: 'Accepted' });
    await release.fakes.called('planVerificationRound', 1);
    expect(marksOf(release)).toEqual([{ phase: 'Accepted' }]);
  });

  test('ends when its tag is gone', async () => {
    const release = fakeRelease(payloadState('Pending'), accepted, { openRelease: async () => gone });
    expect(await outcomeOf(release)).toEqual({ phase: 'Gone' });
    expect(marksOf(release)).toEqual([]);
  });

  test('a payload that is deleted during verification is made again', async () => {
    const release = fakeRelease(ready, accepted, {
      openRelease: inTurn<[], OpenedRelease>(openedRelease(ready), () => openedRelease((release.payload.state = accepted))),
      planVerificationRound: async () => verificationRound(noPayload),
      syncPayload: async () => (release.fakes.callsOf('openRelease').length === 1 ? noPayload : accepted),
    });
    expect(await outcomeOf(release)).toEqual({ phase: 'Accepted' });
    expect(release.fakes.callsOf('openRelease')).toHaveLength(2);
  });

  test('says what stands in the way of its payload, and goes on when that is mended', async () => {
    const blocked: OpenedRelease = {
      kind: 'blocked',
      problem: { reason: 'UnableToProcessRelease', message: 'the source stream ocp/4.20 is gone' },
    };
    const release = fakeRelease(accepted, accepted, {
      openRelease: inTurn<[], OpenedRelease>(blocked, blocked, openedRelease(accepted)),
      reportReleaseProblem: nothing,
    });
    const meanwhile = async (handle: WorkflowHandle) => {
      const waiting = await eventually('what the release waits for', async () => (await handle.query(waitingQuery))[0]);
      expect(waiting).toEqual({ for: `the payload of ${tag}`, why: 'the source stream ocp/4.20 is gone' });
      await handle.signal(changedSignal);
      await release.fakes.called('openRelease', 2);
      await handle.signal(changedSignal);
    };
    expect(await outcomeOf(release, { meanwhile })).toEqual({ phase: 'Accepted' });
    expect(release.fakes.callsOf('reportReleaseProblem').map(([, problem]) => problem)).toEqual([blocked.problem]);
  });

  test.each<[string, (handle: WorkflowHandle) => Promise<unknown>]>([
    ['terminated', (handle) => handle.terminate()],
    ['reset', (handle) => reset(handle)],
  ])('goes on in a new run after it was %s in the middle of its build', async (how, stop) => {
    const importing: MirrorState = { kind: 'importing', waitingFor: ['cli'], failed: [] };
    let imported = false;
    const release = fakeRelease(payloadState('Pending'), accepted, {
      ensureMirror: async () => (imported ? { kind: 'ready', hash: 'abc' } : importing),
    });
    const { namespace, fakes } = release;
    await bench.run(fakes, async (start) => {
      const options: StartOptions = { workflowId: workflowIds.release(namespace, tag), args: [{ namespace, tag }] };
      const first = await start('release', options);
      await fakes.called('ensureMirror', 1);
      await stop(first);
      const next = how === 'terminated' ? await start('release', options) : bench.client().workflow.getHandle(options.workflowId);
      await fakes.called('openRelease', 2);
      imported = true;
      expect(await next.result()).toEqual({ phase: 'Accepted' });
    });
  });
});
