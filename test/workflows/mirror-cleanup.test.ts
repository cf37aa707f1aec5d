import { describe, expect, test } from 'vitest';
import type { CopySurvey } from '../../activities/mirror-cleanup-contract.ts';
import { permanent } from '../../activities/permanent.ts';
import type { MirrorCleanupInput, MirrorCleanupReport } from '../../workflows/mirror-cleanup-messages.ts';
import { fakeActivities, type Activities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { workflowBench } from '../support/workflow-bench.ts';

const bench = workflowBench();
const rules = { credentials: 'ci-release/mirror', minimumAgeMs: 1, maximum: 300 };
const survey = (...tagsToDelete: string[]): CopySurvey => ({
  tags: 500,
  needed: 10,
  young: 1,
  unknown: 0,
  reasons: [],
  garbage: tagsToDelete.length,
  tagsToDelete,
});
const tags = (count: number) => Array.from({ length: count }, (_, index) => `t${index}`);

async function cleanUp(given: Partial<Activities>, input: Partial<MirrorCleanupInput> = {}, history?: `${string}/${string}`) {
  const fakes = fakeActivities({
    findCopyRepositories: async () => ({ repositories: ['quay.io/a'] }),
    deleteCopies: async (_, some) => ({ deleted: some.length, failed: [], kept: 0 }),
    ...given,
  });
  let report: MirrorCleanupReport | undefined;
  await bench.run(fakes, async (start) => {
    const args: [MirrorCleanupInput] = [{ rules, dryRun: false, ...input }];
    const run = await start('mirrorCleanup', { workflowId: testStack().freshName('cleanup'), args, skip: true });
    report = (await run.result()) as MirrorCleanupReport;
    if (history !== undefined) await recordHistory(run, history);
  });
  return { fakes, report: report! };
}

describe.concurrent('clean-up of copies', () => {
  test('deletes in batches what was found, and reports', async () => {
    const { fakes, report } = await cleanUp({ surveyCopies: async () => survey(...tags(250)) }, {}, 'mirror-cleanup/deletes');
    expect(fakes.callsOf('deleteCopies').map(([, some]) => some.length)).toEqual([200, 50]);
    expect(report).toMatchObject({ dryRun: false, repositories: [{ repository: 'quay.io/a', garbage: 250, deleted: 250, failed: [] }] });
    expect(report.repositories[0]?.examples).toHaveLength(20);
  });

  test('deletes nothing in a dry run', async () => {
    const { fakes, report } = await cleanUp({ surveyCopies: async () => survey('old') }, { dryRun: true });
    expect(fakes.callsOf('deleteCopies')).toEqual([]);
    expect(report).toMatchObject({ dryRun: true, repositories: [{ garbage: 1, deleted: 0, examples: ['old'] }] });
  });

  test('refuses more than it may, and says what to do', async () => {
    const { fakes, report } = await cleanUp({ surveyCopies: async () => ({ ...survey(), garbage: 301 }) });
    expect(fakes.callsOf('deleteCopies')).toEqual([]);
    expect(report.repositories[0]?.problem).toContain('set WAYBILL_MIRROR_CLEANUP_MAXIMUM to 301 or more');
  });

  test('looks at no repository when it is not known what is needed', async () => {
    const { fakes, report } = await cleanUp({
      findCopyRepositories: async () => ({ repositories: [], problem: 'the config of x is invalid' }),
    });
    expect(fakes.callsOf('surveyCopies')).toEqual([]);
    expect(report).toMatchObject({ repositories: [], problem: 'nothing is cleaned up: the config of x is invalid' });
  });

  test('goes on with the next repository when one is in trouble', async () => {
    const { report } = await cleanUp({
      findCopyRepositories: async () => ({ repositories: ['quay.io/a', 'quay.io/b'] }),
      surveyCopies: async (repository) => {
        if (repository === 'quay.io/a') throw permanent('NoCredentials', 'there is no Secret');
        return survey('old');
      },
    });
    expect(report.repositories).toMatchObject([
      { repository: 'quay.io/a', problem: 'there is no Secret', deleted: 0 },
      { repository: 'quay.io/b', deleted: 1 },
    ]);
  });
});
