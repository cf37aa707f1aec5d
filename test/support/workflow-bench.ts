import { Client, Connection, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { afterAll, beforeAll } from 'vitest';
import type { SigningActivities } from '../../activities/audit-contract.ts';
import type { IssueActivities } from '../../activities/escalation-contract.ts';
import { ensureSearchAttributes } from '../../infra/temporal/search-attributes.ts';
import { ensureBundle } from '../../workers/bundle.ts';
import { tracingPlugin } from '../../workers/tracing.ts';
import { auditTaskQueue } from '../../workflows/audit-messages.ts';
import { externalTaskQueue } from '../../workflows/escalation-messages.ts';
import type { FakeActivities } from './fake-activities.ts';
import { testStack } from './stack.ts';
import { timeSkippingClient } from './time-skipping.ts';

/** Where the workflow tests of one file run: a Temporal namespace of their own. */
export interface WorkflowBench {
  /** workflows that it starts live in real time, and so wait for signals without racing through their timers */
  client(): Client;
  /** runs a test beside a worker of its own, with these activities */
  run(fakes: FakeActivities, test: (start: Start) => Promise<void>, worker?: Pick<WorkerOptions, 'maxCachedWorkflows'>): Promise<void>;
}

export type Start = (workflow: string, options: StartOptions) => Promise<WorkflowHandle>;

export interface StartOptions {
  workflowId: string;
  args: unknown[];
  /** skip time whenever nothing runs: for workflows that come to their end by themselves */
  skip?: boolean;
}

interface OpenBench {
  namespace: string;
  codePath: string;
  native: NativeConnection;
  client: Client;
  skipping: Client;
  close: () => Promise<void>;
}

/**
 * Call at the top of a test file: it is open while the tests of the file run.
 *
 * @param signing makes the signatures of all tests of the file, since their task queue has a fixed name
 * @param external the same for the task queue of outside systems
 */
export function workflowBench(signing?: SigningActivities, external?: IssueActivities): WorkflowBench {
  let bench: OpenBench | undefined;
  const opened = () => {
    if (bench === undefined) throw new Error('the bench is open while tests run');
    return bench;
  };
  beforeAll(async () => {
    bench = await openBench(signing, external);
  });
  afterAll(() => bench?.close());
  return {
    client: () => opened().client,
    async run({ activities }, test, options = {}) {
      const { codePath, native: connection, namespace, client, skipping } = opened();
      const taskQueue = testStack().freshName('test');
      const worker = await Worker.create({
        connection,
        namespace,
        taskQueue,
        plugins: [tracingPlugin()],
        workflowBundle: { codePath },
        workflowThreadPoolSize: 1,
        shutdownForceTime: '2 seconds',
        activities,
        ...options,
      });
      await worker.runUntil(() =>
        test((workflow, { skip, ...start }) => (skip === true ? skipping : client).workflow.start(workflow, { taskQueue, ...start })),
      );
    },
  };
}

/**
 * Has the server suggest a new run, which it does at four megabytes of history: signals of nearly one each, what they
 * carry beyond their name being ignored. Each is sent when the workflow has looked at the one before. The first run is
 * over when the workflow has looked at the last, or soon afterwards.
 */
export async function swell(workflow: WorkflowHandle, looked: (times: number) => Promise<void>, signal = 'changed'): Promise<void> {
  const bulk = 'x'.repeat(900_000);
  for (let looks = 1; looks <= 5; looks += 1) {
    await looked(looks);
    await workflow.signal(signal, bulk);
  }
  await looked(6);
  // What arrives while a workflow task runs is counted with the next; the workflow may have ended without that.
  await workflow.signal(signal).catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });
}

async function openBench(signing: SigningActivities | undefined, external: IssueActivities | undefined): Promise<OpenBench> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } });
  const { temporal: address, freshName } = testStack();
  const namespace = freshName('workflows');
  const [connection, skipping, native] = await Promise.all([
    Connection.connect({ address }),
    timeSkippingClient(),
    NativeConnection.connect({ address }),
  ]);
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  await ensureSearchAttributes(connection, namespace);
  const fixed = [
    ...(signing ? [{ taskQueue: auditTaskQueue, activities: signing }] : []),
    ...(external ? [{ taskQueue: externalTaskQueue, activities: external }] : []),
  ];
  const beside = await Promise.all(fixed.map((options) => Worker.create({ connection: native, namespace, ...options })));
  const besideRun = beside.map((worker) => worker.run());
  const close = async () => {
    for (const worker of beside) worker.shutdown();
    await Promise.all(besideRun);
    await Promise.all([native.close(), connection.close(), skipping.connection.close()]);
  };
  const codePath = await ensureBundle();
  return {
    namespace,
    codePath,
    native,
    close,
    client: new Client({ connection, namespace }),
    skipping: new Client({ connection: skipping.connection, namespace }),
  };
}
