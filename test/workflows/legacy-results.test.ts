import { expect, test } from 'vitest';
import { fakeActivities, failsFirst } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { workflowBench } from '../support/workflow-bench.ts';

const bench = workflowBench();
const report = { migrated: 1, present: 2, aliases: 3, unfinished: 4, withoutResults: [] };
const streams = ['release', 'okd'].map((name) => ({ namespace: 'ocp', name }));

test.each([
  ['migrates one Stable stream after the other, and repeats what fails', {}, false],
  ['says in a dry run what it would do', { dryRun: true }, true],
])('%s', async (_name, input, dryRun) => {
  const fakes = fakeActivities({
    listStableStreams: async () => streams,
    migrateLegacyStream: failsFirst(1, async () => report),
  });
  await bench.run(fakes, async (start) => {
    const handle = await start('legacyResults', { workflowId: testStack().freshName('legacy'), args: [input], skip: true });
    expect(await handle.result()).toEqual({ 'ocp/release': report, 'ocp/okd': report });
    if (!dryRun) await recordHistory(handle, 'legacy-results/two-streams');
  });
  expect(fakes.callsOf('migrateLegacyStream').map(([stream, dry]) => [stream.name, dry])).toEqual([
    ['release', dryRun],
    ['release', dryRun],
    ['okd', dryRun],
  ]);
});
