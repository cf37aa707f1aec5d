import { auditRecord, auditRecordPath, isSameAudit, writeAuditRecord, type AuditedRelease } from '../domain/audit/audit-record.ts';
import type { ReleasePayload } from '../domain/payload/kinds.ts';
import { payloadPhase } from '../domain/payload/phase.ts';
import type { AuditActivities, Eligibility } from './audit-contract.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { releasePayloads } from './kubernetes/resources.ts';
import { permanent } from './permanent.ts';
import type { SignatureStore } from './signature-store.ts';

/** What audits read from the cluster, and the record they leave in the store. */
export function evidenceActivities({ cluster, store }: { cluster: Pick<KubernetesClient, 'get'>; store: SignatureStore }): Omit<AuditActivities, 'requestPermit'> {
  const payloadOf = ({ namespace, tag }: AuditedRelease) => cluster.get<ReleasePayload>(releasePayloads, namespace, tag);
  return {
    async checkEligible(release) {
      return eligibility(await payloadOf(release), release);
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

/** A release may lose its acceptance, or be removed, while its audit waits. */
function eligibility(payload: ReleasePayload | undefined, { tag }: AuditedRelease): Eligibility {
  if (payload === undefined) return { eligible: false, why: `the payload of ${tag} is gone` };
  const phase = payloadPhase(payload);
  return phase === 'Accepted' ? { eligible: true } : { eligible: false, why: `${tag} is ${phase}, and only accepted releases are signed` };
}
