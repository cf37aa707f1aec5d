import { isCancellation, proxyActivities } from '@temporalio/workflow';
import { ActivityFailure } from '@temporalio/common';
import type { StreamId } from '../activities/contract.ts';
import type { RetentionActivities, RetentionSurvey, Retirement } from '../activities/retention-contract.ts';
import type { Waiting } from '../domain/payload/waiting.ts';

const { retireReleases } = proxyActivities<RetentionActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '6 seconds',
  // What lasts longer must not keep the stream from making and publishing releases: it goes on, says why, and comes back to it.
  retry: { initialInterval: '500ms', maximumAttempts: 3 },
});

const retryMs = 60_000;

/** Removes the releases of one stream whose time is over, look by look. Nothing else waits for it. */
export interface Retirer {
  /** @returns whether there is more to do, so that the stream must be looked at again at once */
  retire(found: RetentionSurvey | undefined, now: number): Promise<boolean>;
  waiting(): Waiting[];
  /** when to look again though nothing changes: the next release expires, or trouble may be over */
  nextMs(): number | undefined;
}

export function retiring(stream: StreamId): Retirer {
  let waiting: Waiting[] = [];
  let next: number | undefined;
  return {
    async retire(found, now) {
      next = found?.next === undefined ? undefined : Date.parse(found.next);
      waiting = [];
      if (found === undefined || found.due === 0) return false;
      const outcome = await attempt(stream, now);
      if ('again' in outcome) {
        waiting = outcome.awaited;
        return outcome.again;
      }
      waiting = [{ for: `the removal of ${found.due === 1 ? 'a release' : `${found.due} releases`}`, why: outcome.why }];
      next = Date.now() + retryMs;
      return false;
    },
    waiting: () => waiting,
    nextMs: () => (next === undefined ? undefined : Math.max(1, next - Date.now())),
  };
}

async function attempt(stream: StreamId, now: number): Promise<Retirement | { why: string }> {
  try {
    return await retireReleases(stream, now);
  } catch (failure) {
    if (!(failure instanceof ActivityFailure) || isCancellation(failure)) throw failure;
    return { why: failure.cause?.message ?? failure.message };
  }
}
