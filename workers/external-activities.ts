import type { Logger } from 'pino';
import type { IssueActivities } from '../activities/escalation-contract.ts';
import { issueActivities } from '../activities/issue-activities.ts';
import { jiraTracker } from '../activities/issue-tracker.ts';
import type { Settings } from '../infra/settings/settings.ts';

/** Requests a second that all workers together may send to systems outside; Jira answers more with 429. */
export const externalRate = 5;

/** Activities of task queue `waybill-external`; undefined where no such system is configured. */
export function externalActivities({ jira: { url, ...access } }: Settings, log: Logger): IssueActivities | undefined {
  if (url === undefined) return undefined;
  const { tokenFile, username, passwordFile } = access;
  const options = {
    url,
    ...(tokenFile === undefined ? {} : { tokenFile }),
    ...(username === undefined ? {} : { username }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
  };
  return issueActivities(jiraTracker(options), (message) => log.warn(message));
}
