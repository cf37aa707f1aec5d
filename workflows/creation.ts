import { continueAsNew } from '@temporalio/workflow';
import type { PayloadState, ReleaseId } from '../activities/contract.ts';
import { quick } from './durable.ts';
import { listenForChanges } from './edges.ts';
import { isHistoryLong } from './history.ts';
import { announceWaiting } from './waiting.ts';

const [ensureReleaseJob, syncPayload, reportSourceProblem] = [
  quick('ensureReleaseJob'),
  quick('syncPayload'),
  quick('reportReleaseProblem'),
];

/**
 * launch the release job -> wait for its end -> PayloadCreated or PayloadFailed
 * A job that somebody deletes before it has ended is launched again; the job itself carries the deadline.
 */
export async function creation(input: ReleaseId): Promise<PayloadState> {
  const edges = listenForChanges();
  const announce = announceWaiting();
  let reported: string | undefined;
  for (let looks = 0; ; looks += 1) {
    edges.clear();
    const job = await ensureReleaseJob(input);
    const state = await syncPayload(input, {});
    // A job of an image that was pushed over is deleted, and a mirror may be: the release begins again.
    if (job.kind === 'gone' || job.kind === 'outdated' || !state.exists || state.phase !== 'Pending') return state;
    if (job.kind === 'blocked') {
      if (job.problem.message !== reported) await reportSourceProblem(input, job.problem);
      reported = job.problem.message;
    }
    announce([
      { for: `release job ${input.tag}`, why: job.kind === 'blocked' ? job.problem.message : state.creationMessage || 'it has not ended' },
    ]);
    if (isHistoryLong()) await continueAsNew<typeof creation>(input);
    await edges.wait(Math.min(60_000 * 2 ** looks, 10 * 60_000));
  }
}
