import { condition, continueAsNew, getExternalWorkflowHandle, proxyActivities, setHandler } from '@temporalio/workflow';
import type { VerifyJobsActivities } from '../activities/audit-contract.ts';
import { mostVerifyJobs } from '../domain/audit/verification-limits.ts';
import { auditWorkflowId } from './audit-messages.ts';
import { isHistoryLong } from './history.ts';
import { requestVerifyJobSignal, verifyJobRefusedSignal, type VerifyJobsState } from './verify-jobs-messages.ts';
import { announceWaiting, changedSignal } from './waiting.ts';

const { tendVerifyJobs } = proxyActivities<VerifyJobsActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '6 seconds',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

const quietMs = 10 * 60_000;
/** Few can begin at once: the others need not go to and fro at each look. */
const handedOver = 100;
/** More are not remembered: an audit whose job does not come asks for it again. */
const mostWanted = 1_000;

/**
 * wait for a request or a job that changes -> remove what ended long ago, create what may be created -> …
 *         |
 *         v
 *   nothing wanted, no job left: end; the next request starts it again
 *
 * The one writer of the verify jobs of a namespace: it creates one after the other and counts before each, so that no more
 * are active than may be, over all workers and through all crashes.
 */
export async function verifyJobs({ namespace, wanted }: VerifyJobsState): Promise<void> {
  const state: VerifyJobsState = { namespace, wanted };
  let changed = false;
  setHandler(requestVerifyJobSignal, (job) => {
    if (state.wanted.length >= mostWanted || state.wanted.some(({ name }) => name === job.name)) return;
    state.wanted.push(job);
    changed = true;
  });
  setHandler(changedSignal, () => {
    changed = true;
  });
  const announce = announceWaiting();

  for (;;) {
    changed = false;
    const {
      served,
      refused,
      jobs,
      nextRemovalMs = quietMs,
    } = await tendVerifyJobs(namespace, state.wanted.slice(0, handedOver), Date.now());
    state.wanted = state.wanted.filter(({ name }) => !served.includes(name));
    await Promise.all(refused.map((each) => tell(state, each)));
    if (isHistoryLong()) await continueAsNew<typeof verifyJobs>(state);
    if (changed || (state.wanted.length > 0 && served.length + refused.length === handedOver)) continue;
    if (state.wanted.length === 0 && jobs === 0) return;
    announce(
      state.wanted.length === 0
        ? [{ for: 'nothing', why: 'the jobs that have ended are kept for a while' }]
        : [{ for: 'the next verify job', why: `${state.wanted.length} wait, and at most ${mostVerifyJobs} are active at once` }],
    );
    await condition(() => changed, Math.max(Math.min(nextRemovalMs, quietMs), 1_000), { summary: 'next look at the verify jobs' });
  }
}

/** An audit that has ended needs no telling, and its job is not wanted any more. */
async function tell(state: VerifyJobsState, refused: { name: string; why: string }): Promise<void> {
  const wanted = state.wanted.find(({ name }) => name === refused.name);
  if (wanted === undefined) return;
  state.wanted = state.wanted.filter(({ name }) => name !== refused.name);
  await getExternalWorkflowHandle(auditWorkflowId(wanted.digest))
    .signal(verifyJobRefusedSignal, refused)
    .catch(() => undefined);
}
