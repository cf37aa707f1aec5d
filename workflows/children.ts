import { CancellationScope, condition, getExternalWorkflowHandle, sleep, type ChildWorkflowHandle } from '@temporalio/workflow';
import { ChildWorkflowFailure, WorkflowExecutionAlreadyStartedError, type Workflow, type WorkflowResultType } from '@temporalio/common';
import type { Waiting } from '../domain/payload/waiting.ts';
import type { Edges } from './edges.ts';
import { changedSignal } from './waiting.ts';

const pauseMs = 30_000;

/** Who starts children: what it heard, and where it says what it waits for. */
export interface Parent {
  edges: Edges;
  announce: (waiting: Waiting[]) => void;
}

/** The result of a child, which is told of every edge that arrives meanwhile: it may wait for just that. */
export async function childResult<T extends Workflow>(
  parent: Parent,
  start: () => Promise<ChildWorkflowHandle<T>>,
): Promise<WorkflowResultType<T>> {
  return persist(parent, async () => {
    const child = await onceFree(start);
    return wakingWith(parent.edges, child.workflowId, child.result());
  });
}

/** A child that somebody terminates or cancels is begun again: what it does is named by identity, so nothing is done twice. */
export async function persist<T>({ announce }: Pick<Parent, 'announce'>, step: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (failure) {
      if (!(failure instanceof ChildWorkflowFailure) || CancellationScope.current().consideredCancelled) throw failure;
      const { workflowId } = failure.execution;
      announce([
        { for: `a new run of ${workflowId}`, why: `the last one was ended from outside: ${failure.cause?.message ?? 'no reason given'}` },
      ]);
      await sleep(pauseMs);
    }
  }
}

/** The child of a run of this workflow that was reset or terminated may still be at it; it ends by itself. */
async function onceFree<T>(start: () => Promise<T>): Promise<T> {
  for (let seconds = 1; ; seconds = Math.min(seconds * 2, 60)) {
    try {
      return await start();
    } catch (failure) {
      if (!(failure instanceof WorkflowExecutionAlreadyStartedError)) throw failure;
    }
    await sleep(seconds * 1000);
  }
}

/** Hands every edge that arrives on to a child while its result is awaited: the child may wait for just that. */
async function wakingWith<T>(edges: Edges, workflowId: string, result: Promise<T>): Promise<T> {
  let ended = false;
  const ending = result.finally(() => {
    ended = true;
  });
  const forward = async () => {
    for (;;) {
      await condition(() => ended || edges.seen());
      if (ended) return;
      edges.clear();
      await getExternalWorkflowHandle(workflowId)
        .signal(changedSignal)
        .catch(() => undefined);
    }
  };
  void forward();
  return ending;
}
