import { proxyActivities } from '@temporalio/workflow';
import type { CollectActivities, Collected } from '../activities/collect-contract.ts';
import { announceWaiting } from './waiting.ts';

const { collectGarbage } = proxyActivities<CollectActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '6 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** A run that found more than so many heaps leaves the rest to the next one. */
const heapsAtMost = 100;

/** remove a heap of what nobody owns any more -> the next heap, until none is left */
export async function collect(): Promise<Collected> {
  const announce = announceWaiting();
  announce([{ for: 'what is left of removed releases', why: 'payloads, mirrors and jobs whose tag is gone are removed' }]);
  const all: Collected = { payloads: 0, jobs: 0, mirrors: 0, more: true };
  for (let heaps = 0; all.more && heaps < heapsAtMost; heaps += 1) {
    const { payloads, jobs, mirrors, more } = await collectGarbage();
    Object.assign(all, { payloads: all.payloads + payloads, jobs: all.jobs + jobs, mirrors: all.mirrors + mirrors, more });
  }
  announce([]);
  return all;
}
