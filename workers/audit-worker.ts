import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { AuditActivities, SigningActivities } from '../activities/audit-contract.ts';
import { evidenceActivities } from '../activities/audit-evidence.ts';
import type { KubernetesClient } from '../activities/kubernetes/client.ts';
import { limiterActivities } from '../activities/limiter-client.ts';
import { signingActivities } from '../activities/sign-release.ts';
import { openStore } from '../activities/signature-store.ts';
import { signingKeySource } from '../activities/signing-key.ts';
import type { Settings } from '../infra/settings/settings.ts';
import { auditTaskQueue } from '../workflows/audit-messages.ts';

/** The activities of audits: `signing` for the task queue of those who have the key, `limiting` for everybody's. */
export function auditWorker(settings: Settings, kubernetes: KubernetesClient, client: Client, log: Logger) {
  const { url, endpoint } = settings.storage;
  if (url === undefined) throw new Error('WAYBILL_STORAGE_URL: needed to keep signatures and audit records');
  const store = openStore(url, endpoint === undefined ? {} : { endpoint });
  const key = signingKeySource(settings.signingKey);
  if (key === undefined) log.warn('no signing key is configured (WAYBILL_SIGNING_KEY_FILE or WAYBILL_SIGNING_KEY_SECRET): releases wait for their signature');

  const signing: SigningActivities = signingActivities({ store, key, cluster: kubernetes, now: Date.now });
  const limiting: AuditActivities = { ...limiterActivities(client), ...evidenceActivities({ cluster: kubernetes, store }) };
  return { taskQueue: auditTaskQueue, signing, limiting };
}
