import type { Client } from '@temporalio/client';
import type { EscalationThread } from '../domain/payload/escalation-threads.ts';
import type { ReleasePayload } from '../domain/payload/kinds.ts';
import { type EscalationInput, evaluateSignal } from '../workflows/escalation-messages.ts';
import { taskQueue } from '../workflows/ids.ts';

/** Tells the owners of these threads that a job of theirs has ended in the payload. Safe to repeat: they look at the level. */
export type AskThreads = (payload: ReleasePayload, threads: readonly EscalationThread[]) => Promise<void>;

export function createAskThreads(client: Client): AskThreads {
  return async ({ metadata, spec }, threads) => {
    for (const { id, qualifier } of threads) {
      const stream = spec.payloadCoordinates?.streamName ?? '';
      const input: EscalationInput = { id, namespace: metadata.namespace ?? '', stream, qualifier };
      await client.workflow.signalWithStart('escalation', {
        workflowId: `escalation/${id}`,
        taskQueue,
        args: [input],
        signal: evaluateSignal,
        signalArgs: [metadata.name],
        staticSummary: `escalations of ${id}`,
      });
    }
  };
}
