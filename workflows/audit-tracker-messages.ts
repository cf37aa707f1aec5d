import type { TrackerMemory } from '../domain/audit/audit-tracker.ts';

/** What a run leaves to people, and to the next run. */
export interface TrackerResult {
  memory: TrackerMemory;
  /** `namespace/tag` whose audits were begun, not all of them where they are many */
  begun: string[];
  /** images whose turn comes in a later run */
  left: number;
  /** images whose audit was begun lately, and that have no signature yet */
  waiting: number;
  /** why nothing could be compared or begun */
  trouble?: string;
}
