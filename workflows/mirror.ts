import { continueAsNew } from '@temporalio/workflow';
import type { MirrorState } from '../activities/contract.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import { quick } from './durable.ts';
import { listenForChanges } from './edges.ts';
import { isHistoryLong } from './history.ts';
import type { MirrorInput } from './mirror-messages.ts';
import { announceWaiting } from './waiting.ts';

const [ensureMirror, reportProblem] = [quick('ensureMirror'), quick('reportProblem')];

/**
 * create the mirror stream -> wait until every image is imported -> its input hash
 * What stands in the way is reported once as an event of the source stream, and looked at again on every change.
 *
 * @returns undefined when the release is gone
 */
export async function mirror(input: MirrorInput): Promise<{ hash: string } | undefined> {
  const edges = listenForChanges();
  const announce = announceWaiting();
  let reported: string | undefined;
  for (let looks = 0; ; looks += 1) {
    edges.clear();
    const state = await ensureMirror(input);
    if (state.kind === 'gone') return undefined;
    if (state.kind === 'ready') return { hash: state.hash };
    if (state.kind === 'blocked' && state.problem.message !== reported) {
      reported = state.problem.message;
      await reportProblem(input.source, state.problem);
    }
    announce(waitingFor(input, state));
    if (isHistoryLong()) await continueAsNew<typeof mirror>(input);
    await edges.wait(Math.min(5_000 * 2 ** looks, 10 * 60_000));
  }
}

function waitingFor({ mirror: name }: MirrorInput, state: Exclude<MirrorState, { kind: 'gone' | 'ready' }>): Waiting[] {
  if (state.kind === 'blocked') return [{ for: `mirror ${name}`, why: state.problem.message }];
  if (state.kind === 'unplaced') return [{ for: `mirror ${name}`, why: 'the cluster has not said yet where its images will be' }];
  const failed = state.failed.map(({ tag, message }) => ({ for: `import of ${name}:${tag}`, why: message }));
  const missing = state.waitingFor.length;
  return missing === 0 ? failed : [...failed, { for: `${missing} images of ${name}`, why: 'they are being imported' }];
}
