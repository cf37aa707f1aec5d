import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import type { Assessment, IssueActivities } from '../../activities/escalation-contract.ts';
import type { JiraNotificationState } from '../../domain/payload/kinds.ts';
import { evaluateSignal } from '../../workflows/escalation-messages.ts';
import { waitingQuery } from '../../workflows/waiting.ts';
import { fakeActivities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { eventually } from '../support/wait.ts';
import { workflowBench } from '../support/workflow-bench.ts';

/** What was said to the tracker, and whether it is there: by project, since all tests share its task queue. */
const said: Record<string, string[]> = {};
const down = new Set<string>();
const sayTo = (project: string, what: string) => {
  (said[project] ??= []).push(what);
  if (down.has(project)) throw new Error('Jira answers GET /search with 503');
};
const tracker: IssueActivities = {
  async escalateIssue({ project, priority }) {
    sayTo(project, `escalate ${priority}`);
    return { issueKey: `${project}-1` };
  },
  abateIssue: async ({ project }, comment) => sayTo(project, `abate: ${comment.split('\n')[0]}`),
};
const bench = workflowBench(undefined, tracker);

interface Scene {
  project: string;
  thread: WorkflowHandle;
  /** what is due from now on */
  becomes: (due: Assessment['due'], stored?: JiraNotificationState) => void;
  /** a job ends; what that meant was written down so many times by then */
  jobEnds: (payload: string, looks: number) => Promise<void>;
  recorded: () => [payloads: string[], state: JiraNotificationState, step: string][];
}

async function story(
  play: (scene: Scene) => Promise<void>,
  { skip = true, record }: { skip?: boolean; record?: string } = {},
): Promise<void> {
  const project = `P${randomUUID().slice(0, 8)}`;
  const place = { project, label: 'l' };
  let assessment: Assessment = { known: true, place };
  const fakes = fakeActivities({ assessThread: async () => assessment, recordEscalation: async () => undefined });
  await bench.run(fakes, async (start) => {
    const input = { id: project, namespace: 'ocp', stream: '4.20', qualifier: 'sno' };
    const thread = await start('escalation', { workflowId: `escalation/${project}`, args: [input], skip });
    await play({
      project,
      thread,
      becomes(due, stored) {
        const issue = { ...place, priority: due?.priority ?? '', summary: '', description: '', comment: '', watchers: [] };
        assessment = { known: true, place, ...(due && { due, issue }), ...(stored && { stored }) };
      },
      async jobEnds(payload, looks) {
        await thread.signal(evaluateSignal, payload);
        await fakes.called('recordEscalation', looks);
      },
      recorded: () => fakes.callsOf('recordEscalation').map(([{ payloads }, state, step]) => [payloads, state, step]),
    });
    if (record !== undefined) await recordHistory(thread, `escalation/${record}`);
    await thread.terminate('the test is over');
  });
}

const major = { name: 'broken', priority: 'Major', job: 'aws' };

test('payload 123, payload 125: raised once, called off once, raised again', async () => {
  await story(
    async ({ project, becomes, jobEnds, recorded }) => {
      becomes(major);
      await jobEnds('a', 1);
      await jobEnds('b', 2);
      becomes(undefined);
      await jobEnds('c', 3);
      await jobEnds('d', 4);
      becomes(major);
      await jobEnds('e', 5);
      expect(said[project]).toEqual([
        'escalate Major',
        "abate: Conditions have improved. Escalation 'broken' is no longer active for qualifier 'sno'.",
        'escalate Major',
      ]);
      expect(recorded().map(([payloads, { abated, issueKey }, step]) => [payloads, abated, issueKey, step])).toEqual([
        [['a'], false, `${project}-1`, 'escalate'],
        [['b'], false, `${project}-1`, 'nothing'],
        [['c'], true, `${project}-1`, 'abate'],
        [['d'], true, `${project}-1`, 'nothing'],
        [['e'], false, `${project}-1`, 'escalate'],
      ]);
    },
    { record: 'raised-and-called-off' },
  );
});

test('goes on from what payloads say, when it is new', async () => {
  await story(async ({ project, becomes, jobEnds, recorded }) => {
    becomes(major, { issueKey: 'P-7', activeEscalation: 'broken', activePriority: 'Major', abated: false });
    await jobEnds('a', 1);
    expect([said[project], recorded().length]).toEqual([undefined, 1]);
  });
});

test('payload 124: while the tracker is down nothing is recorded, and it says why it waits', async () => {
  await story(
    async ({ project, thread, becomes, recorded }) => {
      down.add(project);
      becomes(major);
      await thread.signal(evaluateSignal, 'a');
      await eventually('the reason', async () => (await thread.query(waitingQuery)).some(({ why }) => why.includes('503')), 40_000);
      expect(recorded()).toEqual([]);
      expect(said[project]).toHaveLength(4);
    },
    { skip: false },
  );
});
