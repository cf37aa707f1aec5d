import { describe, expect, test } from 'vitest';
import type { MirrorState } from '../../activities/contract.ts';
import { permanent } from '../../activities/permanent.ts';
import { workflowIds } from '../../workflows/ids.ts';
import type { MirrorInput } from '../../workflows/mirror-messages.ts';
import { changedSignal, waitingQuery } from '../../workflows/waiting.ts';
import { failsFirst, fakeActivities, inTurn, nothing, type FakeActivities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { workflowBench, type Start } from '../support/workflow-bench.ts';

const bench = workflowBench();
const source = { namespace: 'ocp', name: '4.20' };
const ready: MirrorState = { kind: 'ready', hash: 'abc' };
const blocked: MirrorState = {
  kind: 'blocked',
  problem: { reason: 'UnableToProcessRelease', message: 'the mirror belongs to another release' },
};
const importing: MirrorState = {
  kind: 'importing',
  waitingFor: ['cli', 'etcd'],
  failed: [{ tag: 'console', message: 'manifest unknown' }],
};

function startMirror(start: Start, skip: boolean) {
  const namespace = testStack().freshName('ocp');
  const args: [MirrorInput] = [{ namespace, tag: '4.20-1', source, mirror: '4.20-mirror' }];
  return start('mirror', { workflowId: workflowIds.mirror(namespace, '4.20-mirror'), args, skip });
}

/** Runs a mirror that comes to its end by itself, through all its timers. */
async function resultOf(fakes: FakeActivities, record?: string): Promise<unknown> {
  let result: unknown;
  await bench.run(fakes, async (start) => {
    const mirror = await startMirror(start, true);
    result = await mirror.result();
    if (record !== undefined) await recordHistory(mirror, `mirror/${record}`);
  });
  return result;
}

describe.concurrent('mirror', () => {
  test('gives the hash of what it holds, once everything is imported', async () => {
    const fakes = fakeActivities({ ensureMirror: inTurn<[], MirrorState>(importing, importing, ready) });
    expect(await resultOf(fakes, 'imports')).toEqual({ hash: 'abc' });
    expect(fakes.callsOf('ensureMirror')).toHaveLength(3);
  });

  test('gives nothing when its release is gone', async () => {
    expect(await resultOf(fakeActivities({ ensureMirror: inTurn<[], MirrorState>(importing, { kind: 'gone' }) }))).toBeUndefined();
  });

  test('reports what stands in its way once, on the source stream', async () => {
    const fakes = fakeActivities({ ensureMirror: inTurn<[], MirrorState>(blocked, blocked, blocked, ready), reportProblem: nothing });
    await resultOf(fakes, 'blocked');
    expect(fakes.callsOf('reportProblem')).toEqual([[source, blocked.problem]]);
  });

  test('reports another reason as well', async () => {
    const other: MirrorState = { kind: 'blocked', problem: { reason: 'UnableToProcessRelease', message: 'the config is invalid' } };
    const fakes = fakeActivities({ ensureMirror: inTurn<[], MirrorState>(blocked, other, ready), reportProblem: nothing });
    await resultOf(fakes);
    expect(fakes.callsOf('reportProblem').map(([, { message }]) => message)).toEqual([
      'the mirror belongs to another release',
      'the config is invalid',
    ]);
  });

  test('heals as soon as it is told of a change', async () => {
    const fakes = fakeActivities({ ensureMirror: inTurn<[], MirrorState>(blocked, ready), reportProblem: nothing });
    await bench.run(fakes, async (start) => {
      const mirror = await startMirror(start, false);
      await fakes.called('ensureMirror', 1);
      await mirror.signal(changedSignal);
      expect(await mirror.result()).toEqual({ hash: 'abc' });
    });
  });

  test('says which imports failed and how many are missing', async () => {
    const fakes = fakeActivities({ ensureMirror: inTurn<[], MirrorState>(importing, ready) });
    await bench.run(fakes, async (start) => {
      const mirror = await startMirror(start, false);
      const waiting = await eventually('what the mirror waits for', async () => {
        const answer = await mirror.query(waitingQuery);
        return answer.length > 0 && answer;
      });
      expect(waiting).toEqual([
        { for: 'import of 4.20-mirror:console', why: 'manifest unknown' },
        { for: '2 images of 4.20-mirror', why: 'they are being imported' },
      ]);
      await mirror.signal(changedSignal);
      await mirror.result();
    });
  });

  test('that nobody has placed yet says so', async () => {
    const fakes = fakeActivities({ ensureMirror: inTurn<[], MirrorState>({ kind: 'unplaced' }, ready) });
    await bench.run(fakes, async (start) => {
      const mirror = await startMirror(start, false);
      const waiting = await eventually('what the mirror waits for', async () => (await mirror.query(waitingQuery))[0]);
      expect(waiting).toEqual({ for: 'mirror 4.20-mirror', why: 'the cluster has not said yet where its images will be' });
      await mirror.signal(changedSignal);
      expect(await mirror.result()).toEqual({ hash: 'abc' });
    });
  });

  test('a failure that waiting does not cure is not tried again', async () => {
    const fakes = fakeActivities({ ensureMirror: () => Promise.reject(permanent('Forbidden', 'the cluster refuses')) });
    await expect(resultOf(fakes)).rejects.toThrow('Workflow execution failed');
    expect(fakes.callsOf('ensureMirror')).toHaveLength(1);
  });

  test('outlasts an API server that does not answer', async () => {
    const fakes = fakeActivities({ ensureMirror: failsFirst(6, inTurn<[], MirrorState>(ready)) });
    expect(await resultOf(fakes)).toEqual({ hash: 'abc' });
  });
});
