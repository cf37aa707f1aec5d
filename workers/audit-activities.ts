import { activityInfo } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { AuditActivities, SigningActivities, VerifyJobsActivities } from '../activities/audit-contract.ts';
import { evidenceActivities } from '../activities/audit-evidence.ts';
import type { KubernetesClient } from '../activities/kubernetes/client.ts';
import { verifyJobActivities } from '../activities/kubernetes/verify-jobs.ts';
import { limiterActivities } from '../activities/limiter-client.ts';
import { signingActivities } from '../activities/sign-release.ts';
import { auditStarter } from '../activities/audit-starter.ts';
import type { AuditTrackerActivities } from '../activities/audit-tracker-contract.ts';
import { trackerActivities } from '../activities/kubernetes/audit-tracker.ts';
import { ReleaseNamespaces } from '../activities/kubernetes/release-namespaces.ts';
import { registryReads } from '../activities/registry-reads.ts';
import { openStore, type SignatureStore } from '../activities/signature-store.ts';
import { signingKeySource } from '../activities/signing-key.ts';
import type { Settings } from '../infra/settings/settings.ts';
import { registriesOf } from './registries.ts';

/** Audits without a place for their records wait, and say why. */
const unconfigured = (): never => {
  throw new Error('no storage is configured for signatures and audit records: set WAYBILL_STORAGE_URL');
};
const noStore: SignatureStore = { list: async () => unconfigured(), read: async () => unconfigured(), create: async () => unconfigured() };

/** Where signatures and records are kept. */
function storeOf({ storage: { url, endpoint } }: Settings): SignatureStore {
  return url === undefined ? noStore : openStore(url, endpoint === undefined ? {} : { endpoint });
}

/** Finds releases that ought to be signed and are not; a dry run uses it without the others. */
export function auditPlanner(settings: Settings, cluster: KubernetesClient): Pick<AuditTrackerActivities, 'planAudits'> {
  const releaseNamespaces = new ReleaseNamespaces(cluster, settings.releaseNamespaces, settings.onlySources);
  const { digestOf } = registryReads(registriesOf(settings, cluster));
  return trackerActivities({ client: cluster, releaseNamespaces, store: storeOf(settings), policy: settings.audit, digestOf });
}

/** Activities of audits: those that any worker may run, and those of task queue `waybill-audit`, which read the signing key. */
export function auditActivities(
  settings: Settings,
  cluster: KubernetesClient,
  client: Client,
): { plain: AuditActivities & VerifyJobsActivities & AuditTrackerActivities; signing: SigningActivities } {
  const store = storeOf(settings);
  const { verifyImages } = registryReads(registriesOf(settings, cluster));
  const key = signingKeySource(settings.signingKey);
  return {
    plain: {
      ...limiterActivities(client),
      ...auditStarter(client),
      ...auditPlanner(settings, cluster),
      ...evidenceActivities({ cluster, store, policy: settings.audit, verifyImages }),
      ...verifyJobActivities({ client: cluster, policy: settings.audit, jobNamespace: settings.jobNamespace }),
    },
    signing: signingActivities({
      store,
      key,
      cluster,
      now: Date.now,
      scheduledAt: () => activityInfo().currentAttemptScheduledTimestampMs,
    }),
  };
}
