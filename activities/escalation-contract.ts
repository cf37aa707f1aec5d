import type { JiraNotificationState } from '../domain/payload/kinds.ts';
import type { WantedIssue } from '../domain/payload/escalation-issue.ts';

/** What the `escalation` workflow asks of the cluster. */
export interface EscalationActivities {
  assessThread: (thread: AskedThread, now: number) => Promise<Assessment>;
  /** writes where the thread stands into the payloads that asked; repeated it changes nothing */
  recordEscalation: (thread: AskedThread, state: JiraNotificationState, step: 'nothing' | 'escalate' | 'abate') => Promise<void>;
}

/** What it asks of the issue tracker, on a task queue of its own. May be repeated: what was said is not said again. */
export interface IssueActivities {
  /** @param decidedAt RFC 3339; what was written since then is ours */
  escalateIssue: (issue: WantedIssue, decidedAt: string) => Promise<{ issueKey: string }>;
  abateIssue: (issue: Pick<WantedIssue, 'project' | 'label'>, comment: string, decidedAt: string) => Promise<void>;
}

export interface ThreadId {
  id: string;
  namespace: string;
  /** name in the release config */
  stream: string;
  qualifier: string;
}

export interface AskedThread extends ThreadId {
  /** payloads of which a job of the thread has ended */
  payloads: string[];
}

export interface Assessment {
  /** the payloads, or the configuration of qualifiers, know nothing of the thread any more */
  known: boolean;
  due?: { name: string; priority: string; job: string };
  issue?: WantedIssue;
  /** where the open issue is to be found */
  place?: Pick<WantedIssue, 'project' | 'label'>;
  /** where the thread stands, as payloads say; for a thread whose workflow is new */
  stored?: JiraNotificationState;
}
