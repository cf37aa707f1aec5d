/**
 * A qualifier: what a set of verification jobs says about a release beside accepting or rejecting it, as a badge, as
 * labels, and as issues (openshift/release-controller, pkg/releasequalifiers/types.go). Only keys that were given are
 * there: what is absent in an override leaves the general configuration as it is.
 */
export interface Qualifier {
  /** absent counts as disabled */
  enabled?: boolean;
  /** the verdict comes from a label on the payload, not from jobs */
  approval?: boolean;
  badgeName?: string;
  summary?: string;
  description?: string;
  /** one of `badgeStatuses` */
  payloadBadgeStatus?: string;
  failureLabels?: string[];
  notifications?: { jira?: JiraNotification };
}

/** When the badge of a qualifier is shown on its payload. */
export const badgeStatuses: readonly string[] = ['Yes', 'No', 'OnSuccess', 'OnFailure'];

export interface JiraNotification {
  project?: string;
  component?: string;
  assignee?: string;
  /** title of the issue */
  summary?: string;
  description?: string;
  /** groups the failures that share an issue */
  thread?: string;
  escalations?: Escalation[];
}

/** From when on failures are worth an issue, and how urgent it is. */
export interface Escalation {
  name?: string;
  /** that many failures; more than 0 counts failures */
  failures?: number;
  /** how many of the newest runs are looked at */
  overLastRuns?: number;
  /** fewer successes than this, in percent; counts before `failures` */
  passPercentage?: number;
  /** `12h`, `3d` or `2w`: all runs of that time are looked at, when they are more */
  overPeriod?: string;
  /** one of `priorities` */
  priority?: string;
  mentions?: string[];
  needsInfo?: string[];
}

/** Priorities of issues, the most urgent first. */
export const priorities: readonly string[] = ['Blocker', 'Critical', 'Major', 'Normal', 'Minor', 'Trivial'];

/** Qualifiers by id. */
export type Qualifiers = Readonly<Record<string, Qualifier>>;
