import type { JiraNotificationState, ReleasePayload, ReleasePayloadStatus } from './kinds.ts';
import type { PayloadEvent } from './payload-events.ts';

interface ThreadKey {
  id: string;
  qualifier: string;
}

/** Where a thread stands, as payloads say: what changed last counts. Another controller, or a lost workflow, left it there. */
export function storedState(payloads: readonly ReleasePayload[], { id, qualifier }: ThreadKey): JiraNotificationState | undefined {
  const states = payloads.flatMap(({ status }) => status?.qualifiersSummary?.qualifiers?.[qualifier]?.jiraNotifications?.[id] ?? []);
  const changedAt = ({ lastTransitionTime }: JiraNotificationState) => Date.parse(lastTransitionTime ?? '') || 0;
  return states.toSorted((a, b) => changedAt(b) - changedAt(a))[0];
}

/** The status with the thread's state in its summary, where the qualifier is one of the payload. */
export function mirrored(status: ReleasePayloadStatus, { id, qualifier }: ThreadKey, state: JiraNotificationState): ReleasePayloadStatus {
  const result = status.qualifiersSummary?.qualifiers?.[qualifier];
  if (result === undefined) return status;
  const jiraNotifications = { ...result.jiraNotifications, [id]: state };
  const qualifiers = { ...status.qualifiersSummary?.qualifiers, [qualifier]: { ...result, jiraNotifications } };
  return { ...status, qualifiersSummary: { ...status.qualifiersSummary, qualifiers } };
}

export function escalationEvent({ qualifier }: ThreadKey, state: JiraNotificationState, step: 'escalate' | 'abate'): PayloadEvent {
  const { activeEscalation, activePriority, issueKey } = state;
  return step === 'escalate'
    ? {
        type: 'Warning',
        reason: 'QualifierEscalated',
        message: `qualifier ${qualifier} is escalated as ${activePriority} (${activeEscalation}): see issue ${issueKey}`,
      }
    : {
        type: 'Normal',
        reason: 'QualifierEscalationAbated',
        message: `escalation ${activeEscalation} of qualifier ${qualifier} is not needed any more; issue ${issueKey} stays open for a review`,
      };
}
