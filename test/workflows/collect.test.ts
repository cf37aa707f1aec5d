import { expect, test } from 'vitest';
import type { Collected } from '../../activities/collect-contract.ts';
import { failsFirst, fakeActivities, inTurn } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { workflowBench } from '../support/workflow-bench.ts';

const bench = workflowBench();
const heap = (more: boolean): Collected => ({ payloads: 2, jobs: 3, mirrors: 1, more });

test('collects heap by heap, through trouble, and tells how much it was', async () => {
  const fakes = fakeActivities({ collectGarbage: failsFirst(2, inTurn(heap(true), heap(false))) });
  await bench.run(fakes, async (start) => {
    const collect = await start('collect', { workflowId: testStack().freshName('collect'), args: [], skip: true });
    expect(await collect.result()).toEqual({ payloads: 4, jobs: 6, mirrors: 2, more: false });
    await recordHistory(collect, 'collect/heaps');
  });
  expect(fakes.callsOf('collectGarbage')).toHaveLength(4);
});
