import type { AuditAttempt, VerificationEvidence } from '../domain/audit/audit-attempt.ts';
import type { AuditedRelease } from '../domain/audit/audit-record.ts';
import type { PermitRequest } from '../domain/audit/permits.ts';
import type { VerifyJobFacts } from '../domain/audit/verify-job.ts';

/** What audits ask of workers that have no key, as types only. Errors are retried. Each may run again at any point. */
export interface AuditActivities {
  /** Puts a request into the queue of `limiter/audit`, which is started if it does not run; the answer is a signal. */
  requestPermit(request: PermitRequest): Promise<void>;
  /** Whether the release is still one that may be signed, as the cluster has it now. */
  checkEligible(release: AuditedRelease): Promise<Eligibility>;
  /**
   * With what the release is to be verified.
   *
   * @param afresh an older success is not enough
   */
  planVerification(release: AuditedRelease, afresh: boolean): Promise<VerificationPlan>;
  /** Fetches and checks everything itself. @throws when the release image can not be fetched */
  verifyImage(release: AuditedRelease): Promise<Pick<VerificationEvidence, 'result' | 'why'>>;
  /** Asks `verify-jobs/<namespace>`, which is started if it does not run, for a job; a job that exists is not asked for twice. */
  requestVerifyJob(job: VerifyJobFacts): Promise<void>;
  readVerifyJob(job: VerifyJobFacts): Promise<VerifyJobReading>;
  /**
   * Writes the record of one attempt under the next number, and of a signature also under the release's own name, where
   * there is none yet. Nothing is ever overwritten, and the same attempt is written once.
   *
   * @returns no path where a release has so many records that a failure is not kept any more
   */
  recordAttempt(release: AuditedRelease, attempt: AuditAttempt): Promise<{ path?: string }>;
}

/** What the one writer of a namespace's verify jobs asks. */
export interface VerifyJobsActivities {
  /** Removes jobs that ended long ago, and creates wanted ones where not too many are active. */
  tendVerifyJobs(namespace: string, wanted: VerifyJobFacts[], now: number): Promise<VerifyJobsLook>;
}

/** What audits ask of the workers that have the key (task queue `waybill-audit`). */
export interface SigningActivities {
  /**
   * Signs a release image and stores the signature where clients look for it. A good signature of the same digest by the
   * same key that clients find there already counts as stored.
   *
   * @throws PermitExpired (permanent): it is later than the permit allows, and nothing was done
   * @throws SigningKeyUnusable, InvalidRelease, NoSignatureSlot (permanent)
   */
  signRelease(order: SigningOrder): Promise<StoredSignature>;
}

/** @property notBefore RFC 3339: it may be signed from then on */
export type Eligibility = { eligible: true; notBefore?: string } | { eligible: false; why: string };

export type VerificationPlan =
  /** the release is signed unverified */
  | { kind: 'none'; why: string }
  /** it may not be signed unverified, and nothing is known to verify it with */
  | { kind: 'missing'; why: string }
  | { kind: 'gone' }
  | { kind: 'local' }
  | { kind: 'job'; job: VerifyJobFacts };

export type VerifyJobReading =
  /** there is no such job, or not any more */
  | { kind: 'none' }
  /** another auditor's job has the name: another name is needed */
  | { kind: 'foreign' }
  | { kind: 'active' }
  | { kind: 'succeeded' }
  | { kind: 'failed'; why: string };

export interface VerifyJobsLook {
  /** names that need not be asked for again */
  served: string[];
  /** names of jobs that could not be created, and why */
  refused: { name: string; why: string }[];
  /** jobs that are there, active or kept for a while */
  jobs: number;
  nextRemovalMs?: number;
}

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
