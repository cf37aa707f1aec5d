import { describe, expect, test } from 'vitest';
import type { StreamSurvey } from '../../activities/contract.ts';
import type { Phase } from '../../domain/payload/kinds.ts';
import { changedSignal, waitingQuery } from '../../workflows/waiting.ts';
import { failsFirst, inFirstRun, inTurn, nothing, usableStream } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { eventually } from '../support/wait.ts';
import { swell } from '../support/workflow-bench.ts';
import { fakeStream, gone, planned, startedReleases, streamBench } from '../support/fake-stream.ts';

const { live, toTheEnd } = streamBench();
const invalid: StreamSurvey = {
  kind: 'invalid',
  problem: { reason: 'InvalidReleaseDefinition', message: 'the config of 4.20 is invalid: no name' },
};

describe.concurrent('stream', () => {
  test('ends when its ImageStream is gone', async () => {
    const fakes = fakeStream({ surveyStream: inTurn(gone) });
    await toTheEnd(fakes);
    expect(fakes.callsOf('surveyStream')).toHaveLength(1);
  });

  test('reports an invalid config once, however often it looks; a valid one leads to a release', async () => {
    const fakes = fakeStream({
      surveyStream: inTurn<[], StreamSurvey>(invalid, invalid, usableStream({ planned }), gone),
      reportProblem: nothing,
      createRelease: async () => true,
    });
    await toTheEnd(fakes);
    expect(fakes.callsOf('reportProblem').map(([, problem]) => problem)).toEqual([invalid.problem]);
    expect(fakes.callsOf('createRelease')).toHaveLength(1);
  });

  test('reports a config that is invalid again after it was valid', async () => {
    const fakes = fakeStream({ surveyStream: inTurn<[], StreamSurvey>(invalid, usableStream(), invalid, gone), reportProblem: nothing });
    await toTheEnd(fakes);
    expect(fakes.callsOf('reportProblem')).toHaveLength(2);
  });

  test('says why an unusable stream waits, and goes on when it is told of a change', async () => {
    let survey: StreamSurvey = { kind: 'unusable', why: 'there is no ImageStream release' };
    await live(fakeStream({ surveyStream: async () => survey }), async ({ stream }) => {
      const waitsFor = (what: string) =>
        eventually(`the wait for ${what}`, async () => (await stream.query(waitingQuery)).find((waiting) => waiting.for === what));
      expect(await waitsFor('a usable stream')).toMatchObject({ why: 'there is no ImageStream release' });
      survey = usableStream();
      await stream.signal(changedSignal);
      await waitsFor('new input images');
      survey = gone;
      await stream.signal(changedSignal);
    });
  });

  test('marks the target before anything else', async () => {
    const unmarked = usableStream({ targetMarked: false, planned, aborted: ['old'] });
    const fakes = fakeStream({ surveyStream: inTurn<[], StreamSurvey>(unmarked, gone), markTarget: nothing });
    const { namespace } = await toTheEnd(fakes);
    expect(fakes.callsOf('markTarget')).toEqual([[{ namespace, name: 'release' }]]);
  });

  test('looks again when a hold of three weeks ends, and not before', async () => {
    const threeWeeks = 21 * 24 * 3_600_000;
    let until = 0;
    const held = (_: unknown, now: number) => {
      until = now + threeWeeks;
      return usableStream({ hold: { why: 'releases are three weeks apart', until: new Date(until).toISOString() } });
    };
    const fakes = fakeStream({ surveyStream: inTurn<[unknown, number], StreamSurvey>(held, gone) });
    await toTheEnd(fakes);
    const [, second] = fakes.callsOf('surveyStream').map(([, now]) => now);
    expect(second! - until).toBeGreaterThanOrEqual(0);
    expect(second! - until).toBeLessThan(5_000);
  });

  test('says until when a hold lasts', async () => {
    const hold = { why: 'releases are six hours apart', until: '2126-11-24T09:00:00Z' };
    const fakes = fakeStream({ surveyStream: inTurn<[], StreamSurvey>(usableStream({ hold }), gone) });
    await live(fakes, async ({ stream }) => {
      const waiting = await eventually('what the stream waits for', async () => (await stream.query(waitingQuery))[0]);
      expect(waiting).toEqual({ for: 'the next release', ...hold });
      await stream.signal(changedSignal);
    });
  });

  test('looks again after the reconcile time when nothing happens', async () => {
    const fakes = fakeStream({ surveyStream: inTurn<[], StreamSurvey>(usableStream(), gone) });
    await toTheEnd(fakes);
    const [first, second] = fakes.callsOf('surveyStream').map(([, now]) => now);
    expect(Math.round((second! - first!) / 60_000)).toBe(60);
  });

  test('adopts the tags of a Stable stream before anything else, and looks again at once', async () => {
    const found = usableStream({ adopt: ['4.5.1'], aborted: ['old'], unfinished: [{ tag: '4.5.0', phase: 'Pending' }] });
    const adopted = usableStream({ unfinished: [{ tag: '4.5.1', phase: 'Pending' }] });
    const fakes = fakeStream({ surveyStream: inTurn<[], StreamSurvey>(found, adopted, gone), adoptTags: nothing });
    const { stream, namespace } = await toTheEnd(fakes);
    await recordHistory(stream, 'stream/adopts-tags');
    expect(fakes.callsOf('adoptTags').map(([id]) => [id.namespace, id.name])).toEqual([[namespace, '4.20']]);
    expect(startedReleases(fakes)).toEqual(['4.5.1']);
  });

  test('a change that it is told together with new tags is passed on to the releases that are built', async () => {
    const blocked = { kind: 'blocked', problem: { reason: 'x', message: 'no source' } } as const;
    const unfinished = [{ tag: 'a', phase: 'Pending' as const }];
    const fakes = fakeStream({
      surveyStream: inTurn<[], StreamSurvey>(
        usableStream({ unfinished }),
        usableStream({ unfinished, adopt: ['b'] }),
        usableStream({ unfinished }),
        gone,
      ),
      adoptTags: nothing,
      openRelease: inTurn<[], typeof blocked | { kind: 'gone' }>(blocked, { kind: 'gone' }),
    });
    await live(fakes, async ({ stream }) => {
      await fakes.called('openRelease', 1);
      await stream.signal(changedSignal);
      await fakes.called('openRelease', 2);
      await fakes.called('surveyStream', 3);
      await stream.signal(changedSignal);
    });
  });

  test('says what holds the tags of a Stable stream', async () => {
    const waiting = [{ for: 'the build of 4.5.0', why: '4.5.1 is newer and is built first', about: { release: '4.5.0' } }];
    const fakes = fakeStream({ surveyStream: inTurn<[], StreamSurvey>(usableStream({ waiting }), gone) });
    await live(fakes, async ({ stream }) => {
      const said = await eventually('what it waits for', async () => {
        const answer = await stream.query(waitingQuery);
        return answer.length > 0 && answer;
      });
      expect(said).toEqual(waiting);
      await stream.signal(changedSignal);
    });
  });

  test('does nothing to a stream at its end of life', async () => {
    const endOfLife = usableStream({
      endOfLife: true,
      planned,
      targetMarked: false,
      aborted: ['old'],
      unfinished: [{ tag: 'a', phase: 'Pending' }],
    });
    const fakes = fakeStream({ surveyStream: inTurn<[], StreamSurvey>(endOfLife, gone) });
    await toTheEnd(fakes);
    expect(fakes.callsOf('openRelease')).toEqual([]);
  });

  test('continues as new though changes keep coming, and still knows which releases it started', async () => {
    const unfinished: { tag: string; phase: Phase }[] = [{ tag: 'a', phase: 'Ready' }];
    const short = (_: unknown, now: number) =>
      usableStream({ unfinished, hold: { why: 'it is short', until: new Date(now).toISOString() } });
    const newRun = inTurn<[unknown, number], StreamSurvey>(short, gone);
    const fakes = fakeStream({ surveyStream: inFirstRun(inTurn<[unknown, number], StreamSurvey>(usableStream({ unfinished })), newRun) });
    await live(fakes, ({ stream }) => swell(stream, (times) => fakes.called('surveyStream', times)));
    expect(startedReleases(fakes)).toEqual(['a']);
  });

  test(
    'continues as new after some hundred changes, long before Temporal suggests it: another worker replays little',
    { timeout: 180_000 },
    async () => {
      const fakes = fakeStream({
        surveyStream: inFirstRun(
          async () => usableStream(),
          async () => gone,
        ),
      });
      await live(fakes, async ({ stream }) => {
        await fakes.called('surveyStream', 1);
        // The last ones may come when the second run is over.
        await Promise.allSettled(Array.from({ length: 700 }, () => stream.signal('changed')));
      });
      expect(fakes.callsOf('surveyStream').length).toBeGreaterThan(1);
    },
  );

  test('an activity that fails inside the workflow task is run as an ordinary one', async () => {
    const fakes = fakeStream({ surveyStream: failsFirst(2, inTurn<[], StreamSurvey>(gone)) });
    const { stream } = await toTheEnd(fakes);
    await recordHistory(stream, 'stream/ordinary-activity');
    const { events = [] } = await stream.fetchHistory();
    const scheduled = events?.flatMap(({ activityTaskScheduledEventAttributes: activity }) => activity?.activityType?.name ?? []);
    expect(scheduled).toEqual(['advanceStream']);
    expect(fakes.callsOf('surveyStream')).toHaveLength(3);
  });
});
