import type { Client } from '@temporalio/client';
import type { PermitRequest } from '../domain/audit/permits.ts';
import type { limiter } from '../workflows/limiter.ts';
import { limiterWorkflowId, requestPermitSignal } from '../workflows/limiter-messages.ts';
import { taskQueue } from '../workflows/ids.ts';
import type { AuditActivities } from './audit-contract.ts';

/** Speaks to the limiter. A request that arrives twice is one place in its queue. */
export function limiterActivities(client: Client, queue: string = taskQueue): Pick<AuditActivities, 'requestPermit'> {
  return {
    async requestPermit(request) {
      await client.workflow.signalWithStart<typeof limiter, [PermitRequest]>('limiter', {
        workflowId: limiterWorkflowId('audit'),
        taskQueue: queue,
        args: [{ queue: [], permits: [] }],
        signal: requestPermitSignal,
        signalArgs: [request],
        staticSummary: 'permits to sign: 5 in any 2 seconds',
      });
    },
  };
}
