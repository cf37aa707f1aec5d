import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { issueActivities } from '../../activities/issue-activities.ts';
import { jiraTracker } from '../../activities/issue-tracker.ts';
import type { WantedIssue } from '../../domain/payload/escalation-issue.ts';
import { playJira } from '../../infra/sandbox/jira/jira.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const token = 'a-token-for-jira';
const wanted: WantedIssue = {
  project: 'OCPBUGS',
  label: 'nightly-sno-OCPBUGS-Installer-x',
  priority: 'Major',
  summary: '[Major] broken escalation for job',
  description: 'details',
  component: 'Installer',
  assignee: 'ann',
  comment: "Escalation 'broken' re-triggered:\n\ndetails",
  watchers: ['nobody', 'eve'],
};
const hours = (many: number) => new Date(Date.UTC(2025, 5, 1, many));
const at = (many: number) => hours(many).toISOString();

async function scene(secret = token) {
  let clock = hours(0);
  const jira = await playJira({ token, projects: ['OCPBUGS'], users: ['eve'], now: () => clock });
  onTestFinished(() => jira.close());
  const tokenFile = join(temporaryFolder('jira'), 'token');
  await writeFile(tokenFile, `${secret}\n`);
  const problems: string[] = [];
  const activities = issueActivities(jiraTracker({ url: jira.url, tokenFile }), (problem) => problems.push(problem));
  /** the hour on Jira's clock */
  const itIs = (hour: number) => void (clock = hours(hour));
  return { jira, problems, itIs, ...activities };
}

describe('raising an escalation', () => {
  test('makes an issue, once', async () => {
    const { jira, escalateIssue } = await scene();
    expect(await escalateIssue(wanted, at(0))).toEqual({ issueKey: 'OCPBUGS-1' });
    expect(await escalateIssue(wanted, at(0))).toEqual({ issueKey: 'OCPBUGS-1' });
    const { comment: _, project, watchers: __, label, ...fields } = wanted;
    expect(jira.issues).toMatchObject([{ ...fields, project, labels: [label], comments: [], watchers: [] }]);
  });

  test('payload 125, payload 127: that is there already, comments once, and adds whoever may watch', async () => {
    const { jira, problems, itIs, escalateIssue } = await scene();
    await escalateIssue(wanted, at(0));
    itIs(5);
    for (let times = 0; times < 2; times += 1) await escalateIssue({ ...wanted, priority: 'Critical' }, at(5));
    expect(jira.issues).toMatchObject([{ priority: 'Critical', comments: [{ body: wanted.comment }], watchers: ['eve', 'eve'] }]);
    expect(problems).toEqual(Array(2).fill(expect.stringMatching(/^nobody does not watch OCPBUGS-1: Jira answers POST .* with 404: /)));
  });

  test('never lowers a priority', async () => {
    const { jira, itIs, escalateIssue } = await scene();
    await escalateIssue(wanted, at(0));
    itIs(5);
    await escalateIssue({ ...wanted, priority: 'Minor' }, at(5));
    expect(jira.issues).toMatchObject([{ priority: 'Major', comments: [{}] }]);
  });

  test('makes another issue when the last one is closed', async () => {
    const { jira, escalateIssue } = await scene();
    await escalateIssue(wanted, at(0));
    Object.assign(jira.issues[0] ?? {}, { status: 'Verified' });
    expect(await escalateIssue(wanted, at(5))).toEqual({ issueKey: 'OCPBUGS-2' });
  });

  test('payload 124: fails when Jira can not be searched, and makes nothing', async () => {
    const { jira, escalateIssue } = await scene();
    jira.order({ method: 'GET', path: /search/, fail: 503, times: 1 });
    await expect(escalateIssue(wanted, at(0))).rejects.toThrow('Jira answers GET /search with 503');
    expect(jira.issues).toEqual([]);
    expect(await escalateIssue(wanted, at(0))).toEqual({ issueKey: 'OCPBUGS-1' });
  });

  test('counts as done when only the comment failed', async () => {
    const { jira, problems, itIs, escalateIssue } = await scene();
    await escalateIssue(wanted, at(0));
    itIs(5);
    jira.order({ method: 'POST', path: /comment/, fail: 500 });
    expect(await escalateIssue({ ...wanted, watchers: [] }, at(5))).toEqual({ issueKey: 'OCPBUGS-1' });
    expect(problems).toEqual([expect.stringMatching(/^OCPBUGS-1 got no comment: /)]);
  });

  test('with a wrong token fails, and nobody reads the token', async () => {
    const { escalateIssue } = await scene('a-wrong-token');
    const failure = await escalateIssue(wanted, at(0)).catch((error: unknown) => String(error));
    expect(failure).toContain('401');
    expect(failure).not.toContain('a-wrong-token');
  });
});

describe('calling an escalation off', () => {
  test('comments on the open issue, once, and leaves it open', async () => {
    const { jira, itIs, escalateIssue, abateIssue } = await scene();
    await escalateIssue(wanted, at(0));
    itIs(5);
    for (let times = 0; times < 2; times += 1) await abateIssue(wanted, 'better now', at(5));
    expect(jira.issues).toMatchObject([{ status: 'New', comments: [{ body: 'better now' }] }]);
  });

  test('where the issue was closed does nothing', async () => {
    const { jira, abateIssue } = await scene();
    await abateIssue(wanted, 'better now', at(5));
    expect(jira.requests).toEqual(['GET /rest/api/2/search']);
  });
});
