import { activityInfo } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { PermitRequest } from '../domain/audit/permits.ts';
import type { VerifyJobFacts } from '../domain/audit/verify-job.ts';
import { workflowIds } from '../workflows/ids.ts';
import type { limiter } from '../workflows/limiter.ts';
import { limiterWorkflowId, requestPermitSignal } from '../workflows/limiter-messages.ts';
import type { verifyJobs } from '../workflows/verify-jobs.ts';
import { requestVerifyJobSignal } from '../workflows/verify-jobs-messages.ts';
import type { AuditActivities } from './audit-contract.ts';

/** Speaks to limiters, which run where their requesters run. A request that arrives twice is one place in the queue. */
export function limiterActivities(client: Client): Pick<AuditActivities, 'requestPermit' | 'requestVerifyJob'> {
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
    async requestVerifyJob(job) {
      const { namespace } = job;
      await client.workflow.signalWithStart<typeof verifyJobs, [VerifyJobFacts]>('verifyJobs', {
        workflowId: workflowIds.verifyJobs(namespace),
        taskQueue: activityInfo().taskQueue,
        args: [{ namespace, wanted: [] }],
        signal: requestVerifyJobSignal,
        signalArgs: [job],
        staticSummary: `verify jobs in ${namespace}: 2 at once`,
      });
    },
  };
}
