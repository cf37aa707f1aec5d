import { aggregateState } from './job-state.ts';
import type { AggregateState, Condition, JobResult, VerificationJobStatus } from './kinds.ts';

/** What the verdict is made from: the payload's status after every fact has been recorded in it. */
export interface VerdictFacts {
  creation: JobResult;
  /** `isMirrorPending`: an alternate mirror is expected and has not ended */
  mirrorPending: boolean;
  override?: { override?: string; reason?: string };
  blocking: readonly VerificationJobStatus[];
  /** informing and upgrade jobs to wait for when nothing is blocking */
  awaited: readonly VerificationJobStatus[];
}

export type Ruling = Pick<Condition, 'status' | 'reason' | 'message'>;

/** Both answers, from one look at the facts: they are never both `True`. */
export interface Verdict {
  accepted: Ruling;
  rejected: Ruling;
}

/**
 * Decides whether a payload is accepted, rejected, or neither yet.
 *
 * The rules and their order are OpenShift's (openshift/release-controller, pkg/cmd/release-payload-controller/
 * payload_accepted_controller.go and payload_rejected_controller.go). A failed build can not be overridden; an
 * override counts once the release exists; a failed mirror lets the payload pass.
 *
 * `accepted` with status `False` and reason `ReleasePayloadAccepted` is no refusal: it says that the blocking jobs
 * have not all succeeded.
 */
export function judge(facts: VerdictFacts): Verdict {
  const { creation } = facts;
  if (creation.status === 'Failed') return both('False', 'True', 'ReleasePayloadCreationJobFailed', creation.message);
  if (creation.status !== 'Success' || facts.mirrorPending) return byJobs('Unknown', 'Unknown');

  const reason = facts.override?.reason;
  if (facts.override?.override === 'Accepted') return both('True', 'False', 'ReleasePayloadManuallyAccepted', reason);
  if (facts.override?.override === 'Rejected') return both('False', 'True', 'ReleasePayloadManuallyRejected', reason);

  return facts.blocking.length > 0 ? judgeBlocking(aggregateState(facts.blocking)) : judgeWithoutBlocking(facts.awaited);
}

function judgeBlocking(state: AggregateState): Verdict {
  if (state === 'Success') return byJobs('True', 'False');
  if (state === 'Failure') return byJobs('False', 'True');
  return state === 'Pending' ? byJobs('False', 'False') : byJobs('Unknown', 'Unknown');
}

/** With nothing blocking, every awaited job must have ended; how it ended does not matter. */
function judgeWithoutBlocking(awaited: readonly VerificationJobStatus[]): Verdict {
  const settled = awaited.every(({ state }) => state === 'Success' || state === 'Failure');
  return byJobs(settled ? 'True' : 'Unknown', 'Unknown');
}

function both(accepted: Ruling['status'], rejected: Ruling['status'], reason: string, message = ''): Verdict {
  return { accepted: { status: accepted, reason, message }, rejected: { status: rejected, reason, message } };
}

function byJobs(accepted: Ruling['status'], rejected: Ruling['status']): Verdict {
  return {
    accepted: { status: accepted, reason: 'ReleasePayloadAccepted', message: '' },
    rejected: { status: rejected, reason: 'ReleasePayloadRejected', message: '' },
  };
}

/**
 * Whether the alternate mirror still holds the verdict back. A failed mirror opens the gate like a successful one,
 * and a payload that was judged once is not held back again.
 *
 * @param mirrorJobName from the payload's spec; empty or absent means that nothing is mirrored
 * @param conditions as they stood before
 */
export function isMirrorPending(
  mirrorJobName: string | undefined,
  mirror: JobResult | undefined,
  conditions: readonly Condition[],
): boolean {
  if (!mirrorJobName) return false;
  const judged = conditions.some(({ type, status }) => (type === 'PayloadAccepted' || type === 'PayloadRejected') && status === 'True');
  return !judged && mirror?.status !== 'Success' && mirror?.status !== 'Failed';
}
