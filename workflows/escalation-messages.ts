import { defineSignal } from '@temporalio/workflow';
import type { JiraNotificationState } from '../domain/payload/kinds.ts';
import type { ThreadId } from '../activities/escalation-contract.ts';

/** Input of the `escalation` workflow; what crosses continue-as-new is the same. */
export interface EscalationInput extends ThreadId {
  state?: JiraNotificationState;
  /** payloads of which a job has ended, not yet looked at */
  asking?: string[];
}

/** A job of the thread has ended in this payload. */
export const evaluateSignal = defineSignal<[payload: string]>('evaluate');

/** The task queue of what speaks to systems outside of the cluster, at their pace. */
export const externalTaskQueue = 'waybill-external';
