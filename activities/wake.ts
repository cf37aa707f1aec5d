import type { Client } from '@temporalio/client';
import { ScheduleNotFoundError, ScheduleOverlapPolicy, WorkflowNotFoundError } from '@temporalio/client';
import type { Owner } from '../domain/payload/routing.ts';
import { collectSchedule } from '../workflows/collect-messages.ts';
import { upgradesSignal, type GraphInput } from '../workflows/graph-messages.ts';
import { taskQueue, workflowIds } from '../workflows/ids.ts';

/** Tells workflows that something of theirs changed. Safe to repeat: the message says only "look again". */
export interface Wake {
  owner(owner: Owner): Promise<void>;
  /** every running workflow of one type */
  running(workflow: Owner['workflow']): Promise<void>;
  /** whoever removes what nobody owns any more */
  collector(): Promise<void>;
}

/** It keeps the names until what they stand for is stored. */
async function tellGraph(client: Client, namespace: string, release: string): Promise<void> {
  const input: GraphInput = { namespace, everything: true, releases: [] };
  await client.workflow.signalWithStart('graph', {
    workflowId: workflowIds.graph(namespace),
    taskQueue,
    args: [input],
    signal: upgradesSignal.name,
    signalArgs: [release],
    staticSummary: 'upgrades that were tested',
  });
}

/** One run at a time and one to come are enough: it looks at everything. Where there is no schedule yet, its first run will. */
async function triggerCollection(client: Client): Promise<void> {
  try {
    await client.schedule.getHandle(collectSchedule).trigger(ScheduleOverlapPolicy.BUFFER_ONE);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

export function createWake(client: Client, reconcileMinutes: number): Wake {
  const signal = async (workflowId: string) => {
    try {
      await client.workflow.getHandle(workflowId).signal('changed');
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  };
  return {
    async owner({ workflow, namespace, name, start }) {
      if (workflow === 'graph') return tellGraph(client, namespace, name);
      if (workflow === 'collect') return triggerCollection(client);
      const workflowId = workflowIds[workflow](namespace, name);
      if (!start) return signal(workflowId);
      const input = workflow === 'stream' ? { namespace, name, reconcileMinutes, started: [] } : { namespace, tag: name };
      await client.workflow.signalWithStart(workflow, {
        workflowId,
        taskQueue,
        args: [input],
        signal: 'changed',
        signalArgs: [],
        staticSummary: `${namespace}/${name}`,
      });
    },
    async running(workflow) {
      const query = `WorkflowType = '${workflow}' AND ExecutionStatus = 'Running'`;
      for await (const { workflowId } of client.workflow.list({ query })) await signal(workflowId);
    },
    collector: () => triggerCollection(client),
  };
}
