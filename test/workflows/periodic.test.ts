import { describe, expect, test } from 'vitest';
import type { PeriodicOutcome } from '../../activities/periodic-contract.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { waitingQuery } from '../../workflows/waiting.ts';
import { fakeActivities, inTurn, nothing, usableStream, type Activities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { workflowBench } from '../support/workflow-bench.ts';

const bench = workflowBench();
const hour = 3_600_000;

const started: PeriodicOutcome = { kind: 'started', run: 'uuid', tag: 'b', next: { intervalMs: 6 * hour, at: 1000 } };
const active = (again: boolean): PeriodicOutcome => ({ kind: 'active', run: 'earlier', again });
const blocked = (again: boolean): PeriodicOutcome => ({
  kind: 'blocked',
  problem: { reason: 'PeriodicNotRun', message: 'no accepted tags found for release nightly' },
  again,
});

async function fire(outcomes: PeriodicOutcome[], name?: `periodic/${string}`) {
  const namespace = testStack().freshName('periodic');
  const fakes = fakeActivities({
    startPeriodic: inTurn(...outcomes),
    placePeriodic: nothing,
    removePeriodic: nothing,
    reportProblem: nothing,
  });
  const workflowId = `${workflowIds.periodic(namespace, 'src', 'soak')}-2030-01-01T00:00:00Z`;
  let outcome: unknown;
  await bench.run(fakes, async (start) => {
    const handle = await start('periodic', { workflowId, args: [{ namespace, name: 'src', entry: 'soak' }], skip: true });
    outcome = await handle.result();
    if (name !== undefined) await recordHistory(handle, name);
  });
  return { outcome, fakes, workflowId, id: { namespace, name: 'src', entry: 'soak' } };
}

describe('one firing', () => {
  test('starts the job, named by the firing, and places the next one from its start', async () => {
    const { outcome, fakes, workflowId, id } = await fire([started], 'periodic/started');
    expect(outcome).toEqual(started);
    expect(fakes.callsOf('startPeriodic')[0]?.slice(0, 2)).toEqual([id, workflowId]);
    expect(fakes.callsOf('placePeriodic')).toEqual([[id, 6 * hour, 1000]]);
  });

  test('that is early is placed later', async () => {
    const early: PeriodicOutcome = { kind: 'early', next: { intervalMs: hour, at: 2000 } };
    const { outcome, fakes, id } = await fire([early]);
    expect(outcome).toEqual(early);
    expect(fakes.callsOf('placePeriodic')).toEqual([[id, hour, 2000]]);
  });

  test('of a cron time is lost while a run is active, and when something is in the way, which is told', async () => {
    expect((await fire([active(false)])).outcome).toEqual(active(false));
    const { outcome, fakes } = await fire([blocked(false)]);
    expect(outcome).toEqual(blocked(false));
    expect(fakes.callsOf('reportProblem')).toHaveLength(1);
  });

  test('of an interval waits for the active run and for what is in the way, and tells of that once', async () => {
    const { outcome, fakes } = await fire([active(true), blocked(true), blocked(true), started], 'periodic/waits');
    expect(outcome).toEqual(started);
    expect(fakes.callsOf('startPeriodic')).toHaveLength(4);
    expect(fakes.callsOf('reportProblem').map(([, { message }]) => message)).toEqual(['no accepted tags found for release nightly']);
  });

  test('of an entry that is gone removes its schedule', async () => {
    const { fakes, id } = await fire([{ kind: 'gone' }]);
    expect(fakes.callsOf('removePeriodic')).toEqual([[id]]);
  });
});

describe('the stream', () => {
  async function look(
    given: Partial<Activities>,
    test_: (
      fakes: ReturnType<typeof fakeActivities>,
      handle: { signal: () => Promise<void>; waiting: () => Promise<unknown> },
    ) => Promise<void>,
  ) {
    const namespace = testStack().freshName('periodics');
    const fakes = fakeActivities({ reportProblem: nothing, ...given });
    await bench.run(fakes, async (start) => {
      const input = { namespace, name: 'src', reconcileMinutes: 10, started: [] };
      const handle = await start('stream', { workflowId: workflowIds.stream(namespace, 'src'), args: [input] });
      await test_(fakes, { signal: () => handle.signal('changed'), waiting: () => handle.query(waitingQuery) });
      await handle.terminate().catch(() => undefined);
    });
  }
  const reconciled =
    (names: string[], problems: { entry: string; message: string }[] = []) =>
    async () => ({ names, problems });

  test('sees to the schedules when its periodics change, and only then', async () => {
    const surveys = inTurn(
      usableStream({ periodics: 'one' }),
      usableStream({ periodics: 'one' }),
      usableStream({ periodics: 'two' }),
      usableStream(),
      { kind: 'gone' as const },
    );
    await look({ surveyStream: surveys, reconcilePeriodics: reconciled(['soak']) }, async (fakes, { signal }) => {
      for (let looks = 1; looks <= 5; looks += 1) {
        await fakes.called('surveyStream', looks);
        await signal().catch(() => undefined);
      }
      await fakes.called('reconcilePeriodics', 3);
      expect(fakes.callsOf('reconcilePeriodics').map(([, known]) => known)).toEqual([[], ['soak'], ['soak']]);
    });
  });

  test('takes the schedules along when it goes', async () => {
    const surveys = inTurn(usableStream({ periodics: 'one' }), { kind: 'gone' as const });
    await look({ surveyStream: surveys, reconcilePeriodics: reconciled(['soak']) }, async (fakes, { signal }) => {
      await fakes.called('reconcilePeriodics', 1);
      await signal();
      await fakes.called('reconcilePeriodics', 2);
    });
  });

  test('says which entries can not run, and tells of each once', async () => {
    const problem = { entry: 'neither', message: 'nightly: periodic neither: must specify a cron or interval' };
    const surveys = inTurn(usableStream({ periodics: 'one' }), usableStream({ periodics: 'two' }));
    await look({ surveyStream: surveys, reconcilePeriodics: reconciled([], [problem]) }, async (fakes, { signal, waiting }) => {
      await fakes.called('reportProblem', 1);
      await signal();
      await fakes.called('reconcilePeriodics', 2);
      const said = await eventually('what it waits for', async () =>
        ((await waiting()) as { for: string }[]).find((one) => one.for === 'runs of neither'),
      );
      expect(said).toEqual({ for: 'runs of neither', why: problem.message });
      expect(fakes.callsOf('reportProblem')).toHaveLength(1);
    });
  });
});
