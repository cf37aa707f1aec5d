import { describe, expect, test } from 'vitest';
import type { StreamSurvey } from '../../activities/contract.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { changedSignal } from '../../workflows/waiting.ts';
import { inTurn, losesReplies, nothing, usableStream, type Activities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { fakeStream, gone, planned, startedReleases, startStream, streamBench } from '../support/fake-stream.ts';

const { bench, live, toTheEnd } = streamBench();
describe.concurrent('the releases of a stream', () => {
  test('creates the planned release, starts its workflow, and looks again at once', async () => {
    const surveys: number[] = [];
    const fakes = fakeStream({
      surveyStream: inTurn<[unknown, number], StreamSurvey>(usableStream({ planned }), (_, now) => (surveys.push(now), gone)),
      createRelease: async () => true,
    });
    const { stream, namespace } = await toTheEnd(fakes);
    await recordHistory(stream, 'stream/creates-a-release');
    const release = await bench.client().workflow.getHandle(workflowIds.release(namespace, planned.tag)).describe();
    expect(fakes.callsOf('createRelease').map(([stream, plan]) => [stream.namespace, plan])).toEqual([[namespace, planned]]);
    expect([release.type, release.parentExecution?.workflowId]).toEqual(['release', workflowIds.stream(namespace, '4.20')]);
  });

  test('starts the workflow of a release that was created with the look, and does not create it again', async () => {
    const created = usableStream({ planned, created: true });
    const fakes = fakeStream({ advanceStream: inTurn<[], StreamSurvey>(created, gone), createRelease: async () => true });
    const { stream, namespace } = await toTheEnd(fakes);
    await recordHistory(stream, 'stream/created-with-the-look');
    const release = await bench.client().workflow.getHandle(workflowIds.release(namespace, planned.tag)).describe();
    expect([release.type, fakes.callsOf('createRelease')]).toEqual(['release', []]);
  });

  test('a look that lost the race looks again at once', async () => {
    const late = usableStream({ planned, created: false });
    const fakes = fakeStream({ advanceStream: inTurn<[], StreamSurvey>(late, gone), createRelease: async () => true });
    await toTheEnd(fakes);
    expect([fakes.callsOf('advanceStream').length, fakes.callsOf('createRelease')]).toEqual([2, []]);
  });

  test('leaves its releases running when it ends', async () => {
    const openRelease = inTurn<[], Awaited<ReturnType<Activities['openRelease']>>>(
      { kind: 'blocked', problem: { reason: 'x', message: 'no source' } },
      { kind: 'gone' },
    );
    const fakes = fakeStream({
      surveyStream: inTurn<[], StreamSurvey>(usableStream({ planned }), gone),
      createRelease: async () => true,
      openRelease,
    });
    await bench.run(fakes, async (start) => {
      const { stream, namespace } = await startStream(start, false);
      await stream.result();
      const release = bench.client().workflow.getHandle(workflowIds.release(namespace, planned.tag));
      await fakes.called('openRelease', 1);
      expect((await release.describe()).status.name).toBe('RUNNING');
      await release.signal(changedSignal);
      expect(await release.result()).toEqual({ phase: 'Gone' });
    });
  });

  test('surveys again when the world moved on before the release was created', async () => {
    const next = { ...planned, tag: '4.20.0-0.nightly-2026-11-24-030001' };
    const fakes = fakeStream({
      surveyStream: inTurn<[], StreamSurvey>(usableStream({ planned }), usableStream({ planned: next }), gone),
      createRelease: inTurn(false, true),
    });
    await toTheEnd(fakes);
    expect(fakes.callsOf('createRelease').map(([, { tag }]) => tag)).toEqual([planned.tag, next.tag]);
    expect(startedReleases(fakes)).toEqual([next.tag]);
  });

  test('adopts unfinished releases, and starts each once, however often it looks', async () => {
    const adopted = usableStream({
      unfinished: [
        { tag: 'b', phase: 'Ready' },
        { tag: 'a', phase: 'Ready' },
      ],
    });
    const fakes = fakeStream({ surveyStream: inTurn<[], StreamSurvey>(adopted, adopted, adopted, gone) });
    await live(fakes, async ({ stream }) => {
      for (const looks of [1, 2, 3]) {
        await fakes.called('surveyStream', looks);
        await stream.signal(changedSignal);
      }
    });
    await fakes.called('openRelease', 2);
    expect(startedReleases(fakes).toSorted()).toEqual(['a', 'b']);
  });

  test('starts an unfinished release again after a quiet time, since its workflow may have been terminated', async () => {
    const adopted = usableStream({ unfinished: [{ tag: 'a', phase: 'Ready' }] });
    const fakes = fakeStream({ surveyStream: inTurn<[], StreamSurvey>(adopted, adopted, gone) });
    const { stream } = await toTheEnd(fakes);
    await recordHistory(stream, 'stream/adopts-and-waits');
    expect(startedReleases(fakes)).toEqual(['a', 'a']);
  });

  test('a release whose workflow runs already is no trouble', async () => {
    const adopted = usableStream({ unfinished: [{ tag: 'a', phase: 'Ready' }] });
    const blocked = { kind: 'blocked', problem: { reason: 'x', message: 'no source' } } as const;
    const fakes = fakeStream({ surveyStream: inTurn<[], StreamSurvey>(adopted, gone), openRelease: async () => blocked });
    await bench.run(fakes, async (start) => {
      const namespace = testStack().freshName('ocp');
      await start('release', { workflowId: workflowIds.release(namespace, 'a'), args: [{ namespace, tag: 'a' }] });
      const { stream } = await startStream(start, false, { namespace });
      await fakes.called('surveyStream', 1);
      await stream.signal(changedSignal);
      await stream.result();
    });
    expect(fakes.callsOf('openRelease')).toHaveLength(1);
  });

  test('tells a pending release of each change, which may be just what it waits for', async () => {
    const blocked = { kind: 'blocked', problem: { reason: 'x', message: 'no source' } } as const;
    const adopted = usableStream({ unfinished: [{ tag: 'a', phase: 'Pending' }] });
    const fakes = fakeStream({
      surveyStream: inTurn<[], StreamSurvey>(adopted, adopted, gone),
      openRelease: inTurn<[], typeof blocked | { kind: 'gone' }>(blocked, { kind: 'gone' }),
    });
    await live(fakes, async ({ stream }) => {
      await fakes.called('openRelease', 1);
      await stream.signal(changedSignal);
      await fakes.called('openRelease', 2);
      await stream.signal(changedSignal);
    });
  });

  test('has the releases marked that another controller decided; those that it started mark themselves', async () => {
    const fakes = fakeStream({
      surveyStream: inTurn<[], StreamSurvey>(
        usableStream({ unmarked: ['theirs'], unfinished: [{ tag: 'ours', phase: 'Ready' }] }),
        usableStream({ unmarked: ['ours'], unfinished: [{ tag: 'ours', phase: 'Ready' }] }),
        gone,
      ),
      markVerdicts: nothing,
    });
    await live(fakes, async ({ stream }) => {
      await fakes.called('markVerdicts', 1);
      await stream.signal(changedSignal);
      await fakes.called('surveyStream', 2);
      await stream.signal(changedSignal);
    });
    expect(fakes.callsOf('markVerdicts').map(([, told]) => told)).toEqual([[]]);
  });

  test('gives up surplus releases', async () => {
    const fakes = fakeStream({
      surveyStream: inTurn<[], StreamSurvey>(usableStream({ aborted: ['old', 'older'] }), gone),
      abortPending: nothing,
    });
    const { namespace } = await toTheEnd(fakes);
    const target = 'release';
    expect(fakes.callsOf('abortPending')).toEqual([[{ namespace, tag: 'old', target }], [{ namespace, tag: 'older', target }]]);
  });

  test('a lost reply creates no second release', async () => {
    const created = new Set<string>();
    const create = async (_: unknown, { tag }: { tag: string }) => {
      created.add(tag);
      return true;
    };
    const fakes = fakeStream({
      surveyStream: inTurn<[], StreamSurvey>(usableStream({ planned }), gone),
      createRelease: losesReplies(2, create),
    });
    await toTheEnd(fakes);
    expect([[...created], fakes.callsOf('createRelease').length]).toEqual([[planned.tag], 3]);
    expect(startedReleases(fakes)).toEqual([planned.tag]);
  });
});
