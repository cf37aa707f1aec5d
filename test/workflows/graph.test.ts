import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { RecordedUpgrades, RecordRequest } from '../../activities/graph-contract.ts';
import { permanent } from '../../activities/permanent.ts';
import { upgradesSignal, type GraphInput } from '../../workflows/graph-messages.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { waitingQuery } from '../../workflows/waiting.ts';
import { failsFirst, fakeActivities, nothing, type Activities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { workflowBench } from '../support/workflow-bench.ts';

const bench = workflowBench();
const recorded = (more: Partial<RecordedUpgrades> = {}): RecordedUpgrades => ({ edges: 7, added: 1, bytes: 100, ...more });

/** What happens while results are stored; after the last of these the test ends the workflow. */
type Turn = (graph: WorkflowHandle) => Promise<RecordedUpgrades>;

async function graph(turns: Turn[], given: Partial<Activities> = {}, input: Partial<GraphInput> = {}) {
  let handle: WorkflowHandle | undefined;
  let turn = 0;
  const recordUpgrades = async () => {
    const next = turns[turn];
    turn += 1;
    if (next === undefined || handle === undefined) throw permanent('End', 'the test is over');
    return next(handle);
  };
  const fakes = fakeActivities({ recordUpgrades, reportGraphProblem: nothing, ...given });
  await bench.run(fakes, async (start) => {
    const namespace = testStack().freshName('ocp');
    const args: [GraphInput] = [{ namespace, everything: true, releases: [], ...input }];
    handle = bench.client().workflow.getHandle(workflowIds.graph(namespace));
    const started = await start('graph', { workflowId: workflowIds.graph(namespace), args, skip: true });
    await started.result().catch(() => undefined);
    if (turns.length === 2) await recordHistory(started, 'graph/stores');
  });
  return { fakes, asked: (fakes.callsOf('recordUpgrades') as [RecordRequest][]).map(([{ releases }]) => releases) };
}

describe.concurrent('graph', () => {
  test('begins with every job, then reads those of the releases it is told of, each once', async () => {
    const tell = async (handle: WorkflowHandle) => {
      for (const release of ['a', '', 'a']) await handle.signal(upgradesSignal, release);
      return recorded();
    };
    const { asked } = await graph([tell, async () => recorded()]);
    expect(asked).toEqual(['all', ['a', ''], 'all']);
  });

  test('goes on with what was told before it continued as new', async () => {
    const { asked } = await graph([], {}, { everything: false, releases: ['kept'] });
    expect(asked).toEqual([['kept']]);
  });

  test('a failed attempt is made again with the same releases', async () => {
    const record = failsFirst(2, async () => Promise.reject(permanent('End', 'the test is over')));
    const { asked } = await graph([], { recordUpgrades: record }, { everything: false, releases: ['a'] });
    expect(asked).toEqual([['a'], ['a'], ['a']]);
  });

  test('says what is wrong with the graph, once, and goes on', async () => {
    const trouble = async () => recorded({ trouble: 'it can not be read' });
    const { fakes } = await graph([trouble, trouble, async () => recorded(), trouble]);
    expect(fakes.callsOf('reportGraphProblem').map(([, message]) => message)).toEqual(['it can not be read', 'it can not be read']);
  });

  test('tells what it waits for', async () => {
    const said: string[] = [];
    await graph([
      async (handle) => {
        const [waiting] = await handle.query(waitingQuery);
        said.push(waiting?.for ?? '');
        return recorded();
      },
    ]);
    expect(said).toEqual(['more results of upgrade jobs']);
  });
});
