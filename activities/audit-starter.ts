import type { Client } from '@temporalio/client';
import pLimit from 'p-limit';
import type { AuditedRelease } from '../domain/audit/audit-record.ts';
import { alsoAuditSignal, auditWorkflowId } from '../workflows/audit-messages.ts';
import type { audit } from '../workflows/audit.ts';
import { taskQueue } from '../workflows/ids.ts';
import type { AuditTrackerActivities } from './audit-tracker-contract.ts';

const begunAtOnce = 5;

/** Begins audits. Beginning one twice is beginning it once. */
export function auditStarter(client: Client): Pick<AuditTrackerActivities, 'beginAudits'> {
  const begin = (release: AuditedRelease) =>
    client.workflow.signalWithStart<typeof audit, [AuditedRelease]>('audit', {
      workflowId: auditWorkflowId(release.digest),
      taskQueue,
      args: [release],
      signal: alsoAuditSignal,
      signalArgs: [release],
      staticSummary: `signature of ${release.tag}`,
    });
  return {
    async beginAudits(releases) {
      const limit = pLimit(begunAtOnce);
      await Promise.all(releases.map((release) => limit(() => begin(release))));
    },
  };
}
