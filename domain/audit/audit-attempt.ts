import { z } from 'zod';
import { verdictEvidence, type AuditedRelease, type AuditRecord, type Judged } from './audit-record.ts';

/** What came of verifying an image before it was signed. */
export interface VerificationEvidence {
  /** `unverified`: it was tried, and not everything could be looked at; `none`: it was not tried */
  result: 'verified' | 'failed' | 'unverified' | 'none';
  by?: 'job' | 'local';
  /** `namespace/name` */
  job?: string;
  /** whose `oc` did it */
  image?: string;
  why?: string;
  /** RFC 3339 */
  at: string;
}

/** One attempt at auditing a release: what is written down about it. */
export interface AuditAttempt {
  /** the same when the same attempt is written again */
  id: string;
  outcome: 'signed' | 'verification failed' | 'not verified' | 'refused' | 'in trouble';
  why?: string;
  verification?: VerificationEvidence;
  signature?: { path: string; fingerprint: string; signedAt: string };
  /** who had it done, where a person asked */
  requested?: AuditRequest;
  /** RFC 3339 */
  at: string;
}

export interface AuditRequest {
  by: string;
  reason: string;
}

/** The evidence of one attempt. */
export type AttemptRecord = Omit<AuditRecord, 'signature' | 'signedAt'> &
  Omit<AuditAttempt, 'signature'> & {
    attempt: number;
    signature?: AuditRecord['signature'];
  };

/** So many records of a release are kept, unless they are of signatures. */
export const mostFailureRecords = 50;

/** Where the records of a release's attempts are, with a slash at the end. */
export const attemptsFolder = ({ namespace, tag }: Pick<AuditedRelease, 'namespace' | 'tag'>) => `audit/${namespace}/${tag}/`;

export const attemptPath = (release: Pick<AuditedRelease, 'namespace' | 'tag'>, attempt: number) =>
  `${attemptsFolder(release)}attempt-${attempt}.json`;

/** Numbers of the attempts among a store's paths, lowest first. */
export function attemptsIn(release: Pick<AuditedRelease, 'namespace' | 'tag'>, paths: readonly string[]): number[] {
  const folder = attemptsFolder(release);
  const numbers = paths.map((path) => (path.startsWith(folder) ? /^attempt-([1-9]\d{0,6})\.json$/.exec(path.slice(folder.length)) : null));
  return numbers.flatMap((found) => (found === null ? [] : [Number(found[1])])).toSorted((a, b) => a - b);
}

export function attemptRecord(
  { tag, target: _target, ...audited }: AuditedRelease,
  judged: Judged,
  { signature, ...attempt }: AuditAttempt,
  number: number,
): AttemptRecord {
  const { signedAt: _, ...where } = signature ?? { signedAt: '' };
  return {
    schemaVersion: 1,
    release: tag,
    ...audited,
    ...verdictEvidence(judged),
    ...attempt,
    attempt: number,
    ...(signature === undefined ? {} : { signature: where as AuditRecord['signature'] }),
  };
}

const identity = z.object({ id: z.string() });

/** Whether a stored text is the record of this attempt. */
export function isAttempt(stored: string, { id }: AuditAttempt): boolean {
  try {
    return identity.parse(JSON.parse(stored)).id === id;
  } catch {
    return false;
  }
}
