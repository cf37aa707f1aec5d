import type { ReleaseId } from '../activities/contract.ts';
import type { VerificationRun } from '../domain/payload/verification-run.ts';

/** Input of the `verification` workflow; what crosses continue-as-new is the same. */
export interface VerificationInput extends ReleaseId {
  /** `<namespace>/<source ImageStream>` */
  source: string;
  /** milliseconds a run may take before it is recorded as an error; 0 means for ever */
  deadlineMs?: number;
  /** runs that found nothing to test, not yet recorded */
  notRun?: VerificationRun[];
  /** problems already reported as events, by verification entry */
  reported?: Record<string, string>;
}
