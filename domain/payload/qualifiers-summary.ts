import { approvalOf } from './approvals.ts';
import { aggregateState } from './job-state.ts';
import type {
  AggregateState,
  CiConfiguration,
  QualifierResult,
  QualifiersSummary,
  ReleasePayload,
  VerificationJobStatus,
} from './kinds.ts';
import { mergeQualifier } from './qualifier-merge.ts';
import type { Qualifier, Qualifiers } from './qualifier.ts';

/**
 * What the qualifiers say about a payload: badges, labels and states. It never accepts or rejects anything
 * (openshift/release-controller, pkg/releasepayload/qualifiers/helpers.go). The state of issues is kept where its
 * qualifier still is. Upgrade jobs take no part.
 *
 * @param general the general configuration; an id that is not in it counts for nothing
 * @param jobs blocking and informing jobs with their states
 * @returns undefined when there is nothing to say
 */
export function qualifiersSummary(
  payload: ReleasePayload,
  general: Qualifiers,
  jobs: { blocking: readonly VerificationJobStatus[]; informing: readonly VerificationJobStatus[] },
): QualifiersSummary | undefined {
  const before = payload.status?.qualifiersSummary?.qualifiers ?? {};
  const entries = [...jobEntries(payload, general, jobs), ...approvalEntries(payload, general)];
  const byId = new Map(entries.toReversed().map(({ id, result }) => [id, withIssues(result, before[id])]));
  if (byId.size === 0) return undefined;

  const results = [...byId].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const failing = results.flatMap(([, { aggregateState: state, failureLabels }]) => (state === 'Failure' ? (failureLabels ?? []) : []));
  const failureLabels = [...new Set(failing)].toSorted();
  return { ...(failureLabels.length > 0 ? { failureLabels } : {}), qualifiers: Object.fromEntries(results) };
}

interface Entry {
  id: string;
  result: QualifierResult;
}

function jobEntries(
  { spec }: ReleasePayload,
  general: Qualifiers,
  { blocking, informing }: { blocking: readonly VerificationJobStatus[]; informing: readonly VerificationJobStatus[] },
): Entry[] {
  const wanted = spec.payloadVerificationConfig;
  const named = [...(wanted?.blockingJobs ?? []), ...(wanted?.informingJobs ?? [])].flatMap((job) =>
    Object.entries(job.qualifiers ?? {}).map(([id, override]) => ({ id, job, override })),
  );
  const known = [...Map.groupBy(named, ({ id }) => id)].filter(([id]) => Object.hasOwn(general, id));
  return known.map(([id, naming]) => {
    const jobs = naming.map(({ job }) => job);
    const states = [...blocking, ...informing].filter((status) => jobs.some((job) => isStatusOf(job, status)));
    const qualifier = mergeQualifier(general[id] ?? {}, naming.at(-1)?.override ?? {});
    return { id, result: { jobs: jobs.map(nameOf).toSorted(byName), ...judged(qualifier, aggregateState(states)) } };
  });
}

/** Approvals are given by people, as labels; without one there is nothing to say. */
function approvalEntries({ metadata }: ReleasePayload, general: Qualifiers): Entry[] {
  return Object.entries(general).flatMap(([id, qualifier]) => {
    const approval = qualifier.approval === true ? approvalOf(metadata, id) : undefined;
    if (approval === undefined) return [];
    const state = approval === 'Accepted' ? 'Success' : 'Failure';
    return [{ id, result: { ...judged(qualifier, state), approval: true, badgeEarned: state === 'Success' } }];
  });
}

function judged(qualifier: Qualifier, state: AggregateState): QualifierResult {
  const { enabled = false, badgeName, failureLabels = [] } = qualifier;
  return {
    aggregateState: state,
    ...(badgeName ? { badgeName } : {}),
    badgeEarned: enabled && state === 'Success',
    badgePropagated: enabled && isShown(qualifier.payloadBadgeStatus, state),
    ...(failureLabels.length > 0 ? { failureLabels } : {}),
  };
}

function isShown(badgeStatus: string | undefined, state: AggregateState): boolean {
  if (badgeStatus === 'OnSuccess') return state === 'Success';
  return badgeStatus === 'OnFailure' ? state === 'Failure' : badgeStatus === 'Yes';
}

function withIssues(result: QualifierResult, before: QualifierResult | undefined): QualifierResult {
  const issues = before?.jiraNotifications ?? {};
  return Object.keys(issues).length > 0 ? { ...result, jiraNotifications: issues } : result;
}

function isStatusOf(job: CiConfiguration, status: VerificationJobStatus): boolean {
  return status.ciConfigurationName === job.ciConfigurationName && status.ciConfigurationJobName === job.ciConfigurationJobName;
}

function nameOf({ ciConfigurationName, ciConfigurationJobName }: CiConfiguration) {
  return { ciConfigurationName, ciConfigurationJobName };
}

function byName(a: { ciConfigurationName: string }, b: { ciConfigurationName: string }): number {
  return a.ciConfigurationName < b.ciConfigurationName ? -1 : Number(a.ciConfigurationName > b.ciConfigurationName);
}
