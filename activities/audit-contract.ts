import type { AuditedRelease } from '../domain/audit/audit-record.ts';
import type { PermitRequest } from '../domain/audit/permits.ts';

/** What audits ask of workers that have no key, as types only. Errors are retried. Each may run again at any point. */
export interface AuditActivities {
  /** Puts a request into the queue of `limiter/audit`, which is started if it does not run; the answer is a signal. */
  requestPermit(request: PermitRequest): Promise<void>;
  /** Whether the release is still one that may be signed, as the cluster has it now. */
  checkEligible(release: AuditedRelease): Promise<Eligibility>;
  /**
   * Writes the audit record, once: a record of the same signature that is already there counts as written.
   * @throws AuditRecordTaken (permanent): another record has the name
   */
  storeAuditRecord(release: AuditedRelease, signature: StoredSignature): Promise<{ path: string }>;
}

/** What they ask of the workers that have the key (task queue `waybill-audit`). */
export interface SigningActivities {
  /**
   * Signs a release image and stores the signature where clients look for it. A signature by the same key over the
   * same digest and location that is already there counts as stored.
   *
   * @throws PermitExpired (permanent): it is later than the permit allows, and nothing was done
   * @throws SigningKeyUnusable, InvalidRelease, NoSignatureSlot (permanent)
   */
  signRelease(order: SigningOrder): Promise<StoredSignature>;
}

export type Eligibility = { eligible: true } | { eligible: false; why: string };

export interface SigningOrder {
  /** of the release, for the log; not signed */
  namespace?: string;
  tag?: string;
  digest: string;
  location: string;
  /** milliseconds since the epoch: the permit's last moment */
  startBy: number;
}

export interface StoredSignature {
  /** below the store's root */
  path: string;
  /** of the signing key, upper-case hexadecimal */
  fingerprint: string;
  /** RFC 3339 */
  signedAt: string;
}
