import type { Condition, JobResult, ReleasePayload } from './kinds.ts';
import type { Ruling, Verdict } from './verdict.ts';

/**
 * The six conditions of a payload, with the reasons and messages of openshift/release-controller
 * (pkg/cmd/release-payload-controller/config.go and the payload_*_controller.go files beside it).
 */

export type ConditionType =
  | 'PayloadAccepted'
  | 'PayloadCreated'
  | 'PayloadFailed'
  | 'PayloadMirrorFailed'
  | 'PayloadMirrored'
  | 'PayloadRejected';

/** The payload's condition of that type, as stored. */
export function conditionOf(payload: ReleasePayload, type: ConditionType): Condition | undefined {
  return payload.status?.conditions?.find((condition) => condition.type === type);
}

/** What each condition should say now. */
export function rulings(
  creation: JobResult,
  mirror: JobResult | undefined,
  { accepted, rejected }: Verdict,
): Record<ConditionType, Ruling> {
  const [created, failed] = outcomePair(creation, 'creation', 'ReleasePayloadCreated', 'ReleasePayloadFailed');
  const [mirrored, unmirrored] = outcomePair(mirror, 'mirror', 'ReleasePayloadMirrored', 'ReleasePayloadMirrorFailed');
  return {
    PayloadAccepted: accepted,
    PayloadCreated: created,
    PayloadFailed: failed,
    PayloadMirrorFailed: unmirrored,
    PayloadMirrored: mirrored,
    PayloadRejected: rejected,
  };
}

/** A job's success and failure as two conditions. The message is always the general one; details stand in the job's result. */
function outcomePair(result: JobResult | undefined, job: 'creation' | 'mirror', success: string, failure: string): [Ruling, Ruling] {
  const pair = (first: Ruling['status'], second: Ruling['status'], message: string): [Ruling, Ruling] => [
    { status: first, reason: success, message },
    { status: second, reason: failure, message },
  ];
  if (result?.status === 'Success') return pair('True', 'False', `Release ${job} Job completed`);
  if (result?.status === 'Failed') return pair('False', 'True', `Release ${job} Job failed`);
  return pair('Unknown', 'Unknown', '');
}

/**
 * Writes the rulings into the stored conditions: sorted by type, the transition time moves only with the status,
 * conditions of other types stay as they are.
 *
 * @param now RFC 3339
 */
export function writeConditions(stored: readonly Condition[], wanted: Record<string, Ruling>, now: string): Condition[] {
  const foreign = stored.filter(({ type }) => !Object.hasOwn(wanted, type));
  const own = Object.entries(wanted).map(([type, ruling]): Condition => {
    const before = stored.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === ruling.status ? before.lastTransitionTime : now;
    return { ...before, type, ...ruling, lastTransitionTime };
  });
  return [...foreign, ...own].sort((a, b) => (a.type < b.type ? -1 : Number(a.type > b.type)));
}

/** Since when a payload has no verdict, as stored: a verdict that was given and withdrawn moves it. Empty where nothing was written yet. */
export function undecidedSince(payload: ReleasePayload): string {
  const times = (['PayloadAccepted', 'PayloadRejected'] as const).map((type) => conditionOf(payload, type)?.lastTransitionTime ?? '');
  return times.toSorted().at(-1) ?? '';
}

/**
 * What a rejected release's tag says about it: the words of the rejecting condition, or the general ones where that
 * condition does not hold (cmd/release-controller/sync.go).
 */
export function rejectionDetails(payload: ReleasePayload): { reason: string; message: string } {
  const rejected = conditionOf(payload, 'PayloadRejected');
  if (rejected?.status !== 'True') return { reason: 'VerificationFailed', message: 'release verification failed' };
  return { reason: rejected.reason, message: rejected.message };
}
