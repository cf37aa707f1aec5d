/** What the `collect` workflow asks for, as types only. */
export interface CollectActivities {
  /** Removes what belongs to releases that are gone, so many objects at a time. Each is named by its uid, so a repeat does no harm. */
  collectGarbage(): Promise<Collected>;
}

export interface Collected {
  payloads: number;
  jobs: number;
  mirrors: number;
  /** not everything was removed */
  more: boolean;
}
