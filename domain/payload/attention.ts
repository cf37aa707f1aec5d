import { type ConditionType, conditionOf } from './conditions.ts';
import { classOfRun } from './job-state.ts';
import type { ReleasePayload } from './kinds.ts';
import { payloadPhase } from './phase.ts';

/**
 * Whether a payload needs its release workflow: it has no verdict yet, an override was set, changed or withdrawn that
 * its verdict does not follow, or the verdict is half written. Finished payloads may be listed a thousand at a time
 * without waking anybody.
 */
export function needsAttention(payload: ReleasePayload): boolean {
  const phase = payloadPhase(payload);
  if (phase === 'Pending' || phase === 'Ready') return true;
  return isHalfWritten(payload) || (phase !== 'Failed' && !followsOverride(payload));
}

/**
 * Whether the conditions of a payload with a verdict contradict each other. In release-payload-controller each pair of them
 * has a controller of its own, and the two verdicts have one each: who dies in between leaves both verdicts true, one of
 * them missing, or a verdict on a build that the conditions do not know of.
 *
 * Only where the result of the build is recorded: from it everything can be worked out again. Without it that would
 * take away a verdict that stands, and have the release built anew.
 */
export function isHalfWritten(payload: ReleasePayload): boolean {
  const creation = payload.status?.releaseCreationJobResult?.status;
  const says = (type: ConditionType) => conditionOf(payload, type)?.status;
  const pair = (one: ConditionType, other: ConditionType) => `${says(one)} ${says(other)}`;
  const verdict = pair('PayloadAccepted', 'PayloadRejected');
  if (creation === 'Failed') return pair('PayloadCreated', 'PayloadFailed') !== 'False True' || verdict !== 'False True';
  if (creation !== 'Success' || !verdict.includes('True')) return false;
  const isWhole = verdict === 'True False' || verdict === 'False True' || (verdict === 'True Unknown' && hasNothingBlocking(payload));
  return !isWhole || pair('PayloadCreated', 'PayloadFailed') !== 'True False';
}

/** Such a payload is accepted when its jobs have ended, and nothing ever says that it is not rejected. */
function hasNothingBlocking({ spec, status }: ReleasePayload): boolean {
  return [spec.payloadVerificationConfig?.blockingJobs, status?.blockingJobResults].every((list) => (list ?? []).length === 0);
}

function followsOverride(payload: ReleasePayload): boolean {
  const override = payload.spec.payloadOverride?.override ?? '';
  const isVerdict = override === 'Accepted' || override === 'Rejected';
  const reasons = (['PayloadAccepted', 'PayloadRejected'] as const).map((type) => conditionOf(payload, type)?.reason ?? '');
  return reasons.every((reason) =>
    isVerdict ? reason === `ReleasePayloadManually${override}` : !reason.startsWith('ReleasePayloadManually'),
  );
}

/** Prow keeps no ProwJob for so long: a run that began before and has no end is one that nobody will ever hear of again. */
const forgottenAfterMs = 7 * 24 * 3_600_000;

/**
 * Whether runs of a payload had not ended when they were last recorded: after its verdict, too, somebody has to take in their
 * results.
 *
 * @param now milliseconds since 1970
 */
export function hasOpenRuns({ metadata, status }: ReleasePayload, now: number): boolean {
  const entries = [status?.blockingJobResults, status?.informingJobResults, status?.upgradeJobResults].flatMap((list) => list ?? []);
  const isRecent = (time: string | undefined) => !(Date.parse(time ?? '') + forgottenAfterMs < now);
  return entries.some(({ results }) =>
    (results ?? []).some((run) => classOfRun(run) === 'pending' && isRecent(run.startTime ?? metadata.creationTimestamp)),
  );
}
