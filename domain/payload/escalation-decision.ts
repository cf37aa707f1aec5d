import { isDue, isMoreUrgent } from './escalation-rules.ts';
import type { EscalationThread } from './escalation-threads.ts';
import type { HistoryRun } from './job-history.ts';
import type { JiraNotificationState } from './kinds.ts';
import type { Escalation } from './qualifier.ts';

/** The rule of a thread that counts now, and the job that broke it. */
export interface DueEscalation {
  escalation: Escalation;
  job: string;
}

/**
 * The most urgent rule that any job of the thread breaks: all jobs are looked at together, so that a healthy one does not
 * call off what a failing one has called out. Of equally urgent ones the first counts.
 *
 * @param now epoch milliseconds
 */
export function dueEscalation(
  { jobs }: EscalationThread,
  histories: Readonly<Record<string, readonly HistoryRun[]>>,
  now: number,
): DueEscalation | undefined {
  const due = jobs.flatMap(({ job, escalations }) =>
    escalations.filter((escalation) => isDue(escalation, histories[job] ?? [], now)).map((escalation) => ({ escalation, job })),
  );
  return due.reduce<DueEscalation | undefined>(
    (best, one) => (best === undefined || isMoreUrgent(one.escalation.priority, best.escalation.priority) ? one : best),
    undefined,
  );
}

export type EscalationStep = 'nothing' | 'escalate' | 'abate';

/** What to do about a thread: nothing is said twice, and what was called off may come back. */
export function escalationStep(state: JiraNotificationState | undefined, due: DueEscalation | undefined): EscalationStep {
  const isActive = Boolean(state?.activeEscalation) && state?.abated !== true;
  if (due === undefined) return isActive ? 'abate' : 'nothing';
  const same = state?.activeEscalation === due.escalation.name && state?.activePriority === due.escalation.priority;
  return isActive && same ? 'nothing' : 'escalate';
}
