import { continueAsNew, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { PeriodicOutcome } from '../activities/periodic-contract.ts';
import { quick } from './durable.ts';
import { listenForChanges } from './edges.ts';
import { isHistoryLong } from './history.ts';
import type { PeriodicInput } from './periodic-messages.ts';
import { searchAttributes } from './search-attributes.ts';
import { announceWaiting } from './waiting.ts';

const [startPeriodic, placePeriodic, removePeriodic, reportProblem] = [
  quick('startPeriodic'),
  quick('placePeriodic'),
  quick('removePeriodic'),
  quick('reportProblem'),
];

const againMs = 2 * 60_000;

/**
 * One firing of a schedule: start the job -> (place the next firing, where it counts from the start of this one)
 *
 * A firing of a cron time that finds the last run active, or something in the way, is lost; that of an interval waits.
 * An entry that left the config takes its schedule with it.
 */
export async function periodic(input: PeriodicInput): Promise<PeriodicOutcome> {
  const edges = listenForChanges();
  const announce = announceWaiting();
  upsertSearchAttributes([{ key: searchAttributes.releaseNamespace, value: input.namespace }]);
  const { firing = workflowInfo().workflowId } = input;
  let { reported } = input;
  for (;;) {
    edges.clear();
    const outcome = await startPeriodic(input, firing, Date.now());
    if (outcome.kind === 'gone') await removePeriodic(input);
    if (outcome.kind === 'blocked' && outcome.problem.message !== reported) {
      reported = outcome.problem.message;
      await reportProblem(input, outcome.problem);
    }
    const next = outcome.kind === 'started' || outcome.kind === 'early' ? outcome.next : undefined;
    if (next !== undefined) await placePeriodic(input, next.intervalMs, next.at);
    if (!('again' in outcome) || !outcome.again) return outcome;

    const why = outcome.kind === 'active' ? `its last run, ${outcome.run}, has not ended` : outcome.problem.message;
    announce([{ for: `a run of ${input.entry}`, why }]);
    if (isHistoryLong()) await continueAsNew<typeof periodic>({ ...input, firing, ...(reported === undefined ? {} : { reported }) });
    await edges.wait(againMs);
  }
}
