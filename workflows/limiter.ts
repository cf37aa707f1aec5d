import { condition, continueAsNew, getExternalWorkflowHandle, isCancellation, setHandler, sleep } from '@temporalio/workflow';
import { auditRate, counting, enqueue, freePermits, permitDelay, permitFor, type Permit } from '../domain/audit/permits.ts';
import { isHistoryLong } from './history.ts';
import { permitGrantedSignal, requestPermitSignal, type LimiterState } from './limiter-messages.ts';
import { announceWaiting } from './waiting.ts';

/** Longer than any permit counts, so that ending forgets none. */
const idleMs = 60_000;

/**
 * wait for a request -> wait until a permit is free -> give it -> …
 *         |
 *         v
 *   idle for a minute: end; the next request starts it again
 *
 * One writer of all permits, so that the rate holds over all workers and through all crashes (domain/audit/permits.ts).
 */
export async function limiter({ queue, permits }: LimiterState): Promise<void> {
  const state: LimiterState = { queue, permits };
  setHandler(requestPermitSignal, (request) => {
    state.queue = enqueue(state.queue, state.permits, request);
  });
  const announce = announceWaiting();

  for (;;) {
    announce([]);
    const wanted = await condition(() => state.queue.length > 0, idleMs, { summary: 'idle' });
    if (!wanted) return;
    if (isHistoryLong()) await continueAsNew<typeof limiter>(state);
    await untilFree(state, announce);
    await give(state);
  }
}

async function untilFree(state: LimiterState, announce: ReturnType<typeof announceWaiting>): Promise<void> {
  const delay = permitDelay(state.permits, auditRate, Date.now());
  if (delay === 0) return;
  const until = new Date(Date.now() + delay).toISOString();
  announce([{ for: 'the next permit', why: `${state.queue.length} wait, and ${auditRate.starts} permits were given lately`, until }]);
  await sleep(delay, { summary: 'next permit' });
}

/** Gives what is free to those who have waited longest. */
async function give(state: LimiterState): Promise<void> {
  const now = Date.now();
  state.permits = counting(state.permits, auditRate, now);
  const served = state.queue.splice(0, freePermits(state.permits, auditRate, now));
  const given = served.map((request) => permitFor(request, now));
  state.permits.push(...given);
  await Promise.all(given.map((permit) => send(state, permit)));
}

async function send(state: LimiterState, permit: Permit): Promise<void> {
  try {
    await getExternalWorkflowHandle(permit.requester).signal(permitGrantedSignal, permit);
  } catch (failure) {
    if (isCancellation(failure)) throw failure;
    // The requester has ended, so nothing starts with this permit and the next in the queue may have it.
    state.permits = state.permits.filter((other) => other !== permit);
  }
}
