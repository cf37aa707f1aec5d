import { continueAsNew } from '@temporalio/workflow';
import type { Parent } from './children.ts';
import { quick } from './durable.ts';
import { isHistoryLong } from './history.ts';
import type { ReleaseInput } from './release-messages.ts';
import type { release } from './release.ts';

const [prepareRelease, reportReleaseProblem] = [quick('prepareRelease'), quick('reportReleaseProblem')];

/**
 * Waits until the image of a Stable release is there and it is known whether the release is rewritten. What stands in
 * the way is reported once as an event of its stream.
 *
 * @returns false when the release is gone
 */
export async function untilImported({ input, edges, announce }: Parent & { input: ReleaseInput }): Promise<boolean> {
  let reported: string | undefined;
  for (let looks = 0; ; looks += 1) {
    edges.clear();
    const prepared = await prepareRelease(input);
    if (prepared.kind === 'gone') return false;
    if (prepared.kind === 'ready') return true;
    if (prepared.kind === 'blocked' && prepared.problem.message !== reported) {
      reported = prepared.problem.message;
      await reportReleaseProblem(input, prepared.problem);
    }
    announce([{ for: `the image of ${input.tag}`, why: prepared.kind === 'blocked' ? prepared.problem.message : prepared.why }]);
    if (isHistoryLong()) await continueAsNew<typeof release>(input);
    await edges.wait(Math.min(5_000 * 2 ** looks, 10 * 60_000));
  }
}
