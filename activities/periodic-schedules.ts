import { ScheduleNotFoundError, ScheduleOverlapPolicy, type Client, type ScheduleSpec } from '@temporalio/client';
import { scheduleStep, timesText, type KnownSchedule, type PeriodicTimes, type ScheduleStep } from '../domain/payload/periodic.ts';
import { workflowIds } from '../workflows/ids.ts';
import type { PeriodicId } from './periodic-contract.ts';
import { ensureSchedule, removeSchedule } from './schedules.ts';

/** An entry that should have a schedule. */
export interface WantedPeriodic {
  id: PeriodicId;
  /** what the schedule is made from */
  times: PeriodicTimes;
  /** when the latest run began, in milliseconds since 1970 */
  latestStart?: number;
}

/** Temporal's schedules of periodic entries. Safe to repeat. */
export function periodicSchedules(client: Client) {
  const handleOf = (id: PeriodicId) => client.schedule.getHandle(scheduleId(id));
  return {
    /** What `ensure` would do. */
    async step(wanted: WantedPeriodic, now: number): Promise<ScheduleStep> {
      return scheduleStep(wanted, await existing(client, wanted.id), now);
    },

    async ensure(wanted: WantedPeriodic, now: number): Promise<void> {
      const { id, times, latestStart } = wanted;
      const step = scheduleStep(wanted, await existing(client, id), now);
      if (step.kind === 'make' || step.kind === 'change') {
        await ensureSchedule(client, {
          id: scheduleId(id),
          spec: specOf(times, latestStart ?? now, now),
          workflow: 'periodic',
          args: [{ ...id, made: timesText(times) }],
          summary: `${id.entry} of ${id.namespace}/${id.name}`,
          atOnce: step.kind === 'make' && step.runsNow,
        });
      }
      if (step.kind === 'run' || (step.kind === 'change' && step.runsNow)) await handleOf(id).trigger(ScheduleOverlapPolicy.SKIP);
    },

    async place(id: PeriodicId, intervalMs: number, nextAt: number): Promise<void> {
      const spec = intervalSpec(intervalMs, nextAt);
      try {
        await handleOf(id).update(({ spec: _, ...rest }) => ({ ...rest, spec }));
      } catch (error) {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
      }
    },

    remove: (id: PeriodicId) => removeSchedule(client, scheduleId(id)),
  };
}

export type PeriodicSchedules = ReturnType<typeof periodicSchedules>;

const scheduleId = ({ namespace, name, entry }: PeriodicId) => workflowIds.periodic(namespace, name, entry);

async function existing(client: Client, id: PeriodicId): Promise<KnownSchedule | undefined> {
  try {
    const { action, state, info } = await client.schedule.getHandle(scheduleId(id)).describe();
    const [input] = (action.args ?? []) as { made?: string }[];
    return { made: input?.made ?? '', paused: state.paused, running: info.runningActions.length > 0 };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** An interval is counted from a time, whenever that was. */
function specOf(times: PeriodicTimes, countedFrom: number, now: number): ScheduleSpec {
  if (times.kind === 'calendar') return { cronExpressions: times.expressions, timezone: 'UTC' };
  return intervalSpec(times.ms, times.kind === 'interval' ? countedFrom : now);
}

/** Temporal counts intervals from 1970; the rest is how far one of them is off. Rounded down, so that what runs at once does not run again a moment later. */
function intervalSpec(every: number, at: number): ScheduleSpec {
  return { intervals: [{ every, offset: (Math.floor(at / 1000) * 1000) % every }] };
}
