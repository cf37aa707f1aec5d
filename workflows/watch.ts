import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  ActivityCancellationType,
} from '@temporalio/workflow';
import type { ResourceVersions, WatchActivities, WatchedResource } from '../activities/contract.ts';
import { isHistoryLong } from './history.ts';
import { announceWaiting } from './waiting.ts';
import { helloSignal } from './watch-messages.ts';

const { watchResource } = proxyActivities<WatchActivities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '6 seconds',
  // The replaced watch is told by its heartbeat; nobody waits for it, and two watches do no harm meanwhile.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  summary: 'list, then watch, and wake the owner of each change',
});

/** keep one watch alive -> a worker says hello, or the watch ends -> begin again -> continue as new, for ever */
export async function watch(input: WatchedResource): Promise<void> {
  const announce = announceWaiting();
  let hello = false;
  let toldUpTo: ResourceVersions | undefined;
  setHandler(helloSignal, (_worker, versions) => {
    hello = true;
    toldUpTo = versions ?? toldUpTo;
  });
  announce([{ for: `changes of ${input.resource}`, why: `one long activity watches them on cluster ${input.cluster}` }]);

  while (!isHistoryLong()) {
    hello = false;
    await oneWatch(toldUpTo === undefined ? input : { ...input, toldUpTo }, () => hello);
  }
  await continueAsNew<typeof watch>(input);
}

async function oneWatch(input: WatchedResource, replaced: () => boolean): Promise<void> {
  const scope = new CancellationScope();
  const watching = scope
    .run(() => watchResource(input))
    .catch((failure: unknown) => {
      if (!isCancellation(failure)) return sleep('1 second');
    });
  await Promise.race([watching, condition(replaced)]);
  scope.cancel();
  await watching;
}
