import type { ReimportMemory } from '../domain/payload/reimport.ts';

/** Input of the `reimport` workflow. */
export interface ReimportInput {
  /** between two runs */
  intervalMs: number;
}

/** What a run leaves to people, and to the next run. */
export interface ReimportResult {
  memory: ReimportMemory;
  /** `namespace/stream:tag` that were asked for again */
  asked: string[];
  /** those of them that were refused or failed at once, and why */
  failed: string[];
  /** failed tags whose time has not come */
  waiting: number;
}
