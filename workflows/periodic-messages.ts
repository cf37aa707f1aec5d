import type { PeriodicId } from '../activities/periodic-contract.ts';

/** Input of the `periodic` workflow; what crosses continue-as-new is the same. */
export interface PeriodicInput extends PeriodicId {
  /** what the schedule was made from; nothing is read from it here */
  made?: string;
  /** names the run: of a run of this workflow that was continued, the first one's */
  firing?: string;
  reported?: string;
}
