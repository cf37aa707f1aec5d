import { defineSignal } from '@temporalio/workflow';
import type { StoredSignature } from '../activities/audit-contract.ts';
import type { AuditTrouble } from '../domain/audit/audit-backoff.ts';
import type { AuditedRelease } from '../domain/audit/audit-record.ts';

/** Input of the `audit` workflow. */
export interface AuditInput extends AuditedRelease {
  /** set by a run that continues itself */
  progress?: AuditProgress;
}

/** What an audit has behind it. */
export interface AuditProgress {
  /** failures of each kind since the last success of the same step, or since somebody said to try again */
  failures: Record<AuditTrouble, number>;
  signature?: StoredSignature;
}

export type AuditOutcome =
  | { kind: 'signed'; signature: StoredSignature; record: string }
  /** the release may not be signed, whoever tries */
  | { kind: 'refused'; why: string };

/** @param digest `sha256:<hex>` of the release image */
export const auditWorkflowId = (digest: string) => `audit/${digest}`;

/** The task queue of the workers that have the signing key. */
export const auditTaskQueue = 'waybill-audit';

/** What stood in the way was mended: try again now. */
export const retryAuditSignal = defineSignal('retryAudit');
