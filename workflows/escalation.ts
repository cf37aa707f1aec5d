import { condition, continueAsNew, isCancellation, proxyActivities, setHandler, sleep } from '@temporalio/workflow';
import type { AskedThread, Assessment, EscalationActivities, IssueActivities } from '../activities/escalation-contract.ts';
import { escalationStep } from '../domain/payload/escalation-decision.ts';
import { abatementComment } from '../domain/payload/escalation-issue.ts';
import type { JiraNotificationState } from '../domain/payload/kinds.ts';
import { type EscalationInput, evaluateSignal, externalTaskQueue } from './escalation-messages.ts';
import { isHistoryLong } from './history.ts';
import { announceWaiting } from './waiting.ts';

const patience = { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 4 } as const;
const { assessThread, recordEscalation } = proxyActivities<EscalationActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '6 seconds',
  retry: patience,
});
const { escalateIssue, abateIssue } = proxyActivities<IssueActivities>({
  taskQueue: externalTaskQueue,
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '6 seconds',
  retry: patience,
});

/** Results come in bursts, and are written a moment after they are told. */
const gatherMs = 5_000;
const shortestPauseMs = 60_000;
const longestPauseMs = 30 * 60_000;

/**
 * wait for the end of a job -> gather -> how does the thread stand? -> raise, or call off, or nothing -> write it down, for ever
 *
 * The one owner of a thread: of its issue, and of what payloads say about it. Where tracker or cluster are in trouble it
 * looks at everything anew later, so that nothing is raised that is over by then.
 */
export async function escalation({ state: before, asking: asked = [], ...thread }: EscalationInput): Promise<void> {
  const announce = announceWaiting();
  let asking = asked;
  let state = before;
  setHandler(evaluateSignal, (payload) => {
    asking = [...asking.filter((name) => name !== payload), payload];
  });

  for (let pauseMs = shortestPauseMs; !isHistoryLong();) {
    announce([{ for: `the end of a job of ${thread.id}`, why: standing(state) }]);
    await condition(() => asking.length > 0);
    await sleep(gatherMs);
    const payloads = asking;
    announce([{ for: `a look at ${thread.id}`, why: `jobs of ${payloads.join(', ')} have ended` }]);
    asking = [];
    try {
      state = await evaluate({ ...thread, payloads }, state);
      pauseMs = shortestPauseMs;
    } catch (failure) {
      if (isCancellation(failure)) throw failure;
      const why = failure instanceof Error ? (failure.cause instanceof Error ? failure.cause.message : failure.message) : String(failure);
      asking = [...new Set([...payloads, ...asking])];
      announce([{ for: 'the next attempt', why, until: new Date(Date.now() + pauseMs).toISOString() }]);
      await sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }
  await continueAsNew<typeof escalation>({ ...thread, asking, ...(state && { state }) });
}

/** @returns the state of the thread afterwards */
async function evaluate(thread: AskedThread, known: JiraNotificationState | undefined): Promise<JiraNotificationState | undefined> {
  const assessment = await assessThread(thread, Date.now());
  const state = known ?? assessment.stored;
  if (!assessment.known) return state;
  const due = assessment.due && { escalation: assessment.due, job: assessment.due.job };
  const step = escalationStep(state, due);
  const next = step === 'escalate' ? await escalate(assessment) : step === 'abate' ? await abate(thread, assessment, state) : state;
  if (next !== undefined) await recordEscalation(thread, next, step);
  return next;
}

async function escalate({ due, issue }: Assessment): Promise<JiraNotificationState | undefined> {
  if (due === undefined || issue === undefined) return undefined;
  const decidedAt = now();
  const { issueKey } = await escalateIssue(issue, decidedAt);
  return { issueKey, activeEscalation: due.name, activePriority: due.priority, abated: false, lastTransitionTime: decidedAt };
}

async function abate({ qualifier }: AskedThread, { place }: Assessment, state: JiraNotificationState | undefined) {
  const decidedAt = now();
  if (place !== undefined) await abateIssue(place, abatementComment(state?.activeEscalation ?? '', qualifier), decidedAt);
  return { ...state, abated: true, lastTransitionTime: decidedAt };
}

function standing(state: JiraNotificationState | undefined): string {
  if (!state?.activeEscalation) return 'nothing is escalated';
  return state.abated ? `${state.activeEscalation} is over` : `${state.activeEscalation} is escalated in ${state.issueKey}`;
}

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
