import { describe, expect, test } from 'vitest';
import type { StartedRuns, VerificationRound } from '../../activities/contract.ts';
import { workflowIds } from '../../workflows/ids.ts';
import type { VerificationInput } from '../../workflows/verification-messages.ts';
import { changedSignal, waitingQuery } from '../../workflows/waiting.ts';
import {
  failsFirst,
  fakeActivities,
  inFirstRun,
  inTurn,
  losesReplies,
  noPayload,
  nothing,
  payloadState,
  runOf,
  verificationRound,
  type Activities,
  type FakeActivities,
} from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { swell, workflowBench, type Start } from '../support/workflow-bench.ts';

const bench = workflowBench();
const tag = '4.20-1';
const minute = 60_000;
const hour = 60 * minute;
const ready = payloadState('Ready');
const accepted = payloadState('Accepted');
const done = verificationRound(accepted);
const allStarted: StartedRuns = { notRun: [], problems: [] };
const noDefinition = { verify: 'aws', message: 'the prow job periodic-aws is not valid: no job with that name' };
const runs = (count: number) => Array.from({ length: count }, (_, index) => runOf(`job-${index}`));
const running = (...since: string[]) => ({ running: since.length, nextOverdue: since.toSorted()[0]! });
const rfc3339 = (at: number) => new Date(at).toISOString();
type Plan = (release: unknown, facts: unknown, now: number) => VerificationRound;
const rounds = (...answers: (VerificationRound | Plan)[]) => inTurn<Parameters<Plan>, VerificationRound>(...answers);

/** Every run of a test starts, unless the test says otherwise. */
const fakeVerification = (given: Partial<Activities>) =>
  fakeActivities({ startRuns: async () => allStarted, reportReleaseProblem: nothing, ...given });
const factsOf = (fakes: FakeActivities) => fakes.callsOf('planVerificationRound').map(([, facts]) => facts);
const timesOf = (fakes: FakeActivities) => fakes.callsOf('planVerificationRound').map(([, , now]) => now);
const startedNames = (fakes: FakeActivities) => fakes.callsOf('startRuns').flatMap(([, started]) => started.map(({ name }) => name));

function startVerification(start: Start, skip: boolean, input: Partial<VerificationInput> = {}) {
  const namespace = testStack().freshName('ocp');
  const args: [VerificationInput] = [{ namespace, tag, target: 'release', source: 'ocp/4.20', ...input }];
  return start('verification', { workflowId: workflowIds.verification(namespace, tag), args, skip });
}

/** Runs a verification that comes to its end by itself, through all its timers. */
async function toTheEnd(fakes: FakeActivities, input: Partial<VerificationInput> = {}, record?: string): Promise<void> {
  await bench.run(fakes, async (start) => {
    const verification = await startVerification(start, true, input);
    await verification.result();
    if (record !== undefined) await recordHistory(verification, `verification/${record}`);
  });
}

describe.concurrent('verification', () => {
  test('starts the planned runs in batches of 32', async () => {
    const planned = runs(70);
    const fakes = fakeVerification({ planVerificationRound: rounds(verificationRound(ready, { start: planned }), done) });
    await toTheEnd(fakes, {}, 'three-batches');
    expect(
      fakes
        .callsOf('startRuns')
        .map(([, batch]) => batch.length)
        .toSorted((a, b) => b - a),
    ).toEqual([32, 32, 6]);
    expect(startedNames(fakes).toSorted()).toEqual(planned.map(({ name }) => name).toSorted());
  });

  test('collects results as soon as it is told of a change, and ends with the last one', async () => {
    const since = rfc3339(Date.now());
    const fakes = fakeVerification({
      planVerificationRound: rounds(verificationRound(ready, { start: runs(2) }), verificationRound(ready, running(since)), done),
    });
    await bench.run(fakes, async (start) => {
      const verification = await startVerification(start, false);
      for (const looks of [1, 2]) {
        await fakes.called('planVerificationRound', looks);
        await verification.signal(changedSignal);
      }
      await verification.result();
    });
    expect(startedNames(fakes)).toHaveLength(2);
  });

  test('starts a retry when its time has come, a quarter of an hour later', async () => {
    let retryAt = 0;
    const waits: Plan = (_, __, now) => {
      retryAt ||= now + 15 * minute;
      const at = rfc3339(retryAt);
      if (now < retryAt) return verificationRound(ready, { retryAt: at, waitingForRetry: [{ verify: 'aws', at }] });
      return fakes.callsOf('startRuns').length > 0 ? done : verificationRound(ready, { start: [{ ...runOf('aws'), attempt: 1 }] });
    };
    const fakes = fakeVerification({ planVerificationRound: rounds(waits) });
    await toTheEnd(fakes, {}, 'retry');
    const due = timesOf(fakes)
      .filter((now) => now >= retryAt)
      .map((now) => now - retryAt);
    expect(fakes.callsOf('startRuns').map(([, [run]]) => run?.attempt)).toEqual([1]);
    expect(due[0]).toBeLessThan(minute);
  });

  test('reports a run that can not start once, starts the others, and tries again each minute', async () => {
    const problem: StartedRuns = { notRun: [], problems: [noDefinition] };
    const both = verificationRound(ready, { start: [runOf('aws'), runOf('gcp')] });
    const only = verificationRound(ready, { start: [runOf('aws')] });
    const fakes = fakeVerification({
      planVerificationRound: rounds(both, only, only, done),
      startRuns: inTurn(problem, problem, allStarted),
    });
    await toTheEnd(fakes, {}, 'problem');
    const [first, second, third] = timesOf(fakes);
    expect(fakes.callsOf('reportReleaseProblem').map(([, reported]) => reported)).toEqual([
      { reason: 'ProwJobInvalid', message: noDefinition.message },
    ]);
    expect(fakes.callsOf('startRuns').map(([, batch]) => batch.length)).toEqual([2, 1, 1]);
    expect([second! - first!, third! - second!].map((between) => Math.round(between / minute))).toEqual([1, 1]);
  });

  test('a run with nothing to test is recorded in the next round, at once, and reported', async () => {
    const run = runOf('upgrade');
    const fakes = fakeVerification({
      planVerificationRound: rounds(verificationRound(ready, { start: [run] }), done),
      startRuns: async () => ({ notRun: [{ run, reason: 'nothing to upgrade from' }], problems: [] }),
    });
    await toTheEnd(fakes);
    const [first, second] = timesOf(fakes);
    expect(factsOf(fakes)).toEqual([{ notRun: [] }, { notRun: [run] }]);
    expect(second! - first!).toBeLessThan(minute);
    expect(fakes.callsOf('reportReleaseProblem').map(([, { reason }]) => reason)).toEqual(['VerificationSkipped']);
  });

  test('a run is overdue when its three days are over, and not before', async () => {
    let since = 0;
    const collecting: Plan = (_, __, now) => {
      since ||= now - 72 * hour + 15 * minute;
      return verificationRound(ready, running(rfc3339(since), rfc3339(since + hour)));
    };
    const fakes = fakeVerification({ planVerificationRound: rounds(collecting, collecting, done) });
    await toTheEnd(fakes, { deadlineMs: 72 * hour }, 'overdue');
    expect(factsOf(fakes).map(({ overdueIfBegunBy }) => overdueIfBegunBy! >= since)).toEqual([false, false, true]);
    expect(factsOf(fakes).map(({ overdueIfBegunBy }) => overdueIfBegunBy)).toEqual(timesOf(fakes).map((now) => now - 72 * hour));
    expect(timesOf(fakes)[2]! - since).toBeLessThan(72 * hour + minute);
  });

  test('without a deadline a run may take weeks', async () => {
    const threeWeeks: Plan = (_, __, now) => verificationRound(ready, running(rfc3339(now - 21 * 24 * hour)));
    const fakes = fakeVerification({ planVerificationRound: rounds(threeWeeks, threeWeeks, done) });
    await toTheEnd(fakes, { deadlineMs: 0 });
    expect(factsOf(fakes)).toEqual([{ notRun: [] }, { notRun: [] }, { notRun: [] }]);
  });

  test('goes on collecting after the verdict, until nothing runs any more', async () => {
    const informing: Plan = (_, __, now) => verificationRound(accepted, running(rfc3339(now)));
    const fakes = fakeVerification({ planVerificationRound: rounds(verificationRound(ready), informing, informing, done) });
    await toTheEnd(fakes);
    expect(timesOf(fakes)).toHaveLength(4);
  });

  test('does not end while there is no verdict, though nothing runs', async () => {
    const fakes = fakeVerification({ planVerificationRound: rounds(verificationRound(ready), verificationRound(ready), done) });
    await toTheEnd(fakes);
    expect(timesOf(fakes)).toHaveLength(3);
  });

  test('ends when the payload is gone', async () => {
    const fakes = fakeVerification({ planVerificationRound: rounds(verificationRound(noPayload)) });
    await toTheEnd(fakes);
    expect(fakes.callsOf('startRuns')).toEqual([]);
  });

  test('says what runs, what blocks, and which retry is awaited until when', async () => {
    const at = '2126-11-24T09:00:00.000Z';
    const busy = verificationRound(
      payloadState('Ready', { jobs: { total: 5, succeeded: 2, failed: 1, pending: 2, blocking: 2, blockingDone: 1 } }),
      {
        ...running(rfc3339(Date.now()), rfc3339(Date.now())),
        blockingPending: ['aws'],
        waitingForRetry: [{ verify: 'gcp', at }],
      },
    );
    const fakes = fakeVerification({ planVerificationRound: rounds(busy, done) });
    await bench.run(fakes, async (start) => {
      const verification = await startVerification(start, false);
      const waiting = await eventually('what the verification waits for', async () => {
        const answer = await verification.query(waitingQuery);
        return answer.length > 0 && answer;
      });
      expect(waiting).toEqual([
        { for: 'the retry of gcp', why: 'its last run failed', until: at, about: { job: 'gcp' } },
        { for: '2 running jobs', why: 'blocking: aws', about: 'jobs' },
      ]);
      await verification.signal(changedSignal);
      await verification.result();
    });
  });

  test('continues as new though changes keep coming, and reports nothing twice', async () => {
    const again = verificationRound(ready, { start: [runOf('aws')] });
    const fakes = fakeVerification({
      planVerificationRound: inFirstRun(
        rounds(again),
        rounds((_, __, now) => ({ ...again, retryAt: rfc3339(now) }), done),
      ),
      startRuns: async () => ({ notRun: [], problems: [noDefinition] }),
    });
    await bench.run(fakes, async (start) => {
      const verification = await startVerification(start, false);
      await swell(verification, (times) => fakes.called('planVerificationRound', times));
      await verification.result();
    });
    expect(fakes.callsOf('reportReleaseProblem')).toHaveLength(1);
  });

  test('a round that fails inside the workflow task is planned by an ordinary activity', async () => {
    const fakes = fakeVerification({ planVerificationRound: failsFirst(2, rounds(done)) });
    await toTheEnd(fakes);
    expect(timesOf(fakes)).toHaveLength(3);
  });

  test('a lost reply starts no run twice', async () => {
    const created = new Set<string>();
    const startRuns = losesReplies(2, async (_: unknown, batch: { name: string }[]) => {
      for (const { name } of batch) created.add(name);
      return allStarted;
    });
    const fakes = fakeVerification({ planVerificationRound: rounds(verificationRound(ready, { start: runs(3) }), done), startRuns });
    await toTheEnd(fakes);
    expect([created.size, fakes.callsOf('startRuns').length]).toEqual([3, 3]);
  });
});
