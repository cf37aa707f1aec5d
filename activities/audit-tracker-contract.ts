import type { TrackerMemory, TrackerPlan } from '../domain/audit/audit-tracker.ts';
import type { AuditedRelease } from '../domain/audit/audit-record.ts';

/** What the `auditTracker` workflow asks, as types only. Errors are retried. Each may run again at any point. */
export interface AuditTrackerActivities {
  /** Compares the releases that ought to be signed with the signatures in the store, and with the records of images that several share. */
  planAudits(memory: TrackerMemory): Promise<TrackerLook>;
  /** Begins the audit of each release; one that runs already takes the release in. */
  beginAudits(releases: AuditedRelease[]): Promise<void>;
}

export interface TrackerLook extends TrackerPlan {
  /** releases that ought to be signed */
  eligible: number;
  /** those of them whose digest neither the image stream nor the registry shows */
  undigested: number;
  /** what a registry refuses, and what would mend it: one of its refusals */
  refused?: string;
}
