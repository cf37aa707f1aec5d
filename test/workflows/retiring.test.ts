import { describe, expect, test } from 'vitest';
import type { StreamSurvey } from '../../activities/contract.ts';
import type { RetentionSurvey } from '../../activities/retention-contract.ts';
import { workflowIds } from '../../workflows/ids.ts';
import type { StreamInput } from '../../workflows/stream-messages.ts';
import { changedSignal, waitingQuery } from '../../workflows/waiting.ts';
import { fakeActivities, inTurn, usableStream, type Activities, type FakeActivities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { workflowBench } from '../support/workflow-bench.ts';

const bench = workflowBench();
const gone: StreamSurvey = { kind: 'gone' };
const planned = { tag: '4.20.0-0.nightly-2026-11-24-030000', target: 'release', hash: 'abc' };
const due = (retention: RetentionSurvey, more: Parameters<typeof usableStream>[0] = {}) => usableStream({ retention, ...more });
const retires = async () => ({ retired: ['old'], again: false, awaited: [] });

interface Looks {
  fakes: FakeActivities;
  /** between one look and the next */
  minutes: number[];
}

async function looks(surveys: StreamSurvey[], given: Partial<Activities>, record?: `stream/${string}`): Promise<Looks> {
  const at: number[] = [];
  const answers = inTurn<[unknown, number], StreamSurvey>(...surveys, gone);
  const surveyStream: Activities['surveyStream'] = (stream, now) => (at.push(now), answers(stream, now));
  const fakes = fakeActivities({ surveyStream, openRelease: async () => ({ kind: 'gone' }), ...given });
  await bench.run(fakes, async (start) => {
    const namespace = testStack().freshName('ocp');
    const args: [StreamInput] = [{ namespace, name: '4.20', reconcileMinutes: 60, started: [] }];
    const stream = await start('stream', { workflowId: workflowIds.stream(namespace, '4.20'), args, skip: true });
    await stream.result();
    await bench.childrenOf(stream);
    if (record !== undefined) await recordHistory(stream, record);
  });
  return { fakes, minutes: at.slice(1).map((time, index) => Math.round((time - (at[index] ?? 0)) / 60_000)) };
}

describe.concurrent('a stream with releases whose time is over', () => {
  test('asks for nothing where nothing is due', async () => {
    const { fakes, minutes } = await looks([usableStream()], {});
    expect([fakes.callsOf('retireReleases'), minutes]).toEqual([[], [60]]);
  });

  test('has them removed, and looks again at once where there are more', async () => {
    const retireReleases = inTurn({ retired: ['a'], again: true, awaited: [] }, { retired: ['b'], again: false, awaited: [] });
    const { fakes, minutes } = await looks([due({ due: 2 }), due({ due: 1 }), usableStream()], { retireReleases }, 'stream/retires');
    expect(fakes.callsOf('retireReleases')).toHaveLength(2);
    expect(minutes).toEqual([0, 60, 60]);
  });

  test('P9: creates, sees to and publishes releases all the same', async () => {
    const publish = { release: 'a', due: ['tag'], errors: [] };
    const survey = due({ due: 1 }, { unfinished: [{ tag: 'a', phase: 'Ready' }], publish });
    const { fakes } = await looks([due({ due: 1 }, { planned }), survey], {
      retireReleases: retires,
      createRelease: async () => true,
      publishRelease: async () => ({ errors: [], again: false }),
    });
    expect(fakes.callsOf('createRelease')).toHaveLength(1);
    expect(fakes.callsOf('openRelease').map(([{ tag }]) => tag)).toContain('a');
    expect(fakes.callsOf('publishRelease')).toHaveLength(1);
  });

  test('begins what is new, and publishes, before it removes what is old', async () => {
    const order: string[] = [];
    const say = (what: string) => void order.push(what);
    const bothBegun = Promise.withResolvers<void>();
    const survey = due({ due: 1 }, { unfinished: [{ tag: 'a', phase: 'Ready' }], publish: { release: 'a', due: ['tag'], errors: [] } });
    await looks([due({ due: 1 }, { planned }), survey], {
      createRelease: async () => (say('create'), true),
      async openRelease({ tag }) {
        say(`begin ${tag === planned.tag ? 'the new one' : tag}`);
        if (order.filter((what) => what.startsWith('begin')).length === 2) bothBegun.resolve();
        return { kind: 'gone' };
      },
      publishRelease: async () => (say('publish'), { errors: [], again: false }),
      async retireReleases() {
        await bothBegun.promise;
        say('remove');
        return retires();
      },
    });
    expect([order[0], order.at(-1), order.toSorted()]).toEqual([
      'create',
      'remove',
      ['begin a', 'begin the new one', 'create', 'publish', 'remove'],
    ]);
  });

  test('looks again when the next one expires', async () => {
    const at = (_: unknown, now: number) => due({ due: 0, next: new Date(now + 7 * 60_000).toISOString() });
    const answers = inTurn<[unknown, number], StreamSurvey>(at, gone);
    const fakes = fakeActivities({ surveyStream: answers });
    await bench.run(fakes, async (start) => {
      const namespace = testStack().freshName('ocp');
      const args: [StreamInput] = [{ namespace, name: '4.20', reconcileMinutes: 60, started: [] }];
      await (await start('stream', { workflowId: workflowIds.stream(namespace, '4.20'), args, skip: true })).result();
    });
    const [first, second] = fakes.callsOf('surveyStream').map(([, now]) => now);
    expect(Math.round((second! - first!) / 60_000)).toBe(7);
  });

  test('says why they can not be removed, goes on meanwhile, and tries again after a minute', async () => {
    const forbidden = async () => {
      throw new Error('imagestreamtags "release:old" is forbidden');
    };
    let survey = due({ due: 2 });
    const fakes = fakeActivities({ surveyStream: async () => survey, retireReleases: forbidden });
    await bench.run(fakes, async (start) => {
      const namespace = testStack().freshName('ocp');
      const args: [StreamInput] = [{ namespace, name: '4.20', reconcileMinutes: 60, started: [] }];
      const stream = await start('stream', { workflowId: workflowIds.stream(namespace, '4.20'), args });
      const wait = await eventually('why they stay', async () =>
        (await stream.query(waitingQuery)).find((each) => each.for.includes('removal')),
      );
      expect(wait).toEqual({ for: 'the removal of 2 releases', why: 'imagestreamtags "release:old" is forbidden' });
      expect(fakes.callsOf('retireReleases')).toHaveLength(3);
      survey = gone as never;
      await stream.signal(changedSignal);
      await stream.result();
    });
    const { minutes } = await looks([due({ due: 2 })], { retireReleases: forbidden });
    expect(minutes).toEqual([1]);
  });

  test('removes nothing at the end of its life', async () => {
    const { fakes } = await looks([due({ due: 1 }, { endOfLife: true })], {});
    expect(fakes.callsOf('retireReleases')).toEqual([]);
  });
});
