import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { expect, test } from 'vitest';
import { leases } from '../../activities/kubernetes/resources.ts';
import { testStack } from '../support/stack.ts';
import { TestProcess } from '../support/test-process.ts';
import { eventually } from '../support/wait.ts';

const stack = testStack();

/** A worker of a Temporal namespace, on a cluster whose release jobs are in that namespace. */
function workerOf(name: string, temporalNamespace: string, jobNamespace: string, ...options: string[]): TestProcess {
  return new TestProcess({
    name,
    home: stack.home,
    script: ['cli/waybill.ts', 'worker', ...options],
    env: {
      ...stack.env(),
      WAYBILL_TEMPORAL_NAMESPACE: temporalNamespace,
      WAYBILL_JOB_NAMESPACE: jobNamespace,
      WAYBILL_RELEASE_NAMESPACES: `${jobNamespace}-releases`,
      WAYBILL_WORKER_METRICS_PORT: '0',
    },
    ready: 'worker is running',
  });
}

test(
  'a second Temporal namespace on one cluster is refused until it takes over; then the first one stops',
  { timeout: 180_000 },
  async () => {
    const jobNamespace = await stack.freshNamespace('leased');
    const [one, two] = [stack.freshName('one'), stack.freshName('two')];
    const connection = await Connection.connect({ address: stack.temporal });
    for (const namespace of [one, two])
      await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
    await connection.close();

    const first = workerOf(`${one}-first`, one, jobNamespace);
    await first.start();
    expect(first.log()).toContain(`there is no namespace ${jobNamespace}-releases, which WAYBILL_RELEASE_NAMESPACES names`);
    const peer = workerOf(`${one}-peer`, one, jobNamespace);
    await peer.start();

    await expect(workerOf(`${two}-refused`, two, jobNamespace).start()).rejects.toThrow(
      `another Waybill drives this cluster: its Temporal namespace is ${one} at ${stack.temporal}`,
    );
    await peer.kill();

    const taker = workerOf(`${two}-taker`, two, jobNamespace, '--take-over');
    await taker.start();
    await eventually(
      'the first worker to stop',
      () => first.log().includes(`whose Temporal namespace is ${two} at ${stack.temporal}`),
      60_000,
    );
    const lease = await stack.kubernetes.get<{ spec: { leaseTransitions: number } }>(leases, jobNamespace, 'waybill');
    expect(lease?.spec.leaseTransitions).toBe(1);
    expect(await first.ended()).toBe(1);
    await taker.kill();
  },
);
