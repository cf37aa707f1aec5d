import type { StreamId } from './contract.ts';

/** What the `stream` workflow asks for when the time of releases is over, as types only. */
export interface RetentionActivities {
  /**
   * Removes releases that are due now, or marks them, as the settings say; the oldest first, a batch at a time. Decides
   * on a fresh look and on the payloads, so a repeat, or a person who pins a tag, is no trouble.
   */
  retireReleases(stream: StreamId, now: number): Promise<Retirement>;
}

/** What a look found; absent where nothing is due and nothing will be. */
export interface RetentionSurvey {
  /** how many releases are to go */
  due: number;
  /** RFC 3339: when the next one expires */
  next?: string;
}

export interface Retirement {
  /** tags that are gone, or marked */
  retired: string[];
  /** there is more to do, or somebody else wrote at the same time */
  again: boolean;
  /** removals of images outside of the cluster, which the tags of their releases wait for */
  awaited: { for: string; why: string }[];
}
