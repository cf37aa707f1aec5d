import { z } from 'zod';
import { conditionOf } from '../payload/conditions.ts';
import { annotation } from '../payload/annotations.ts';
import type { Phase, ReleasePayload, TagReference, VerificationJobStatus } from '../payload/kinds.ts';
import { payloadPhase, tagPhase } from '../payload/phase.ts';
import type { AuditRequest, VerificationEvidence } from './audit-attempt.ts';

/** The evidence kept for one signed release: written once, never changed. */
export interface AuditRecord {
  schemaVersion: 1;
  release: string;
  namespace: string;
  /** name in the release config */
  stream: string;
  cluster?: string;
  digest: string;
  /** `repository:tag` */
  location: string;
  phase: Phase;
  /** why the release has that phase, as its payload says */
  verdict: { reason: string; message: string };
  jobs: AuditedJob[];
  signature: {
    /** path of the signature below the store's root */
    path: string;
    /** of the signing key, upper-case hexadecimal */
    fingerprint: string;
  };
  /** RFC 3339 */
  signedAt: string;
  /** what was known of the image's content; absent in records of the first version */
  verification?: VerificationEvidence;
  requested?: AuditRequest;
}

export interface AuditedJob {
  name: string;
  kind: 'blocking' | 'informing' | 'upgrade';
  state: string;
  /** where the last run shows its results; absent where it never ran */
  url?: string;
}

/** What is audited. */
export interface AuditedRelease {
  namespace: string;
  tag: string;
  stream: string;
  digest: string;
  location: string;
  cluster?: string;
  /** the image stream of its tag, where it may have no payload that tells */
  target?: string;
}

export const auditRecordsFolder = 'audit/';

export function auditRecordPath({ namespace, tag }: { namespace: string; tag: string }): string {
  return `${auditRecordsFolder}${namespace}/${tag}.json`;
}

/** What tells of a verdict: the payload, or the tag of a release that is older than payloads; neither once both are gone. */
export type Judged = ReleasePayload | TagReference | undefined;

/** @param signedAt RFC 3339 */
export function auditRecord(
  { tag, target: _, ...audited }: AuditedRelease,
  judged: Judged,
  signature: AuditRecord['signature'],
  signedAt: string,
  more: Pick<AuditRecord, 'verification' | 'requested'> = {},
): AuditRecord {
  return { schemaVersion: 1, release: tag, ...audited, ...verdictEvidence(judged), signature, signedAt, ...more };
}

/** Why a release has its phase, and what its jobs said. */
export function verdictEvidence(judged: Judged): Pick<AuditRecord, 'phase' | 'verdict' | 'jobs'> {
  if (judged !== undefined && !('metadata' in judged)) return annotatedVerdict(judged);
  const payload = judged;
  // It was accepted when it was signed.
  const phase = payload === undefined ? 'Accepted' : payloadPhase(payload);
  return { phase, verdict: verdictOf(payload, phase), jobs: jobsOf(payload) };
}

function annotatedVerdict(tag: TagReference): Pick<AuditRecord, 'phase' | 'verdict' | 'jobs'> {
  const { [annotation.reason]: reason = '', [annotation.message]: message = '' } = tag.annotations ?? {};
  return { phase: tagPhase(undefined, tag) || 'Pending', verdict: { reason: reason || 'OlderThanPayloads', message }, jobs: [] };
}

export const writeAuditRecord = (record: object): string => `${JSON.stringify(record, null, 2)}\n`;

const identitySchema = z.object({ digest: z.string(), location: z.string(), signature: z.object({ fingerprint: z.string() }) });

/** Whether a stored text is the record of the same signature, so that nothing is left to do. */
export function isSameAudit(stored: string, record: AuditRecord): boolean {
  try {
    const { digest, location, signature } = identitySchema.parse(JSON.parse(stored));
    return digest === record.digest && location === record.location && signature.fingerprint === record.signature.fingerprint;
  } catch {
    return false;
  }
}

function verdictOf(payload: ReleasePayload | undefined, phase: Phase): AuditRecord['verdict'] {
  if (payload === undefined) return { reason: 'PayloadGone', message: 'the payload was deleted before this record was written' };
  const override = payload.spec.payloadOverride?.reason;
  const type = phase === 'Rejected' ? 'PayloadRejected' : phase === 'Failed' ? 'PayloadFailed' : 'PayloadAccepted';
  const { reason = '', message = '' } = conditionOf(payload, type) ?? {};
  return { reason, message: message === '' && override !== undefined ? override : message };
}

function jobsOf(payload: ReleasePayload | undefined): AuditedJob[] {
  const status = payload?.status;
  const audited = (kind: AuditedJob['kind'], jobs: readonly VerificationJobStatus[] | null | undefined) =>
    (jobs ?? []).map((job) => auditedJob(kind, job));
  return [
    ...audited('blocking', status?.blockingJobResults),
    ...audited('informing', status?.informingJobResults),
    ...audited('upgrade', status?.upgradeJobResults),
  ];
}

function auditedJob(kind: AuditedJob['kind'], { ciConfigurationName: name, state, results }: VerificationJobStatus): AuditedJob {
  const url = results?.at(-1)?.humanProwResultsURL;
  return { name, kind, state: state || 'Unknown', ...(url === undefined || url === '' ? {} : { url }) };
}
