import {
  attemptPath,
  attemptRecord,
  attemptsFolder,
  attemptsIn,
  isAttempt,
  mostFailureRecords,
  type AuditAttempt,
} from '../domain/audit/audit-attempt.ts';
import {
  auditRecord,
  auditRecordPath,
  isSameAudit,
  writeAuditRecord,
  type AuditedRelease,
  type Judged,
} from '../domain/audit/audit-record.ts';
import { contentVerdict } from '../domain/audit/image-content.ts';
import { signedPhases, type AuditPolicy } from '../domain/audit/verification-policy.ts';
import { pullSpecByDigest } from '../domain/audit/verify-job.ts';
import { conditionOf } from '../domain/payload/conditions.ts';
import type { ImageStream, Phase, ReleasePayload } from '../domain/payload/kinds.ts';
import { payloadPhase, tagPhase } from '../domain/payload/phase.ts';
import { imageIdForTag, releasePullSpec } from '../domain/payload/pull-spec.ts';
import type { AuditActivities, Eligibility } from './audit-contract.ts';
import type { RegistryReads } from './registry-reads.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { readRelease, type ReleaseReading } from './kubernetes/release-reader.ts';
import { imageStreams, releasePayloads } from './kubernetes/resources.ts';
import type { SignatureStore } from './signature-store.ts';

export interface EvidenceDependencies {
  cluster: KubernetesClient;
  store: SignatureStore;
  policy: AuditPolicy;
  verifyImages: RegistryReads['verifyImages'];
}

/** What audits read from the cluster and the registries, and the records they leave in the store. */
export function evidenceActivities({
  cluster,
  store,
  policy,
  verifyImages,
}: EvidenceDependencies): Pick<AuditActivities, 'checkEligible' | 'verifyImage' | 'recordAttempt'> {
  const payloadOf = ({ namespace, tag }: AuditedRelease) => cluster.get<ReleasePayload>(releasePayloads, namespace, tag);
  const judgedOf = async (release: AuditedRelease): Promise<Judged> => {
    const payload = await payloadOf(release);
    if (payload !== undefined || release.target === undefined) return payload;
    const read = await readRelease(cluster, release);
    return read.kind === 'read' ? read.tag : undefined;
  };
  return {
    async checkEligible(release) {
      const payload = await payloadOf(release);
      if (payload === undefined && release.target === undefined) return refused(`the payload of ${release.tag} is gone`);
      const read = await readRelease(cluster, release);
      const phase = payload === undefined ? annotatedPhase(read) : payloadPhase(payload);
      const why = await whyNot(cluster, policy, release, payload, read, phase);
      return why === undefined ? { eligible: true, ...notBefore(payload, phase, policy) } : refused(why);
    },

    async verifyImage({ location, digest }) {
      const verdict = contentVerdict(await verifyImages(pullSpecByDigest(location, digest)));
      return verdict.result === 'failed' ? { ...verdict, why: `Unable to verify release:\n${verdict.why}` } : verdict;
    },

    async recordAttempt(release, attempt) {
      const path = await storeAttempt(store, release, attempt, () => judgedOf(release));
      const { signature } = attempt;
      if (signature === undefined) return path === undefined ? {} : { path };
      const record = auditRecord(
        release,
        await judgedOf(release),
        { path: signature.path, fingerprint: signature.fingerprint },
        signature.signedAt,
        { ...(attempt.verification && { verification: attempt.verification }), ...(attempt.requested && { requested: attempt.requested }) },
      );
      const own = auditRecordPath(release);
      if (await store.create(own, bytesOf(record), 'application/json')) return { path: own };
      const there = await store.read(own);
      // Of an older image or signature: that one stays, and the attempt's record tells of this one.
      return there !== undefined && isSameAudit(new TextDecoder().decode(there), record)
        ? { path: own }
        : path === undefined
          ? {}
          : { path };
    },
  };
}

/** A release may lose its acceptance, be removed or be moved while its audit waits. */
const refused = (why: string): Eligibility => ({ eligible: false, why });

async function whyNot(
  cluster: KubernetesClient,
  policy: AuditPolicy,
  release: AuditedRelease,
  payload: ReleasePayload | undefined,
  read: ReleaseReading,
  phase: Phase | '',
): Promise<string | undefined> {
  if (read.kind === 'gone') return `the tag of ${release.tag} is gone`;
  const phases = read.kind === 'read' ? signedPhases(policy, read.config) : policy.phases;
  if (phases.length === 0) return `releases of stream ${release.stream} are not signed`;
  if (phase === '' || !phases.includes(phase))
    return `${release.tag} is ${phase || 'without a verdict'}, and only ${phases.join(' and ').toLowerCase()} releases are signed`;
  const digest = await digestNow(cluster, release, payload);
  if (digest !== '' && digest !== release.digest)
    return `${release.tag} has the digest ${digest} now, so ${release.digest} is not signed as it`;
  const location = read.kind === 'read' ? releasePullSpec(read) : '';
  if (location !== '' && location !== release.location)
    return `${release.tag} is at ${location} now, and not at ${release.location} any more`;
  return undefined;
}

/** What the tag of a release that is older than payloads says. */
function annotatedPhase(read: ReleaseReading): Phase | '' {
  return read.kind === 'read' ? tagPhase(undefined, read.tag) : '';
}

/** The delay that the settings ask for counts from the verdict. */
function notBefore(payload: ReleasePayload | undefined, phase: Phase | '', { delay }: AuditPolicy): { notBefore?: string } {
  const verdict = payload && conditionOf(payload, phase === 'Rejected' ? 'PayloadRejected' : 'PayloadAccepted');
  const since = Date.parse(verdict?.lastTransitionTime ?? '');
  return delay === 0 || Number.isNaN(since) ? {} : { notBefore: new Date(since + delay).toISOString() };
}

/** Empty while the image stream does not show one: what was built is then taken for what is there. */
async function digestNow(
  cluster: KubernetesClient,
  { namespace, tag, target: known }: AuditedRelease,
  payload: ReleasePayload | undefined,
): Promise<string> {
  const name = payload?.spec.payloadCoordinates?.imagestreamName ?? known;
  const target = name === undefined ? undefined : await cluster.get<ImageStream>(imageStreams, namespace, name);
  return target === undefined ? '' : imageIdForTag(target, tag);
}

/** @returns undefined for one failure too many */
async function storeAttempt(
  store: SignatureStore,
  release: AuditedRelease,
  attempt: AuditAttempt,
  judgedOf: () => Promise<Judged>,
): Promise<string | undefined> {
  for (;;) {
    const numbers = attemptsIn(release, await store.list(attemptsFolder(release)));
    const newest = numbers.at(-1) ?? 0;
    const there = newest === 0 ? undefined : await store.read(attemptPath(release, newest));
    if (there !== undefined && isAttempt(new TextDecoder().decode(there), attempt)) return attemptPath(release, newest);
    if (attempt.signature === undefined && numbers.length >= mostFailureRecords) return undefined;
    const path = attemptPath(release, newest + 1);
    const record = attemptRecord(release, await judgedOf(), attempt, newest + 1);
    if (await store.create(path, bytesOf(record), 'application/json')) return path;
  }
}

const bytesOf = (record: object) => new TextEncoder().encode(writeAuditRecord(record));
