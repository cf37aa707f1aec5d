import { activityInfo } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { PermitRequest } from '../domain/audit/permits.ts';
import type { limiter } from '../workflows/limiter.ts';
import { limiterWorkflowId, requestPermitSignal } from '../workflows/limiter-messages.ts';
import type { AuditActivities } from './audit-contract.ts';

/** Speaks to the limiter, which runs where its requesters run. A request that arrives twice is one place in its queue. */
export function limiterActivities(client: Client): Pick<AuditActivities, 'requestPermit'> {
  return {
    async requestPermit(request) {
      await client.workflow.signalWithStart<typeof limiter, [PermitRequest]>('limiter', {
        workflowId: limiterWorkflowId('audit'),
        taskQueue: activityInfo().taskQueue,
        args: [{ queue: [], permits: [] }],
        signal: requestPermitSignal,
        signalArgs: [request],
        staticSummary: 'permits to sign: 5 in any 2 seconds',
      });
    },
  };
}
