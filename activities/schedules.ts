import { isDeepStrictEqual } from 'node:util';
import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy, type Client, type ScheduleSpec } from '@temporalio/client';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { taskQueue } from '../workflows/ids.ts';

/** A workflow that Temporal starts again and again. */
export interface WantedSchedule {
  /** names it for ever, and begins the ids of its runs */
  id: string;
  spec: ScheduleSpec;
  /** workflow type; of two runs that would overlap the later is left out */
  workflow: string;
  args: unknown[];
  /** shown in Temporal's list of workflows */
  summary: string;
  /** run once at creation instead of waiting for the first time */
  atOnce?: boolean;
}

/** A run that could not start in time is made up for within this long, and left out afterwards: the next one is soon enough. */
const catchupWindow = '10 minutes';

/**
 * Creates a schedule, or brings one that exists to what is wanted. Safe to repeat; whether somebody paused it, and why, stays
 * as it is.
 */
export async function ensureSchedule(client: Client, wanted: WantedSchedule): Promise<void> {
  const { id: scheduleId, spec, atOnce = false } = wanted;
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow } as const;
  const action = actionOf(wanted);
  try {
    await client.schedule.create({ scheduleId, spec, action, policies, state: { triggerImmediately: atOnce } });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update(({ state }) => ({ spec, action, policies, state }));
  }
}

/** What `ensureSchedule` would do to what is there, of a schedule by intervals; reads only. */
export async function scheduleChange(client: Client, { id, spec, workflow, args }: WantedSchedule): Promise<'make' | 'change' | 'keep'> {
  try {
    const { spec: current, action } = await client.schedule.getHandle(id).describe();
    const before = [timesOf(current), action.workflowType, action.args ?? []];
    return isDeepStrictEqual(before, [timesOf(spec), workflow, plain(args)]) ? 'keep' : 'change';
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return 'make';
    throw error;
  }
}

const timesOf = ({ intervals = [] }: Pick<ScheduleSpec, 'intervals'>) =>
  intervals.map(({ every, offset = 0 }) => [msToNumber(every), msToNumber(offset)]);

/** As it comes back from Temporal. */
const plain = (args: unknown[]) => JSON.parse(JSON.stringify(args)) as unknown[];

/** @returns false when there was none */
export async function removeSchedule(client: Client, id: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(id).delete();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}

function actionOf({ id, workflow, args, summary }: WantedSchedule) {
  return { type: 'startWorkflow', workflowType: workflow, workflowId: id, taskQueue, args, staticSummary: summary } as const;
}
