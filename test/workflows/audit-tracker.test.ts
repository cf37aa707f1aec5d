import { ScheduleOverlapPolicy } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { TrackerLook } from '../../activities/audit-tracker-contract.ts';
import { permanent } from '../../activities/permanent.ts';
import type { TrackerResult } from '../../workflows/audit-tracker-messages.ts';
import { failsFirst, fakeActivities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { workflowBench } from '../support/workflow-bench.ts';

const bench = workflowBench();
const release = (tag: string) => ({ namespace: 'ocp', tag, stream: 's', target: 'release', digest: `sha256:${tag}`, location: `r:${tag}` });
const memory = { 'sha256:a': { tries: 1, nextAt: '2026-01-01T01:00:00.000Z' } };
const look = (more: Partial<TrackerLook>): TrackerLook => ({ due: [], memory, left: 0, waiting: 0, eligible: 3, undigested: 0, ...more });

/** @returns what a run by itself leaves */
async function resultOf(fakes: ReturnType<typeof fakeActivities>, history?: `audit-tracker/${string}`): Promise<TrackerResult> {
  const results: TrackerResult[] = [];
  await bench.run(fakes, async (begin) => {
    const run = await begin('auditTracker', { workflowId: testStack().freshName('audit-tracker'), args: [], skip: true });
    results.push((await run.result()) as TrackerResult);
    if (history !== undefined) await recordHistory(run, history);
  });
  return results[0] as TrackerResult;
}

describe.concurrent('the tracker', () => {
  test('has those without a signature audited, and says how many are left', async () => {
    const due = [release('a'), release('b')];
    const fakes = fakeActivities({
      planAudits: failsFirst(1, async () => look({ due, left: 950, waiting: 1 })),
      beginAudits: failsFirst(1, async () => undefined),
    });
    expect(await resultOf(fakes, 'audit-tracker/begins')).toEqual({ memory, begun: ['ocp/a', 'ocp/b'], left: 950, waiting: 1 });
    expect(fakes.callsOf('beginAudits')).toEqual([[due], [due]]);
  });

  test('begins nothing where every release has its signature', async () => {
    const fakes = fakeActivities({ planAudits: async () => look({}) });
    expect(await resultOf(fakes)).toMatchObject({ begun: [], left: 0 });
    expect(fakes.callsOf('beginAudits')).toEqual([]);
  });

  test('a store that does not answer is left to the next run, which remembers what the last one did', async () => {
    const fakes = fakeActivities({ planAudits: async () => Promise.reject(permanent('Broken', 'the bucket is gone')) });
    expect(await resultOf(fakes, 'audit-tracker/trouble')).toEqual({
      memory: {},
      begun: [],
      left: 0,
      waiting: 0,
      trouble: 'the bucket is gone',
    });
  });

  test('a run of the schedule knows what the one before it began', { timeout: 120_000 }, async () => {
    const fakes = fakeActivities({ planAudits: async () => look({}) });
    await bench.runAlone(fakes, async (begin) => {
      const first = await begin('auditTracker', { workflowId: testStack().freshName('audit-tracker'), args: [] });
      await first.result();
      const { taskQueue } = await first.describe();
      const schedule = await bench.client().schedule.create({
        scheduleId: testStack().freshName('schedule'),
        spec: { intervals: [{ every: '1 day' }] },
        action: { type: 'startWorkflow', workflowType: 'auditTracker', taskQueue, args: [] },
      });
      for (const count of [2, 3]) {
        // one after the other, so that the later knows the result of the earlier
        await schedule.trigger(ScheduleOverlapPolicy.BUFFER_ONE);
        await eventually(`run ${count}`, () => fakes.callsOf('planAudits').length === count, 60_000);
      }
      await schedule.delete();
    });
    expect(fakes.callsOf('planAudits')).toEqual([[{}], [{}], [memory]]);
  });
});
