import type { WorkflowHandle } from '@temporalio/client';
import type { StreamSurvey } from '../../activities/contract.ts';
import { workflowIds } from '../../workflows/ids.ts';
import type { StreamInput } from '../../workflows/stream-messages.ts';
import { fakeActivities, nothing, type Activities, type FakeActivities } from './fake-activities.ts';
import { testStack } from './stack.ts';
import { workflowBench, type Start } from './workflow-bench.ts';

export const gone: StreamSurvey = { kind: 'gone' };
/** A release that a look plans. */
export const planned = { tag: '4.20.0-0.nightly-2026-11-24-030000', target: 'release', hash: 'abc' };
export const startedReleases = (fakes: FakeActivities) => fakes.callsOf('openRelease').map(([{ tag }]) => tag);

/** Releases that are started find their tag gone, so that each start shows as one call of `openRelease`. */
export function fakeStream(given: Partial<Activities>): FakeActivities {
  return fakeActivities({ openRelease: async () => ({ kind: 'gone' }), reportReleaseProblem: nothing, ...given });
}

export interface StreamUnderTest {
  stream: WorkflowHandle;
  namespace: string;
}

export async function startStream(start: Start, skip: boolean, input: Partial<StreamInput> = {}): Promise<StreamUnderTest> {
  const namespace = testStack().freshName('ocp');
  const args: [StreamInput] = [{ namespace, name: '4.20', reconcileMinutes: 60, started: [], ...input }];
  return { stream: await start('stream', { workflowId: workflowIds.stream(namespace, '4.20'), args, skip }), namespace };
}

/** Where streams are played; call at the top of a test file. */
export function streamBench() {
  const bench = workflowBench();

  /** Runs a stream that comes to its end by itself, through all its timers. */
  async function toTheEnd(fakes: FakeActivities): Promise<StreamUnderTest> {
    let done: StreamUnderTest | undefined;
    await bench.run(fakes, async (start) => {
      done = await startStream(start, true);
      await done.stream.result();
      await bench.childrenOf(done.stream);
    });
    return done!;
  }

  /** Runs a stream that lives in real time, and ends it by what its last survey says. */
  async function live(
    fakes: FakeActivities,
    story: (stream: StreamUnderTest) => Promise<void>,
    input: Partial<StreamInput> = {},
  ): Promise<void> {
    await bench.run(fakes, async (start) => {
      const started = await startStream(start, false, input);
      await story(started);
      await started.stream.result();
      await bench.childrenOf(started.stream);
    });
  }

  return { bench, toTheEnd, live };
}
