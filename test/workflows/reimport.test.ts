import { ScheduleOverlapPolicy } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { permanent } from '../../activities/permanent.ts';
import type { FailedImport } from '../../domain/payload/failed-imports.ts';
import type { ReimportResult } from '../../workflows/reimport-messages.ts';
import { failsFirst, fakeActivities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { workflowBench } from '../support/workflow-bench.ts';

const bench = workflowBench();
const failed = (stream: string, tag: string): FailedImport => ({ namespace: 'ocp', stream, tag, generation: 1 });
const args = [{ intervalMs: 600_000 }];

describe.concurrent('reimport', () => {
  test('asks stream by stream, says what failed, and remembers each tag', async () => {
    const fakes = fakeActivities({
      findFailedImports: failsFirst(1, async () => [failed('a', 'x'), failed('b', 'y'), failed('a', 'z')]),
      reimportTags: async (_, tags) =>
        tags.map((tag) => (tag === 'z' ? { tag, ok: false, message: 'still not there' } : { tag, ok: true })),
    });
    await bench.run(fakes, async (start) => {
      const run = await start('reimport', { workflowId: testStack().freshName('reimport'), args });
      const result = (await run.result()) as ReimportResult;
      await recordHistory(run, 'reimport/asks');
      expect(result).toMatchObject({ asked: ['ocp/a:x', 'ocp/b:y', 'ocp/a:z'], failed: ['ocp/a:z: still not there'], waiting: 0 });
      expect(Object.keys(result.memory)).toHaveLength(3);
    });
    expect(fakes.callsOf('reimportTags')).toEqual([
      [{ namespace: 'ocp', name: 'a' }, ['x', 'z']],
      [{ namespace: 'ocp', name: 'b' }, ['y']],
    ]);
  });

  test('a stream that can not be asked keeps no other from its turn, and its tags are remembered', async () => {
    const fakes = fakeActivities({
      findFailedImports: async () => [failed('a', 'x'), failed('b', 'y')],
      reimportTags: async ({ name }, tags) => {
        if (name === 'a') throw permanent('Broken', 'the server is in trouble');
        return tags.map((tag) => ({ tag, ok: true }));
      },
    });
    await bench.run(fakes, async (start) => {
      const run = await start('reimport', { workflowId: testStack().freshName('reimport'), args });
      const result = (await run.result()) as ReimportResult;
      expect(result).toMatchObject({ asked: ['ocp/a:x', 'ocp/b:y'], failed: ['ocp/a: the server is in trouble'] });
      expect(Object.keys(result.memory)).toHaveLength(2);
    });
  });

  test('audit trap 27: a run of the schedule knows what the one before it tried', async () => {
    const fakes = fakeActivities({
      findFailedImports: async () => [failed('a', 'x')],
      reimportTags: async (_, tags) => tags.map((tag) => ({ tag, ok: true })),
    });
    await bench.runAlone(fakes, async (start) => {
      const first = await start('reimport', { workflowId: testStack().freshName('reimport'), args });
      await first.result();
      const { taskQueue } = await first.describe();
      const schedule = await bench.client().schedule.create({
        scheduleId: testStack().freshName('schedule'),
        spec: { intervals: [{ every: '1 day' }] },
        action: { type: 'startWorkflow', workflowType: 'reimport', taskQueue, args },
      });
      for (const run of [2, 3]) {
        // The schedule learns a moment later that a run has ended, and only then has its result for the next.
        await schedule.trigger(ScheduleOverlapPolicy.BUFFER_ONE);
        await eventually(`run ${run}`, () => fakes.callsOf('findFailedImports').length === run);
      }
      await eventually('the end of the last run', async () => (await schedule.describe()).info.runningActions.length === 0);
      await schedule.delete();
    });
    // the first was no run of the schedule, and the last left the tag to its time
    expect(fakes.callsOf('reimportTags')).toHaveLength(2);
  });
});
