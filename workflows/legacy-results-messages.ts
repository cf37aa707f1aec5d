import type { LegacyReport } from '../activities/legacy-contract.ts';

/** Input of the `legacyResults` workflow. */
export interface LegacyResultsInput {
  /** says what would be done, and does nothing */
  dryRun?: boolean;
}

/** What was done, by `<namespace>/<stream>`. */
export type LegacyResultsReport = Record<string, LegacyReport>;
