import type { Problem, StreamId } from './contract.ts';

/** What `stream` and `periodic` workflows ask for about jobs that run again and again, as types only. */
export interface PeriodicActivities {
  /**
   * Brings a stream's schedules to its config: creates, changes, removes. One that is as it should be is left alone,
   * paused or not.
   *
   * @param known entries that had a schedule: the others are not looked for
   */
  reconcilePeriodics(stream: StreamId, known: string[], now: number): Promise<ReconciledPeriodics>;
  /**
   * Creates the ProwJob of one firing where a run may begin now.
   *
   * @param firing what the run is named by: the same for every attempt of one firing
   */
  startPeriodic(periodic: PeriodicId, firing: string, now: number): Promise<PeriodicOutcome>;
  /** Puts the next firing of an interval at a time (milliseconds since 1970), and the later ones by their interval. */
  placePeriodic(periodic: PeriodicId, intervalMs: number, nextAt: number): Promise<void>;
  removePeriodic(periodic: PeriodicId): Promise<void>;
}

/** One entry under `periodic` of a source stream's config. */
export interface PeriodicId extends StreamId {
  entry: string;
}

export interface ReconciledPeriodics {
  /** entries that have a schedule now */
  names: string[];
  /** entries that have none, and why */
  problems: { entry: string; message: string }[];
}

/** The next time of an interval, set by the run that begins now. */
export interface NextFiring {
  intervalMs: number;
  at: number;
}

export type PeriodicOutcome =
  | { kind: 'gone' }
  | { kind: 'started'; run: string; tag: string; next?: NextFiring }
  /** the latest run began too short a time ago */
  | { kind: 'early'; next: NextFiring }
  /** no run can begin; `again` when it is to be tried, since an interval waits and a cron time does not */
  | { kind: 'blocked'; problem: Problem; again: boolean }
  | { kind: 'active'; run: string; again: boolean };
