import { condition, continueAsNew, proxyActivities, setHandler, sleep } from '@temporalio/workflow';
import type { GraphActivities } from '../activities/graph-contract.ts';
import { upgradesSignal, type GraphInput } from './graph-messages.ts';
import { isHistoryLong } from './history.ts';
import { announceWaiting } from './waiting.ts';

const { recordUpgrades, reportGraphProblem } = proxyActivities<GraphActivities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '6 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Results that come within this long are one write. */
const gather = '30 seconds';
/** A message that was lost is made up for within this long. */
const net = '6 hours';

/** wait for results of upgrade jobs -> gather -> merge them into the stored graph -> tell what is wrong with it, for ever */
export async function graph(input: GraphInput): Promise<void> {
  const announce = announceWaiting();
  setHandler(upgradesSignal, (release) => {
    if (!input.releases.includes(release)) input.releases.push(release);
  });
  let told: string | undefined;
  let standing = '';

  while (!isHistoryLong()) {
    announce([{ for: 'results of upgrade jobs', why: `what is known is stored${standing}` }]);
    if (!input.everything) input.everything = !(await condition(() => input.releases.length > 0, net));
    announce([{ for: 'more results of upgrade jobs', why: `those of ${gather} are stored with one write` }]);
    await sleep(gather);

    const releases = input.everything ? ('all' as const) : input.releases;
    [input.everything, input.releases] = [false, []];
    const { edges, trouble } = await recordUpgrades({ namespace: input.namespace, releases });
    standing = trouble === undefined ? `, ${edges} edges` : `, but ${trouble}`;
    if (trouble !== undefined && trouble !== told) await reportGraphProblem(input.namespace, trouble);
    told = trouble;
  }
  await continueAsNew<typeof graph>(input);
}
