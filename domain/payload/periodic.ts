import { annotation, label } from './annotations.ts';
import type { Periodic, ReleaseConfig } from './config.ts';
import { cronTimes, type CronTimes } from './cron.ts';
import { parseGoDuration } from './go-duration.ts';
import type { ProwJob } from './kinds.ts';
import { sha256Hex } from './sha256.ts';

/** When an entry under `periodic` is due. */
export type PeriodicTimes = { kind: 'interval'; ms: number } | CronTimes;

export type ReadPeriodic = { ok: true; times: PeriodicTimes; job: string } | { ok: false; error: string };

/**
 * Reads one entry (openshift/release-controller, cmd/release-controller/periodic.go). Of a cron text and an interval
 * the cron text counts. An entry with neither, which upstream would run again and again, is wrong here, in the words
 * of its offline validator.
 */
export function readPeriodic({ name: config }: ReleaseConfig, name: string, { cron, interval, prowJob }: Periodic): ReadPeriodic {
  const wrong = (what: string): ReadPeriodic => ({ ok: false, error: `${config}: periodic ${name}: ${what}` });
  if (!prowJob?.name) return wrong('must name a prowJob');
  if (cron !== '') {
    const parsed = cronTimes(cron);
    return parsed.ok ? { ok: true, times: parsed.times, job: prowJob.name } : wrong(`cannot parse cron: ${parsed.error}`);
  }
  if (interval === '') return wrong('must specify a cron or interval');
  const parsed = parseGoDuration(interval);
  if (!parsed.ok) return wrong(`cannot parse interval: ${parsed.error}`);
  if (parsed.ms < 1000) return wrong(`interval must be a second at least, was ${interval}`);
  return { ok: true, times: { kind: 'interval', ms: Math.trunc(parsed.ms / 1000) * 1000 }, job: prowJob.name };
}

/** Everything that a stream's schedules are made from, in short: it changes when one of them must. Empty without entries. */
export function periodicsMark({ name, endOfLife, periodic }: ReleaseConfig): string {
  if (endOfLife || Object.keys(periodic).length === 0) return '';
  const entries = Object.entries(periodic).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256Hex(JSON.stringify([name, entries.map(([key, { cron, interval, prowJob }]) => [key, cron, interval, prowJob?.name])])).slice(
    0,
    16,
  );
}

/**
 * The run of a job that began last. Verification runs of the same job count, as upstream; runs of other streams do not,
 * since there each would be held up by the others.
 *
 * @param source `<namespace>/<name>` of the stream
 */
export function latestRun(prowJobs: readonly ProwJob[], job: string, source: string): ProwJob | undefined {
  const own = prowJobs.filter(
    ({ metadata, spec }) =>
      spec.job === job &&
      (spec.type ?? 'periodic') === 'periodic' &&
      metadata.labels?.[label.verify] === 'true' &&
      metadata.annotations?.[annotation.source] === source,
  );
  return own.toSorted((a, b) => startedAt(b) - startedAt(a))[0];
}

/** Milliseconds since 1970. */
export function startedAt({ metadata, status }: ProwJob): number {
  return Date.parse(status?.startTime ?? metadata.creationTimestamp ?? '') || 0;
}

export type Dueness =
  | { kind: 'due' }
  /** the latest run goes on */
  | { kind: 'active'; run: string }
  /** the latest run began too short a time ago; when that is over, in milliseconds since 1970 */
  | { kind: 'early'; at: number };

/** Whether a run may begin now that its time has come. A cron time is only a time; an interval counts from the latest start. */
export function dueness(times: PeriodicTimes, latest: ProwJob | undefined, now: number): Dueness {
  if (latest === undefined) return { kind: 'due' };
  if (latest.status?.completionTime === undefined) return { kind: 'active', run: latest.metadata.name };
  const at = times.kind === 'interval' ? startedAt(latest) + times.ms : now;
  return at > now ? { kind: 'early', at } : { kind: 'due' };
}

/** What is known of an entry's schedule. */
export interface KnownSchedule {
  /** the times that it is made from, as `timesText` writes them */
  made: string;
  paused: boolean;
  /** a run goes on */
  running: boolean;
}

export type ScheduleStep =
  | { kind: 'make' | 'change'; runsNow: boolean }
  /** a firing was missed while Temporal was away */
  | { kind: 'run' }
  | { kind: 'keep' };

/** A firing that is later than this is not coming any more: Temporal was away for longer than it makes up for. */
const missedMs = 15 * 60_000;

export const timesText = (times: PeriodicTimes) => JSON.stringify(times);

/**
 * What has to happen to the schedule of an entry. One that is made from the same times is left alone, but for an interval
 * whose firing was missed.
 *
 * @param latestStart when the latest run began, in milliseconds since 1970
 */
export function scheduleStep(
  { times, latestStart }: { times: PeriodicTimes; latestStart?: number },
  current: KnownSchedule | undefined,
  now: number,
): ScheduleStep {
  const dueAt = times.kind === 'interval' ? (latestStart ?? -Infinity) + times.ms : Infinity;
  // as upstream's cron does with entries that are new
  if (current === undefined) return { kind: 'make', runsNow: dueAt <= now || times.kind === 'every' };
  if (current.made !== timesText(times)) return { kind: 'change', runsNow: dueAt <= now && !current.paused };
  const isMissed = latestStart !== undefined && dueAt + missedMs <= now && !current.paused && !current.running;
  return { kind: isMissed ? 'run' : 'keep' };
}

/** A UUID (RFC 9562, version 8) that a text stands for, so that a repeated request for one run makes one. */
export function uuidOf(text: string): string {
  const hex = sha256Hex(text);
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
