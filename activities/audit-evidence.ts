import { auditRecord, auditRecordPath, isSameAudit, writeAuditRecord, type AuditedRelease } from '../domain/audit/audit-record.ts';
import type { ImageStream, ReleasePayload } from '../domain/payload/kinds.ts';
import { payloadPhase } from '../domain/payload/phase.ts';
import { imageIdForTag } from '../domain/payload/pull-spec.ts';
import type { AuditActivities, Eligibility } from './audit-contract.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { imageStreams, releasePayloads } from './kubernetes/resources.ts';
import { permanent } from './permanent.ts';
import type { SignatureStore } from './signature-store.ts';

/** What audits read from the cluster, and the record they leave in the store. */
export function evidenceActivities({
  cluster,
  store,
}: {
  cluster: Pick<KubernetesClient, 'get'>;
  store: SignatureStore;
}): Omit<AuditActivities, 'requestPermit'> {
  const payloadOf = ({ namespace, tag }: AuditedRelease) => cluster.get<ReleasePayload>(releasePayloads, namespace, tag);
  return {
    async checkEligible(release) {
      const payload = await payloadOf(release);
      if (payload === undefined) return refused(`the payload of ${release.tag} is gone`);
      const phase = payloadPhase(payload);
      if (phase !== 'Accepted') return refused(`${release.tag} is ${phase}, and only accepted releases are signed`);
      const digest = await digestNow(cluster, release, payload);
      if (digest !== '' && digest !== release.digest)
        return refused(`${release.tag} has the digest ${digest} now, so ${release.digest} is not signed as it`);
      return { eligible: true };
    },

    async storeAuditRecord(release, { path: signaturePath, fingerprint, signedAt }) {
      const path = auditRecordPath(release);
      const record = auditRecord(release, await payloadOf(release), { path: signaturePath, fingerprint }, signedAt);
      if (await store.create(path, new TextEncoder().encode(writeAuditRecord(record)), 'application/json')) return { path };
      const there = await store.read(path);
      if (there !== undefined && isSameAudit(new TextDecoder().decode(there), record)) return { path };
      throw permanent('AuditRecordTaken', `${path} is the record of another signature; audit records are never overwritten`);
    },
  };
}

/** A release may lose its acceptance, be removed or be moved while its audit waits. */
const refused = (why: string): Eligibility => ({ eligible: false, why });

/** Empty while the image stream does not show one: what was built is then taken for what is there. */
async function digestNow(
  cluster: Pick<KubernetesClient, 'get'>,
  { namespace, tag }: AuditedRelease,
  { spec }: ReleasePayload,
): Promise<string> {
  const name = spec.payloadCoordinates?.imagestreamName;
  const target = name === undefined ? undefined : await cluster.get<ImageStream>(imageStreams, namespace, name);
  return target === undefined ? '' : imageIdForTag(target, tag);
}
