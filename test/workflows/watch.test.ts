import { describe, expect, test } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { CancelledFailure, Context } from '@temporalio/activity';
import type { WatchedResource } from '../../activities/contract.ts';
import { permanent } from '../../activities/permanent.ts';
import { greetWatches } from '../../workers/payload-activities.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { waitingQuery } from '../../workflows/waiting.ts';
import { helloSignal } from '../../workflows/watch-messages.ts';
import { fakeActivities, failsFirst, type FakeActivities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { swell, workflowBench } from '../support/workflow-bench.ts';

const bench = workflowBench();

/** A watch that goes on until it is told to end, as the real one does. */
async function watching(details?: Record<string, string>): Promise<void> {
  const { heartbeat, cancelled } = Context.current();
  heartbeat(details);
  const beat = setInterval(() => heartbeat(details), 200);
  await cancelled.finally(() => clearInterval(beat));
}

/** A watch never ends by itself: the test ends it. */
async function watch(fakes: FakeActivities, story: (watch: WorkflowHandle, resource: WatchedResource) => Promise<void>): Promise<void> {
  await bench.run(fakes, async (start) => {
    const resource: WatchedResource = { cluster: testStack().freshName('cluster'), resource: 'prowjobs' };
    const handle = await start('watch', { workflowId: workflowIds.watch(resource.cluster, resource.resource), args: [resource] });
    await story(handle, resource);
    await handle.terminate();
  });
}

describe.concurrent('watch', () => {
  test('keeps one watch of its resource running, and says so', async () => {
    const fakes = fakeActivities({ watchResource: () => watching() });
    await watch(fakes, async (handle, resource) => {
      await fakes.called('watchResource', 1);
      const [waiting] = await handle.query(waitingQuery);
      expect(waiting?.for).toBe('changes of prowjobs');
      expect(fakes.callsOf('watchResource')).toEqual([[resource]]);
    });
  });

  test('a worker that says hello gets a watch at once, and the old one is told to end', async () => {
    const ended: unknown[] = [];
    const fakes = fakeActivities({
      watchResource: () =>
        watching().catch((error: unknown) => {
          ended.push(error);
          throw error;
        }),
    });
    await watch(fakes, async (handle) => {
      await fakes.called('watchResource', 1);
      await handle.signal(helloSignal, 'worker-2');
      await fakes.called('watchResource', 2);
      await eventually('the end of the first watch', () => ended.length === 1);
      expect(ended[0]).toBeInstanceOf(CancelledFailure);
      await recordHistory(handle, 'watch/hello');
    });
  });

  test('a watch that is replaced says to the next one how far it came', async () => {
    const fakes = fakeActivities({ watchResource: () => watching({ ocp: '42' }) });
    await watch(fakes, async (handle, resource) => {
      await fakes.called('watchResource', 1);
      await eventually('a heartbeat', async () => {
        const [pending] = (await handle.describe()).raw.pendingActivities ?? [];
        return pending?.heartbeatDetails != null;
      });
      await greetWatches(bench.client(), resource.cluster, [resource.resource], 'worker-2');
      await fakes.called('watchResource', 2);
      expect(fakes.callsOf('watchResource')[1]).toEqual([{ ...resource, toldUpTo: { ocp: '42' } }]);
    });
  });

  test('begins again when the watch fails, even for good', async () => {
    const fakes = fakeActivities({ watchResource: failsFirst(1, () => watching()) });
    const broken = fakeActivities({
      watchResource: async () => {
        if (broken.callsOf('watchResource').length === 1) throw permanent('Forbidden', 'the watch is forbidden');
        return watching();
      },
    });
    const begunAgain = async (handle: WorkflowHandle) => {
      await broken.called('watchResource', 2);
      await recordHistory(handle, 'watch/failure');
    };
    await Promise.all([watch(fakes, () => fakes.called('watchResource', 2)), watch(broken, begunAgain)]);
  });

  test('begins again when the watch ends', async () => {
    const fakes = fakeActivities({ watchResource: async () => (fakes.callsOf('watchResource').length === 1 ? undefined : watching()) });
    await watch(fakes, () => fakes.called('watchResource', 2));
  });

  test('continues as new when its history has grown', async () => {
    const fakes = fakeActivities({ watchResource: () => watching() });
    await watch(fakes, async (handle) => {
      const { runId } = await handle.describe();
      await swell(handle, (times) => fakes.called('watchResource', times), helloSignal.name);
      await eventually('a new run', async () => (await handle.describe()).runId !== runId);
    });
  });
});
