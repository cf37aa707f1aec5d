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
import { FakesByWorkflow } from './fakes-by-workflow.ts';
import { testStack } from './stack.ts';
import { timeSkippingClient } from './time-skipping.ts';

/** Where the workflow tests of one file run: a Temporal namespace of their own. */
export interface WorkflowBench {
  /** workflows that it starts live in real time, and so wait for signals without racing through their timers */
  client(): Client;
  /** runs a test; workflows that it starts, and their children, call these activities */
  run(fakes: FakeActivities, test: (start: Start) => Promise<void>): Promise<void>;
  /** the same beside a worker of its own: for options of that, and for workflows that somebody else starts, such as a schedule */
  runAlone(fakes: FakeActivities, test: (start: Start) => Promise<void>, options?: Partial<WorkerOptions>): Promise<void>;
  /** waits for the end of the children that the last run of a workflow started and may have left running */
  childrenOf(workflow: WorkflowHandle): Promise<void>;
}

export type Start = (workflow: string, options: StartOptions) => Promise<WorkflowHandle>;

export interface StartOptions {
  workflowId: string;
  args: unknown[];
  /** skip time whenever nothing runs: for workflows that come to their end by themselves */
  skip?: boolean;
}

interface OpenBench {
  client: Client;
  skipping: Client;
  /** of the worker of the file */
  taskQueue: string;
  fakes: FakesByWorkflow;
  /** of every worker of workflows */
  workerOptions: Omit<WorkerOptions, 'taskQueue'>;
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
  async function play(taskQueue: string, test: (start: Start) => Promise<void>, before = (_workflowId: string) => {}): Promise<void> {
    const { client, skipping } = opened();
    const started: WorkflowHandle[] = [];
    const start: Start = async (workflow, { skip = false, ...options }) => {
      before(options.workflowId);
      const handle = await (skip ? skipping : client).workflow.start(workflow, { taskQueue, ...options });
      started.push(handle);
      return handle;
    };
    try {
      await test(start);
    } finally {
      // A test that is over leaves no workflow behind that goes on beside the others.
      await Promise.all(started.map((workflow) => workflow.terminate('the test is over').catch(() => undefined)));
    }
  }
  return {
    client: () => opened().client,
    async run({ activities }, test) {
      const { taskQueue, fakes } = opened();
      await play(taskQueue, test, (workflowId) => fakes.own(workflowId, activities));
    },
    async runAlone({ activities }, test, options = {}) {
      const taskQueue = testStack().freshName('test');
      const worker = await Worker.create({ ...opened().workerOptions, taskQueue, activities, ...options });
      await worker.runUntil(() => play(taskQueue, test));
    },
    async childrenOf(workflow) {
      const { events } = await workflow.fetchHistory();
      const ids = events?.map(({ childWorkflowExecutionStartedEventAttributes: child }) => child?.workflowExecution?.workflowId);
      for (const id of ids ?? []) if (id) await opened().client.workflow.getHandle(id).result();
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
  const client = new Client({ connection, namespace });
  const workerOptions = {
    connection: native,
    namespace,
    plugins: [tracingPlugin()],
    workflowBundle: { codePath: await ensureBundle() },
    workflowThreadPoolSize: 1,
    shutdownForceTime: '2 seconds',
  } satisfies Partial<WorkerOptions>;
  const taskQueue = freshName('test');
  const fakes = new FakesByWorkflow(client);
  const workers = await Promise.all([
    Worker.create({ ...workerOptions, taskQueue, activities: fakes.activities }),
    ...(signing ? [Worker.create({ connection: native, namespace, taskQueue: auditTaskQueue, activities: signing })] : []),
    ...(external ? [Worker.create({ connection: native, namespace, taskQueue: externalTaskQueue, activities: external })] : []),
  ]);
  const running = workers.map((worker) => worker.run());
  const close = async () => {
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
    await Promise.all([native.close(), connection.close(), skipping.connection.close()]);
  };
  return { client, skipping: new Client({ connection: skipping.connection, namespace }), taskQueue, fakes, workerOptions, close };
}
