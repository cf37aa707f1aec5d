import type { DueEscalation } from './escalation-decision.ts';
import type { EscalationThread } from './escalation-threads.ts';
import type { Escalation } from './qualifier.ts';

/** An issue as it is to be, in plain words. */
export interface WantedIssue {
  project: string;
  /** one that no other thread has */
  label: string;
  priority: string;
  summary: string;
  description: string;
  component?: string;
  assignee?: string;
  /** said when the issue is there already */
  comment: string;
  watchers: string[];
}

/**
 * What an escalation says, in the form that OpenShift's people and tools know it
 * (openshift/release-controller, pkg/releasequalifiers/notifications/jira).
 *
 * @param payload `<namespace>/<name>` of the one that is looked at
 */
export function wantedIssue(thread: EscalationThread, { escalation, job }: DueEscalation, payload: string): WantedIssue {
  const { name = '', priority = '', mentions = [], needsInfo = [] } = escalation;
  const { project = '', component, assignee, summary, description } = thread.jira;
  const told = description || lines(thread, escalation, job, payload);
  const title = summary || `[${priority}] ${name} escalation for ${job}`;
  return {
    project,
    label: issueLabel(thread.id),
    priority,
    summary: `${title}${people(' | CC: ', mentions)}${people(' | Needs Info: ', needsInfo)}`,
    description: told,
    ...(component ? { component } : {}),
    ...(assignee ? { assignee } : {}),
    comment: `Escalation '${name}' re-triggered:\n\n${told}`,
    watchers: needsInfo,
  };
}

export function abatementComment(escalation: string, qualifier: string): string {
  return (
    `Conditions have improved. Escalation '${escalation}' is no longer active for qualifier '${qualifier}'.\n\n` +
    'This ticket stays open for a review, since the condition may come back.'
  );
}

/** Finds the open issue of a thread. Texts are quoted, whatever is in them. */
export function openIssueQuery({ project, label }: Pick<WantedIssue, 'project' | 'label'>): string {
  return `project = ${quoted(project)} AND labels = ${quoted(label)} AND status not in (Closed, Resolved, Verified)`;
}

/** Jira takes no labels with blanks. */
export function issueLabel(thread: string): string {
  return thread.trim().replaceAll(/\s+/g, '_');
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function people(before: string, names: readonly string[]): string {
  return names.length === 0 ? '' : before + names.map((name) => `[~${name}]`).join(', ');
}

function lines({ qualifier }: EscalationThread, escalation: Escalation, job: string, payload: string): string {
  const { name = '', priority = '' } = escalation;
  return [
    `*Escalation:* ${name}`,
    `*Job:* ${job}`,
    `*Payload:* ${payload}`,
    `*Qualifier:* ${qualifier}`,
    `*Priority:* ${priority}`,
    `*Condition:* ${condition(escalation)}`,
  ].join('\n');
}

function condition({ failures = 0, overLastRuns, passPercentage }: Escalation): string {
  const over = overLastRuns === undefined ? '' : ` over last ${overLastRuns} runs`;
  if (passPercentage !== undefined) return `Pass percentage below ${passPercentage}%${over}`;
  return overLastRuns === undefined || overLastRuns === failures ? `${failures} consecutive failures` : `${failures} failures${over}`;
}
