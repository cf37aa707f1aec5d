import { defineSignal } from '@temporalio/workflow';
import type { StoredSignature } from '../activities/audit-contract.ts';
import type { AuditRequest, VerificationEvidence } from '../domain/audit/audit-attempt.ts';
import type { AuditTrouble } from '../domain/audit/audit-backoff.ts';
import type { AuditedRelease } from '../domain/audit/audit-record.ts';
import { workflowIds } from './ids.ts';

/** Input of the `audit` workflow. */
export interface AuditInput extends AuditedRelease {
  /** set by a run that continues itself */
  progress?: AuditProgress;
}

/** What an audit has behind it. */
export interface AuditProgress {
  /** failures of each kind since the last success of the same step, or since somebody said to try again */
  failures: Record<AuditTrouble, number>;
  /** releases of this image that are still to be told, first come first */
  pending: AuditedRelease[];
  /** `namespace/tag` of releases whose workflows wait to be told */
  listeners: string[];
  /** how it ended for the release that it was begun for */
  outcome?: AuditOutcome;
  signature?: StoredSignature;
  /** of the image, where that is done */
  verification?: VerificationEvidence;
  failedVerifications: number;
  /** records written so far */
  records: number;
  /** the trouble that was recorded last */
  recorded?: string;
  requested?: AuditRequest;
}

export type AuditOutcome =
  | { kind: 'signed'; signature: StoredSignature; record?: string }
  /** the release may not be signed, whoever tries */
  | { kind: 'refused'; why: string };

/** @param digest `sha256:<hex>` of the release image */
export const auditWorkflowId = (digest: string) => workflowIds.audit('', digest);

/** The task queue of the workers that have the signing key. */
export const auditTaskQueue = 'waybill-audit';

/** What stood in the way was mended: try again now. */
export const retryAuditSignal = defineSignal('retryAudit');

/** Another release has the same image, and wants its record too. */
export const alsoAuditSignal = defineSignal<[AuditedRelease]>('alsoAudit');

/** A person wants it verified and recorded anew. */
export const auditAgainSignal = defineSignal<[AuditedRelease, AuditRequest]>('auditAgain');

/** The audit's answer to the workflow of a release that did not begin it, or that would wait for others' sake. */
export const auditedSignal = defineSignal<[{ digest: string; outcome: AuditOutcome['kind'] }]>('audited');
