import type { ReleasePayload } from './kinds.ts';
import { mergeQualifiers } from './qualifier-merge.ts';
import type { Escalation, JiraNotification, Qualifiers } from './qualifier.ts';

/** Failures that share one issue: those of all jobs that name the same qualifier with the same thread. */
export interface EscalationThread {
  /** key in the payload's summary, and the label of the issue */
  id: string;
  qualifier: string;
  /** texts and people, of the first job that is in it */
  jira: JiraNotification;
  jobs: { job: string; escalations: Escalation[] }[];
}

/**
 * The threads that a payload's jobs belong to: blocking ones first, then informing ones, each job once
 * (openshift/release-controller, pkg/cmd/release-payload-controller/jira_escalations_controller.go).
 */
export function escalationThreads({ spec }: ReleasePayload, general: Qualifiers): EscalationThread[] {
  const { blockingJobs, informingJobs } = spec.payloadVerificationConfig ?? {};
  const stream = spec.payloadCoordinates?.streamName || 'unknown';
  const threads = new Map<string, EscalationThread>();
  for (const { ciConfigurationJobName: job, qualifiers = {} } of [...(blockingJobs ?? []), ...(informingJobs ?? [])])
    for (const [qualifier, { notifications }] of Object.entries(mergeQualifiers(general, qualifiers))) {
      const { jira = {} } = notifications ?? {};
      const { escalations = [] } = jira;
      if (escalations.length === 0) continue;
      const id = threadId(stream, qualifier, jira);
      const thread = threads.get(id) ?? { id, qualifier, jira, jobs: [] };
      if (!thread.jobs.some((known) => known.job === job)) thread.jobs.push({ job, escalations });
      threads.set(id, thread);
    }
  return [...threads.values()];
}

function threadId(stream: string, qualifier: string, { project = '', component = '', thread = '' }: JiraNotification): string {
  return `${stream}-${qualifier}-${project}-${component}-${thread}`;
}
