import { dueEscalation } from '../../domain/payload/escalation-decision.ts';
import { issueLabel, wantedIssue } from '../../domain/payload/escalation-issue.ts';
import { historyInterval } from '../../domain/payload/history-interval.ts';
import { escalationThreads, type EscalationThread } from '../../domain/payload/escalation-threads.ts';
import { mirrored, storedState, escalationEvent } from '../../domain/payload/escalation-state.ts';
import type { ReleasePayload } from '../../domain/payload/kinds.ts';
import type { AskedThread, EscalationActivities } from '../escalation-contract.ts';
import type { JobHistory } from '../job-history.ts';
import { reportPayloadEvents } from './events.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { updateStatus } from './payload-store.ts';
import { releasePayloads } from './resources.ts';

/** What the `escalation` workflow asks of the cluster: how a thread stands, and to write it down. */
export function escalationActivities(
  { client, qualifiers }: Pick<PayloadDependencies, 'client' | 'qualifiers'>,
  history: JobHistory,
): EscalationActivities {
  const payloadsOf = async ({ namespace, payloads }: AskedThread) => {
    const found = await Promise.all(payloads.map((name) => client.get<ReleasePayload>(releasePayloads, namespace, name)));
    return found.filter((payload) => payload !== undefined);
  };

  return {
    async assessThread(asked, now) {
      const general = (await qualifiers?.load()) ?? {};
      const payloads = await payloadsOf(asked);
      const known = payloads.toReversed().map((payload) => ({ payload, thread: threadOf(asked, payload, general) }));
      const newest = known.find(({ thread }) => thread !== undefined);
      const stored = storedState(payloads, asked);
      if (newest?.thread === undefined) return { known: false, ...(stored && { stored }) };

      const { thread, payload } = newest;
      const jobs = thread.jobs.map(({ job, escalations }) => ({ job, ...historyInterval(escalations) }));
      const due = dueEscalation(thread, await history.runsOf(asked, jobs, now), now);
      const place = { project: thread.jira.project ?? '', label: issueLabel(thread.id) };
      if (due === undefined) return { known: true, place, ...(stored && { stored }) };
      const { name = '', priority = '' } = due.escalation;
      const issue = wantedIssue(thread, due, `${asked.namespace}/${payload.metadata.name}`);
      return { known: true, place, due: { name, priority, job: due.job }, issue, ...(stored && { stored }) };
    },

    async recordEscalation(asked, state, step) {
      for (const payload of asked.payloads)
        await updateStatus(
          client,
          asked.namespace,
          payload,
          ({ status = {} }) => mirrored(status, asked, state),
          // One payload tells of it: the last that asked.
          (before) =>
            payload === asked.payloads.at(-1) && step !== 'nothing'
              ? reportPayloadEvents(client, before, [escalationEvent(asked, state, step)])
              : Promise.resolve(),
        );
    },
  };
}

function threadOf(
  { id }: AskedThread,
  payload: ReleasePayload,
  general: Parameters<typeof escalationThreads>[1],
): EscalationThread | undefined {
  return escalationThreads(payload, general).find((thread) => thread.id === id);
}
