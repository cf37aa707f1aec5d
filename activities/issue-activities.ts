import { isMoreUrgent } from '../domain/payload/escalation-rules.ts';
import type { WantedIssue } from '../domain/payload/escalation-issue.ts';
import type { IssueActivities } from './escalation-contract.ts';
import type { IssueTracker } from './issue-tracker.ts';

/** Clocks of tracker and Temporal may differ by this much. */
const skewMs = 5 * 60_000;

/**
 * Raises and calls off escalations in the issue tracker. Each may be repeated at any point: an issue is looked for before
 * one is made, and what was written since the decision is taken for our own.
 *
 * @param onProblem what went wrong besides, though the issue itself is fine
 */
export function issueActivities(tracker: IssueTracker, onProblem: (message: string) => void): IssueActivities {
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      onProblem(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  return {
    async escalateIssue(wanted, decidedAt) {
      const open = await tracker.findOpen(wanted);
      if (open === undefined) return { issueKey: await tracker.create(wanted) };
      const { key } = open;
      if (isMoreUrgent(wanted.priority, open.priority))
        await attempt(`the priority of ${key} stays ${open.priority}`, () => tracker.setPriority(key, wanted.priority));
      if (isSince(open.createdAt, decidedAt)) return { issueKey: key };
      await attempt(`${key} got no comment`, () => commentOnce(key, wanted.comment, decidedAt));
      for (const user of wanted.watchers) await attempt(`${user} does not watch ${key}`, () => tracker.watch(key, user));
      return { issueKey: key };
    },

    async abateIssue(place: Pick<WantedIssue, 'project' | 'label'>, comment, decidedAt) {
      const open = await tracker.findOpen(place);
      if (open !== undefined) await commentOnce(open.key, comment, decidedAt);
    },
  };

  async function commentOnce(key: string, text: string, decidedAt: string): Promise<void> {
    const said = (await tracker.comments(key)).some((one) => one.text === text && isSince(one.createdAt, decidedAt));
    if (!said) await tracker.comment(key, text);
  }
}

function isSince(at: string, decidedAt: string): boolean {
  return Date.parse(at) >= Date.parse(decidedAt) - skewMs;
}
