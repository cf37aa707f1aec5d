import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, describe, expect, test } from 'vitest';
import { auditRate, type Permit, type PermitRequest } from '../../domain/audit/permits.ts';
import { ensureBundle } from '../../workers/bundle.ts';
import { auditWorkflowId, type AuditInput } from '../../workflows/audit-messages.ts';
import { taskQueue } from '../../workflows/ids.ts';
import { limiterWorkflowId, permitGrantedSignal, requestPermitSignal } from '../../workflows/limiter-messages.ts';
import { waitingQuery } from '../../workflows/waiting.ts';
import { fakeActivities, nothing } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { workflowBench, type Start } from '../support/workflow-bench.ts';

const bench = workflowBench();
const limiterId = limiterWorkflowId('audit');
const limiterHandle = () => bench.client().workflow.getHandle(limiterId);
const digestOf = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}`;
const auditInput = (n: number): AuditInput => ({
  namespace: 'ocp',
  tag: `tag-${n}`,
  stream: '4.20',
  digest: digestOf(n),
  location: `quay.example/r:tag-${n}`,
});

// The limiter has one id, and would go on into the next test.
afterEach(async () => {
  await limiterHandle()
    .terminate()
    .catch(() => undefined);
});

/** Permits that a workflow was sent, as its history tells. */
async function permitsOf(requester: WorkflowHandle): Promise<Permit[]> {
  const { events } = await requester.fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal?.signalName === permitGrantedSignal.name
      ? [JSON.parse(Buffer.from(signal.input?.payloads?.[0]?.data ?? []).toString()) as Permit]
      : [],
  );
}

/** Summaries of the timers that the limiter started. */
async function limiterTimers(): Promise<string[]> {
  const { events } = await limiterHandle().fetchHistory();
  return (events ?? []).flatMap(({ timerStartedEventAttributes: timer, userMetadata }) =>
    (timer ? [Buffer.from(userMetadata?.summary?.data ?? []).toString()] : []).map((text) => JSON.parse(text) as string),
  );
}

/** Workflows that may be given permits: audits whose own request goes nowhere. */
async function requesters(start: Start, count: number): Promise<WorkflowHandle[]> {
  const from = Math.floor(Math.random() * 1e9);
  return Promise.all(
    Array.from({ length: count }, (_, n) =>
      start('audit', { workflowId: auditWorkflowId(digestOf(from + n)), args: [auditInput(from + n)] }),
    ),
  );
}

const idle = () => fakeActivities({ checkEligible: async () => ({ eligible: true }), requestPermit: nothing });
const requestOf = ({ workflowId }: WorkflowHandle, request = 'first'): PermitRequest => ({ requester: workflowId, request, validMs: 400 });
const startLimiter = (start: Start, queue: PermitRequest[], { permits = [], skip = false }: { permits?: Permit[]; skip?: boolean } = {}) =>
  start('limiter', { workflowId: limiterId, args: [{ queue, permits }], skip });

describe('limiter', () => {
  test('gives five permits at once and the sixth when the first counts no more', async () => {
    await bench.run(idle(), async (start) => {
      const waiting = await requesters(start, 6);
      const limiter = await startLimiter(
        start,
        waiting.map((requester) => requestOf(requester)),
      );
      const permits = await eventually('six permits', async () => {
        const given = (await Promise.all(waiting.map(permitsOf))).flat().sort((a, b) => a.givenAt - b.givenAt);
        return given.length === 6 && given;
      });
      expect(permits[4]!.givenAt - permits[0]!.givenAt).toBe(0);
      expect(permits[5]!.givenAt - permits[0]!.startBy).toBeGreaterThanOrEqual(auditRate.windowMs);
      await recordHistory(limiter, 'limiter/six-requests');
    });
  });

  test('says what it waits for', async () => {
    await bench.run(idle(), async (start) => {
      const [waiting] = (await requesters(start, 1)) as [WorkflowHandle];
      const [givenAt, startBy] = [Date.now(), Date.now() + 600_000];
      const permits = Array.from({ length: auditRate.starts }, (_, n) => ({ requester: `audit/${n}`, request: 'first', givenAt, startBy }));
      const limiter = await startLimiter(start, [requestOf(waiting)], { permits });
      const [next] = await eventually(
        'what it waits for',
        async () => (await limiter.query(waitingQuery)).length > 0 && limiter.query(waitingQuery),
      );
      expect(next).toMatchObject({ for: 'the next permit', why: '1 wait, and 5 permits were given lately' });
      expect(Date.parse(next?.until ?? '')).toBeGreaterThan(startBy);
    });
  });

  test('gives one permit to a requester that asks twice', async () => {
    await bench.run(idle(), async (start) => {
      const [requester, last] = (await requesters(start, 2)) as [WorkflowHandle, WorkflowHandle];
      const limiter = await startLimiter(start, [requestOf(requester)]);
      for (let n = 0; n < 3; n += 1) await limiter.signal(requestPermitSignal, requestOf(requester));
      await limiter.signal(requestPermitSignal, requestOf(last));
      await eventually('the permit of the last', async () => (await permitsOf(last)).length === 1);
      expect(await permitsOf(requester)).toHaveLength(1);
    });
  });

  test('passes over requesters that have ended; their permits go to the others', async () => {
    await bench.run(idle(), async (start) => {
      const [alive] = (await requesters(start, 1)) as [WorkflowHandle];
      const dead = Array.from({ length: 12 }, (_, n) => ({ requester: `audit/ended-${n}`, request: 'first', validMs: 400 }));
      await startLimiter(start, [...dead, requestOf(alive)]);
      await eventually('the permit', async () => (await permitsOf(alive)).length === 1);
      expect(await limiterTimers()).not.toContain('next permit');
      await recordHistory(limiterHandle(), 'limiter/ended-requesters');
    });
  });

  test('loses no request when it continues as new', async () => {
    await bench.run(idle(), async (start) => {
      const waiting = await requesters(start, 3);
      // The server suggests a new run at four megabytes of history; what a signal carries beyond a request is ignored.
      const [ended, bulk] = [{ requester: 'audit/ended', request: 'first', validMs: 400 }, 'x'.repeat(900_000)];
      const limiter = await startLimiter(start, []);
      const { runId } = await limiter.describe();
      for (const requester of waiting) {
        for (let n = 0; n < 2; n += 1) await limiterHandle().signal('requestPermit', ended, bulk);
        await limiterHandle().signal(requestPermitSignal, requestOf(requester));
      }
      await eventually('a permit for each', async () =>
        (await Promise.all(waiting.map(permitsOf))).every((permits) => permits.length === 1),
      );
      // The last may have been served without another look at the history.
      await limiterHandle().signal(requestPermitSignal, ended);
      await eventually('a new run', async () => (await limiterHandle().describe()).runId !== runId);
    });
  });

  test('ends when nobody has asked for a minute', async () => {
    await bench.run(idle(), async (start) => {
      const limiter = await startLimiter(start, [{ requester: 'audit/ended', request: 'first', validMs: 400 }], { skip: true });
      await limiter.result();
      await recordHistory(limiter, 'limiter/idle');
    });
  });
});

describe('over three workers', () => {
  const children = new Set<ChildProcess>();
  afterEach(async () => {
    await Promise.all([...children].map(kill));
  });

  async function kill(child: ChildProcess): Promise<void> {
    children.delete(child);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** @param notes file that starts are noted in */
  async function worker(namespace: string, notes: string): Promise<ChildProcess> {
    const program = fileURLToPath(new URL('../support/audit-worker-process.ts', import.meta.url));
    const child = fork(program, [testStack().temporal, namespace, await ensureBundle(), notes], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.add(child);
    await once(child, 'message');
    return child;
  }

  test(
    'forty audits over three workers, one killed: every release is signed, and never more than five begin in any two seconds',
    { timeout: 240_000 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'limiter-'));
      const notes = join(folder, 'starts');
      await writeFile(notes, '');
      try {
        const client = bench.client();
        const { namespace } = client.options;
        const workers = await Promise.all([1, 2, 3].map(() => worker(namespace, notes)));
        const inputs = Array.from({ length: 40 }, (_, n) => auditInput(n));
        const audits = await Promise.all(
          inputs.map((input) => client.workflow.start('audit', { workflowId: auditWorkflowId(input.digest), taskQueue, args: [input] })),
        );
        const started = async () =>
          (await readFile(notes, 'utf8'))
            .trim()
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => line.split(' ') as [at: string, digest: string, worker: string]);

        const tookPart = async () => new Set((await started()).map(([, , by]) => by)).size;
        const allBegun = async () => (await started()).length >= 10 && (await tookPart()) === workers.length;
        await eventually('ten starts, by all workers', allBegun, 120_000);
        await kill(workers[0]!);
        const outcomes = await Promise.all(audits.map((audit) => audit.result()));

        expect(outcomes.map(({ kind }) => kind)).toEqual(inputs.map(() => 'signed'));
        const starts = (await started()).map(([at]) => Number(at));
        expect(new Set((await started()).map(([, digest]) => digest)).size).toBe(40);
        const fullest = Math.max(...starts.map((from) => starts.filter((at) => at >= from && at <= from + auditRate.windowMs).length));
        expect(fullest).toBeLessThanOrEqual(auditRate.starts);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
