import { describe, expect, test } from 'vitest';
import type { EnsuredJob, PayloadState } from '../../activities/contract.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { changedSignal, waitingQuery } from '../../workflows/waiting.ts';
import { fakeActivities, inTurn, losesReplies, noPayload, nothing, payloadState, type FakeActivities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { workflowBench, type Start } from '../support/workflow-bench.ts';

const bench = workflowBench();
const running: EnsuredJob = { kind: 'exists', finished: false };
const blocked: EnsuredJob = { kind: 'blocked', problem: { reason: 'UnableToProcessRelease', message: 'there is no image with oc' } };
const pending = payloadState('Pending');
const tag = '4.20-1';

function startCreation(start: Start, skip: boolean) {
  const namespace = testStack().freshName('ocp');
  return start('creation', { workflowId: workflowIds.creation(namespace, tag), args: [{ namespace, tag, target: 'release' }], skip });
}

/** Runs a creation that comes to its end by itself, through all its timers. */
async function resultOf(fakes: FakeActivities, record?: string): Promise<unknown> {
  let result: unknown;
  await bench.run(fakes, async (start) => {
    const creation = await startCreation(start, true);
    result = await creation.result();
    if (record !== undefined) await recordHistory(creation, `creation/${record}`);
  });
  return result;
}

describe.concurrent('creation', () => {
  test.each<PayloadState>([
    payloadState('Ready', { creation: 'Success' }),
    payloadState('Failed', { creation: 'Failed', creationMessage: 'oc exited with 1' }),
  ])('waits for the end of the release job: $phase', async (end) => {
    const fakes = fakeActivities({ ensureReleaseJob: async () => running, syncPayload: inTurn<[], PayloadState>(pending, pending, end) });
    expect(await resultOf(fakes, end.phase.toLowerCase())).toEqual(end);
  });

  test('ends at once when it is told that the job has ended', async () => {
    const ready = payloadState('Ready');
    const fakes = fakeActivities({ ensureReleaseJob: async () => running, syncPayload: inTurn<[], PayloadState>(pending, ready) });
    await bench.run(fakes, async (start) => {
      const creation = await startCreation(start, false);
      await fakes.called('syncPayload', 1);
      await creation.signal(changedSignal);
      expect(await creation.result()).toEqual(ready);
    });
  });

  test('makes a job again that somebody deleted before it ended', async () => {
    const jobs = new Set<string>();
    let made = 0;
    const ensureReleaseJob = async ({ tag: name }: { tag: string }) => {
      if (!jobs.has(name)) made += 1;
      jobs.add(name);
      return running;
    };
    const fakes = fakeActivities({ ensureReleaseJob, syncPayload: inTurn<[], PayloadState>(pending, pending, payloadState('Ready')) });
    await bench.run(fakes, async (start) => {
      const creation = await startCreation(start, false);
      await fakes.called('syncPayload', 1);
      jobs.clear();
      await creation.signal(changedSignal);
      await fakes.called('syncPayload', 2);
      await creation.signal(changedSignal);
      await creation.result();
    });
    expect(made).toBe(2);
  });

  test('reports what stands in the way of the job once, and waits for it', async () => {
    const fakes = fakeActivities({
      ensureReleaseJob: inTurn<[], EnsuredJob>(blocked, blocked, running),
      syncPayload: inTurn<[], PayloadState>(pending, pending, pending, payloadState('Ready')),
      reportReleaseProblem: nothing,
    });
    await resultOf(fakes, 'blocked');
    expect(fakes.callsOf('reportReleaseProblem').map(([release, problem]) => [release.tag, problem])).toEqual([[tag, blocked.problem]]);
  });

  test('says what the payload says of its job', async () => {
    const fakes = fakeActivities({
      ensureReleaseJob: async () => running,
      syncPayload: inTurn<[], PayloadState>(payloadState('Pending', { creationMessage: 'the Pod is pulling' }), payloadState('Ready')),
    });
    await bench.run(fakes, async (start) => {
      const creation = await startCreation(start, false);
      const waiting = await eventually('what the creation waits for', async () => (await creation.query(waitingQuery))[0]);
      expect(waiting).toEqual({ for: `release job ${tag}`, why: 'the Pod is pulling' });
      await creation.signal(changedSignal);
      await creation.result();
    });
  });

  test.each<[string, EnsuredJob, PayloadState]>([
    ['tag', { kind: 'gone' }, pending],
    ['payload', running, noPayload],
    ['image that the job is of', { kind: 'outdated' }, pending],
  ])('ends when the %s is gone', async (_, job, state) => {
    expect(await resultOf(fakeActivities({ ensureReleaseJob: async () => job, syncPayload: async () => state }))).toEqual(state);
  });

  test('a lost reply makes no second job', async () => {
    const jobs: string[] = [];
    const ensureReleaseJob = losesReplies(3, async ({ tag: name }: { tag: string }) => {
      if (!jobs.includes(name)) jobs.push(name);
      return running;
    });
    await resultOf(fakeActivities({ ensureReleaseJob, syncPayload: async () => payloadState('Ready') }));
    expect(jobs).toEqual([tag]);
  });
});
