import type { Misfit } from './go-json.ts';
import { badgeStatuses, priorities, type Escalation, type Qualifier } from './qualifier.ts';

const period = /^[1-9]\d*[hdw]$/;

/**
 * What is wrong with the values of one qualifier. The first two rules are OpenShift's
 * (openshift/release-controller, pkg/releasequalifiers/validation.go); the others refuse what its resource definition
 * would refuse later, and words that nothing would ever act on.
 *
 * @returns each with its place below the qualifier
 */
export function qualifierProblems(qualifier: Qualifier): Misfit[] {
  const { approval, failureLabels, notifications, payloadBadgeStatus } = qualifier;
  const escalations = notifications?.jira?.escalations ?? [];
  return [
    ...problem(
      approval === true && (failureLabels ?? []).length > 0,
      'failureLabels',
      'approval qualifiers must not specify failureLabels',
    ),
    ...problem(approval === true && notifications !== undefined, 'notifications', 'approval qualifiers must not specify notifications'),
    ...problem(
      payloadBadgeStatus !== undefined && payloadBadgeStatus !== '' && !badgeStatuses.includes(payloadBadgeStatus),
      'payloadBadgeStatus',
      `payloadBadgeStatus must be one of ${badgeStatuses.join(', ')}, was ${JSON.stringify(payloadBadgeStatus)}`,
    ),
    ...escalations.flatMap((escalation, index) => escalationProblems(escalation, `notifications.jira.escalations[${index}]`)),
  ];
}

function escalationProblems(escalation: Escalation, path: string): Misfit[] {
  const { name = '', overLastRuns, passPercentage, overPeriod, priority = '' } = escalation;
  const what = name === '' ? 'an escalation' : `escalation ${name}`;
  return [
    ...problem(name === '', `${path}.name`, 'an escalation must have a name'),
    ...problem(
      !priorities.includes(priority),
      `${path}.priority`,
      `${what} must have a priority of ${priorities.join(', ')}, was ${JSON.stringify(priority)}`,
    ),
    ...problem(
      overLastRuns !== undefined && overLastRuns < 1,
      `${path}.overLastRuns`,
      `${what}: overLastRuns must be at least 1, was ${overLastRuns}`,
    ),
    ...problem(
      passPercentage !== undefined && (passPercentage < 0 || passPercentage > 100),
      `${path}.passPercentage`,
      `${what}: passPercentage must be from 0 to 100, was ${passPercentage}`,
    ),
    ...problem(
      overPeriod !== undefined && overPeriod !== '' && !period.test(overPeriod),
      `${path}.overPeriod`,
      `${what}: overPeriod must be a number of hours, days or weeks such as 12h, 3d or 2w, was ${JSON.stringify(overPeriod)}`,
    ),
  ];
}

/** Whether the resource would take it in: one that it refuses must not keep a release from being made. */
export function isStorable({ notifications }: Qualifier): boolean {
  return (notifications?.jira?.escalations ?? []).every(
    ({ overLastRuns = 1, passPercentage = 0, overPeriod = '1h' }) =>
      overLastRuns >= 1 && passPercentage >= 0 && passPercentage <= 100 && period.test(overPeriod),
  );
}

function problem(broken: boolean, path: string, reason: string): Misfit[] {
  return broken ? [{ path, reason }] : [];
}
