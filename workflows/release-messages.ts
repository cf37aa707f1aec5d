import type { ReleaseId } from '../activities/contract.ts';

/** Input of the `release` workflow. */
export type ReleaseInput = ReleaseId;

/** How a release ended, for whoever awaits the workflow. */
export interface ReleaseOutcome {
  phase: 'Accepted' | 'Rejected' | 'Failed' | 'Gone';
  reason?: string;
  message?: string;
}
