import { describe, expect, it } from 'vitest';
import { dueEscalation, escalationStep } from '../../../domain/payload/escalation-decision.ts';
import { abatementComment, openIssueQuery, wantedIssue } from '../../../domain/payload/escalation-issue.ts';
import { isDue, isMoreUrgent, parsePeriod } from '../../../domain/payload/escalation-rules.ts';
import { escalationThreads, type EscalationThread } from '../../../domain/payload/escalation-threads.ts';
import { historyInterval } from '../../../domain/payload/history-interval.ts';
import { endedJobs, type HistoryRun, jobHistory } from '../../../domain/payload/job-history.ts';
import type { JiraNotificationState } from '../../../domain/payload/kinds.ts';
import type { Escalation, Qualifiers } from '../../../domain/payload/qualifier.ts';
import { ciJob, jobOf, payloadOf, runOf } from './payload-builder.ts';

const hour = 3_600_000;
const now = Date.parse('2025-06-10T00:00:00Z');

/** `+` and `-` for runs that succeeded and failed, newest first, an hour between each. */
const runs = (text: string): HistoryRun[] =>
  text.split('').map((sign, index) => ({ succeeded: sign === '+', completedAt: new Date(now - (index + 1) * hour).toISOString() }));

describe('a rule', () => {
  it.each<[string, Escalation, string, boolean]>([
    ['payload 117: a pass percentage that is just reached is not due', { passPercentage: 60, overLastRuns: 5 }, '+++--', false],
    ['one below it is', { passPercentage: 61, overLastRuns: 5 }, '+++--', true],
    ['counts over ten runs where nothing is said', { passPercentage: 50 }, '+++++------', false],
    ['a percentage goes before failures', { passPercentage: 10, failures: 1, overLastRuns: 4 }, '-+++', false],
    ['payload trap 19: a percentage of one or two runs says nothing', { passPercentage: 50, overLastRuns: 5 }, '--', false],
    ['unless it asks for no more', { passPercentage: 50, overLastRuns: 1 }, '-', true],
    ['of three it does', { passPercentage: 50, overLastRuns: 5 }, '---', true],
    ['payload 118: consecutive failures with a success among them are not due', { failures: 3 }, '-+---', false],
    ['consecutive failures are due', { failures: 3 }, '---+', true],
    ['not while there are too few runs', { failures: 3 }, '--', false],
    ['failures among the last runs', { failures: 2, overLastRuns: 5 }, '-+-++', true],
    ['too few of them', { failures: 2, overLastRuns: 5 }, '-++++-', false],
    ['payload 119: a period with more runs than the window counts', { failures: 3, overLastRuns: 4, overPeriod: '6h' }, '-+-++-', true],
    ['with fewer it does not', { failures: 3, overLastRuns: 4, overPeriod: '1h' }, '-+-++-', false],
    ['payload 120: a period that is none is as good as none', { failures: 3, overLastRuns: 4, overPeriod: 'soon' }, '-+-++-', false],
    ['without threshold never', { overLastRuns: 5 }, '-----', false],
    ['without runs never', { failures: 1, passPercentage: 100 }, '', false],
  ])('%s', (_name, escalation, history, due) => {
    expect(isDue(escalation, runs(history), now)).toBe(due);
  });

  it.each([
    ['12h', 12 * hour],
    ['30m', hour / 2],
    ['2d', 48 * hour],
    ['1w', 168 * hour],
    ['0d', undefined],
    ['-2h', undefined],
    ['', undefined],
    ['2x', undefined],
  ])('a period %j', (text, ms) => expect(parsePeriod(text)).toBe(ms));

  it.each<[string[], string | undefined]>([
    [['2d', '1w', ''], '7 DAY'],
    [['2d', '49h'], '49 HOUR'],
    [['1h30m', '30s'], '90 MINUTE'],
    [['30s'], '1 MINUTE'],
    [['', 'soon', '0d'], undefined],
    [['99999999999999999999999w'], '3650 DAY'],
  ])('payload 121: the longest of the periods %j says how far back runs matter: %s', (periods, interval) => {
    expect(historyInterval(periods.map((overPeriod) => ({ overPeriod })))).toEqual(interval === undefined ? {} : { interval });
  });

  it('urgency is known of six words', () => {
    expect([isMoreUrgent('Blocker', 'Critical'), isMoreUrgent('Minor', 'Normal'), isMoreUrgent('Urgent', 'Trivial')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

const jira = {
  project: 'OCPBUGS',
  component: 'Installer',
  thread: 'sno',
  escalations: [{ name: 'broken', failures: 2, priority: 'Major' }],
};
const general: Qualifiers = { sno: { notifications: { jira } } };

describe('threads', () => {
  const naming = (name: string, override = {}) => ciJob(name, { qualifiers: { sno: override } });
  const threadsOf = (...jobs: ReturnType<typeof ciJob>[]) => {
    const payload = payloadOf({ blocking: jobs });
    payload.spec.payloadCoordinates = { streamName: '4.20.0-0.nightly' };
    return escalationThreads(payload, general);
  };

  it('have all jobs that name the same', () => {
    expect(threadsOf(naming('aws'), naming('gcp'), ciJob('other'))).toMatchObject([
      { id: '4.20.0-0.nightly-sno-OCPBUGS-Installer-sno', qualifier: 'sno', jobs: [{ job: 'periodic-aws' }, { job: 'periodic-gcp' }] },
    ]);
  });

  it('are others where a job says so, and are not for what does not escalate or is not known', () => {
    const thread = { notifications: { jira: { thread: 'metal' } } };
    expect(threadsOf(naming('aws', thread), naming('gcp')).map(({ id }) => id.split('-').at(-1))).toEqual(['metal', 'sno']);
    expect(threadsOf(ciJob('aws', { qualifiers: { unknown: { notifications: { jira } } } }))).toEqual([]);
    expect(escalationThreads(payloadOf({ blocking: [naming('aws')] }), { sno: {} })).toEqual([]);
  });

  it('payload 122: without a stream they begin with unknown', () => {
    expect(escalationThreads(payloadOf({ informing: [naming('aws')] }), general)[0]?.id).toBe('unknown-sno-OCPBUGS-Installer-sno');
  });

  it('upgrade jobs are in none', () => {
    expect(escalationThreads(payloadOf({ upgrade: [naming('aws')] }), general)).toEqual([]);
  });
});

const thread = (...jobs: [string, Escalation[]][]): EscalationThread => ({
  id: 't',
  qualifier: 'sno',
  jira,
  jobs: jobs.map(([job, escalations]) => ({ job, escalations })),
});
const major: Escalation = { name: 'major', failures: 1, priority: 'Major' };
const blocker: Escalation = { name: 'blocker', failures: 3, priority: 'Blocker' };

describe('a thread', () => {
  it('payload trap 17: is due where any of its jobs fails, whatever the others do', () => {
    const both = thread(['bad', [major]], ['good', [major]]);
    expect(dueEscalation(both, { bad: runs('-'), good: runs('+++') }, now)).toMatchObject({ job: 'bad' });
    expect(dueEscalation(both, { bad: runs('+'), good: runs('+++') }, now)).toBeUndefined();
    expect(dueEscalation(both, {}, now)).toBeUndefined();
  });

  it('takes the most urgent of its rules', () => {
    const mixed = thread(['a', [major]], ['b', [major, blocker]]);
    expect(dueEscalation(mixed, { a: runs('-'), b: runs('---') }, now)).toMatchObject({ job: 'b', escalation: { name: 'blocker' } });
    expect(dueEscalation(mixed, { a: runs('-'), b: runs('--') }, now)).toMatchObject({ job: 'a' });
  });

  const active: JiraNotificationState = { issueKey: 'K-1', activeEscalation: 'major', activePriority: 'Major', abated: false };
  const due = { escalation: major, job: 'a' };
  it.each<[string, JiraNotificationState | undefined, typeof due | undefined, string]>([
    ['is raised', undefined, due, 'escalate'],
    ['payload 123: is not raised twice', active, due, 'nothing'],
    ['payload 125: is raised again after it was over', { ...active, abated: true }, due, 'escalate'],
    ['is raised anew when it gets more urgent', active, { escalation: blocker, job: 'a' }, 'escalate'],
    ['is called off', active, undefined, 'abate'],
    ['is not called off twice', { ...active, abated: true }, undefined, 'nothing'],
    ['that was never raised is not called off', undefined, undefined, 'nothing'],
  ])('%s', (_name, state, now_, step) => {
    expect(escalationStep(state, now_)).toBe(step);
  });
});

describe('an issue', () => {
  const escalation = { ...major, mentions: ['ann', 'bob'], needsInfo: ['eve'] };

  it('says what happened, where nobody wrote a text', () => {
    const t = { ...thread(['job', [escalation]]), id: 'nightly-sno-P-Cluster Version-x' };
    expect(wantedIssue(t, { escalation, job: 'job' }, 'ocp/4.20-1')).toEqual({
      project: 'OCPBUGS',
      component: 'Installer',
      label: 'nightly-sno-P-Cluster_Version-x',
      priority: 'Major',
      summary: '[Major] major escalation for job | CC: [~ann], [~bob] | Needs Info: [~eve]',
      description:
        '*Escalation:* major\n*Job:* job\n*Payload:* ocp/4.20-1\n*Qualifier:* sno\n*Priority:* Major\n*Condition:* 1 consecutive failures',
      comment:
        "Escalation 'major' re-triggered:\n\n*Escalation:* major\n*Job:* job\n*Payload:* ocp/4.20-1\n*Qualifier:* sno\n*Priority:* Major\n*Condition:* 1 consecutive failures",
      watchers: ['eve'],
    });
  });

  it.each<[Escalation, string]>([
    [{ failures: 2, overLastRuns: 5 }, '2 failures over last 5 runs'],
    [{ passPercentage: 60 }, 'Pass percentage below 60%'],
    [{ passPercentage: 60, overLastRuns: 5 }, 'Pass percentage below 60% over last 5 runs'],
  ])('names the condition %o', (rule, text) => {
    expect(wantedIssue(thread(), { escalation: rule, job: 'j' }, 'p').description).toContain(`*Condition:* ${text}`);
  });

  it('has the texts that somebody wrote', () => {
    const t = { ...thread(), jira: { ...jira, summary: 'SNO is red', description: 'look', assignee: 'ann' } };
    expect(wantedIssue(t, { escalation: major, job: 'j' }, 'p')).toMatchObject({
      summary: 'SNO is red',
      description: 'look',
      assignee: 'ann',
    });
  });

  it('is found by project and label, whatever is in them', () => {
    expect(openIssueQuery({ project: 'P', label: String.raw`a"b\c` })).toBe(
      String.raw`project = "P" AND labels = "a\"b\\c" AND status not in (Closed, Resolved, Verified)`,
    );
  });

  it('stays open when it is over', () => {
    expect(abatementComment('major', 'sno')).toMatch(
      /^Conditions have improved\. Escalation 'major' is no longer active for qualifier 'sno'\.\n\nThis ticket stays open/,
    );
  });
});

describe('history', () => {
  const run = (state: string, completionTime: string | null, name: string, cluster = 'b1') =>
    runOf(state, { completionTime, coordinates: { name, namespace: 'ci', cluster }, humanProwResultsURL: cluster && 'https://p' });
  const payload = (...results: ReturnType<typeof run>[]) =>
    payloadOf({ status: { blockingJobResults: [jobOf('Failure', 'aws', { results })] } });

  it('has runs that ended and tested something, newest first, since then', () => {
    const old = payload(run('Failure', '2025-06-01T00:00:00Z', 'a'));
    const newer = payload(
      run('Success', '2025-06-09T00:00:00Z', 'b'),
      run('Aborted', '2025-06-09T02:00:00Z', 'c'),
      run('Pending', null, 'd'),
      run('Success', '2025-06-09T03:00:00Z', 'e', ''),
    );
    expect(jobHistory([old, newer], [{ job: 'periodic-aws', interval: '2 DAY' }, { job: 'none' }], now)).toEqual({
      'periodic-aws': [
        { succeeded: false, completedAt: '2025-06-09T02:00:00Z' },
        { succeeded: true, completedAt: '2025-06-09T00:00:00Z' },
      ],
      none: [],
    });
  });

  it('tells which jobs have ended just now', () => {
    const before = payload(run('Pending', null, 'a'), run('Failure', '2025-06-09T00:00:00Z', 'b'));
    const { status = {} } = payload(run('Success', '2025-06-09T01:00:00Z', 'a'), run('Failure', '2025-06-09T00:00:00Z', 'b'));
    expect(endedJobs(before, { status })).toEqual(['periodic-aws']);
    expect(endedJobs({ ...before, status }, { status })).toEqual([]);
  });
});
