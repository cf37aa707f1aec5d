import { ScheduleNotFoundError, ScheduleOverlapPolicy, type Client, type ScheduleSpec } from '@temporalio/client';
import type { PeriodicTimes } from '../domain/payload/periodic.ts';
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

/** A firing that is later than this is not coming any more: Temporal was away for longer than it makes up for. */
const missedMs = 15 * 60_000;

/** Temporal's schedules of periodic entries. Safe to repeat. */
export function periodicSchedules(client: Client) {
  const handleOf = (id: PeriodicId) => client.schedule.getHandle(scheduleId(id));
  return {
    /** Leaves one alone that is made from the same times, but for an interval whose firing was missed. */
    async ensure({ id, times, latestStart }: WantedPeriodic, now: number): Promise<void> {
      const made = JSON.stringify(times);
      const current = await existing(client, id);
      const isDue = times.kind === 'interval' && (latestStart === undefined || latestStart + times.ms <= now);
      if (current?.made === made) {
        const missed = times.kind === 'interval' && latestStart !== undefined && latestStart + times.ms + missedMs <= now;
        if (missed && !current.paused && !current.running) await handleOf(id).trigger(ScheduleOverlapPolicy.SKIP);
        return;
      }
      await ensureSchedule(client, {
        id: scheduleId(id),
        spec: specOf(times, latestStart ?? now, now),
        workflow: 'periodic',
        args: [{ ...id, made }],
        summary: `${id.entry} of ${id.namespace}/${id.name}`,
        // as upstream's cron does with entries that are new
        atOnce: isDue || times.kind === 'every',
      });
      if (current !== undefined && isDue && !current.paused) await handleOf(id).trigger(ScheduleOverlapPolicy.SKIP);
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

async function existing(client: Client, id: PeriodicId): Promise<{ made: string; paused: boolean; running: boolean } | undefined> {
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
