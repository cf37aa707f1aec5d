import { describe, expect, test } from 'vitest';
import type { StreamSurvey } from '../../activities/contract.ts';
import type { PublishOutcome } from '../../activities/publish-contract.ts';
import type { WorkflowHandle } from '@temporalio/client';
import { workflowIds } from '../../workflows/ids.ts';
import type { StreamInput } from '../../workflows/stream-messages.ts';
import { fakeActivities, inTurn, nothing, usableStream, type Activities, type FakeActivities } from '../support/fake-activities.ts';
import { changedSignal, waitingQuery } from '../../workflows/waiting.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { workflowBench } from '../support/workflow-bench.ts';

const bench = workflowBench();
const gone: StreamSurvey = { kind: 'gone' };
const done: PublishOutcome = { errors: [], again: false };
const due = (...entries: string[]) => usableStream({ publish: { release: 'r', due: entries, errors: [] } });
const refused = (...errors: string[]) => usableStream({ publish: { release: 'r', due: [], errors } });

/** Runs a stream through its looks; says how many minutes lay between them. */
async function looks(surveys: StreamSurvey[], given: Partial<Activities> = {}): Promise<{ fakes: FakeActivities; minutes: number[] }> {
  const at: number[] = [];
  const answers = inTurn<[unknown, number], StreamSurvey>(...surveys, gone);
  const surveyStream: Activities['surveyStream'] = (stream, now) => (at.push(now), answers(stream, now));
  const fakes = fakeActivities({ surveyStream, ...given });
  await bench.run(fakes, async (start) => {
    const namespace = testStack().freshName('ocp');
    const args: [StreamInput] = [{ namespace, name: '4.20', reconcileMinutes: 60, started: [] }];
    const stream = await start('stream', { workflowId: workflowIds.stream(namespace, '4.20'), args, skip: true });
    await stream.result();
    if (surveys.length === 3) await recordHistory(stream, 'stream/publishing');
  });
  return { fakes, minutes: at.slice(1).map((time, index) => Math.round((time - (at[index] ?? 0)) / 60_000)) };
}

describe.concurrent('a stream that publishes', () => {
  test('calls nothing where nothing is due', async () => {
    const { fakes, minutes } = await looks([usableStream()]);
    expect([fakes.callsOf('publishRelease'), minutes]).toEqual([[], [60]]);
  });

  test('carries out what is due at each look, and waits as usual', async () => {
    const { fakes, minutes } = await looks([due('tag'), usableStream(), due('tag')], { publishRelease: async () => done });
    expect(fakes.callsOf('publishRelease')).toHaveLength(2);
    expect(minutes).toEqual([60, 60, 60]);
  });

  test('tells what is wrong once, as one event, and looks again after a minute, then after longer', async () => {
    const wrong = Array.from({ length: 8 }, () => refused('a: no', 'b: no'));
    const { fakes, minutes } = await looks(wrong, { reportProblem: nothing });
    expect(fakes.callsOf('publishRelease')).toEqual([]);
    expect(fakes.callsOf('reportProblem').map(([, problem]) => problem)).toEqual([
      { reason: 'UnableToVerifyRelease', message: '[a: no, b: no]' },
    ]);
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  test('says what is wrong to who asks, until it is right', async () => {
    const said: string[][] = [];
    const waiting = async (handle: WorkflowHandle) =>
      said.push((await handle.query(waitingQuery)).map((each) => `${each.for}: ${each.why}`));
    let survey = usableStream({ publish: { release: 'r', due: [], errors: ['a: no'], lacking: ['b: nowhere'] } });
    const fakes = fakeActivities({ surveyStream: async () => survey, reportProblem: nothing });
    await bench.run(fakes, async (start) => {
      const namespace = testStack().freshName('ocp');
      const args: [StreamInput] = [{ namespace, name: '4.20', reconcileMinutes: 60, started: [] }];
      const stream = await start('stream', { workflowId: workflowIds.stream(namespace, '4.20'), args });
      for (const next of [usableStream(), gone]) {
        await eventually('the end of a look', async () => (await stream.query(waitingQuery)).length === (next === gone ? 1 : 3));
        await waiting(stream);
        survey = next;
        await stream.signal(changedSignal);
      }
      await stream.result();
    });
    for (const line of ['publish steps: a: no', 'publish steps: b: nowhere'])
      expect(said.map((each) => each.includes(line))).toEqual([true, false]);
  });

  test('P30: is silent about conflicts, and looks again after a minute', async () => {
    const { fakes, minutes } = await looks([due('tag')], { publishRelease: async () => ({ errors: [], again: true }) });
    expect([fakes.callsOf('reportProblem'), minutes]).toEqual([[], [1]]);
  });

  test('publishes after the releases were seen to', async () => {
    const order: string[] = [];
    const survey = { ...due('tag'), aborted: ['old'], unfinished: [{ tag: 'a', phase: 'Ready' as const }] } as StreamSurvey;
    await looks([survey], {
      abortPending: async () => void order.push('abort'),
      openRelease: async () => ({ kind: 'gone' }),
      publishRelease: async () => (order.push('publish'), done),
    });
    expect(order).toEqual(['abort', 'publish']);
  });

  test('publishes nothing at the end of its life', async () => {
    const { fakes } = await looks([{ ...due('tag'), endOfLife: true } as StreamSurvey]);
    expect(fakes.callsOf('publishRelease')).toEqual([]);
  });
});
