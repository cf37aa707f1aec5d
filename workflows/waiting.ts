import { defineQuery, defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { describeWaiting, type Waiting } from '../domain/payload/waiting.ts';

/** What a workflow waits for, and why; every workflow of ours answers it. */
export const waitingQuery = defineQuery<Waiting[]>('waiting');

/** Something outside changed: read it again. Carries nothing, since the level is read, not the edge. */
export const changedSignal = defineSignal('changed');

/** Answers the `waiting` query and keeps the workflow's current details saying the same. Call before the first await. */
export function announceWaiting(): (waiting: Waiting[]) => void {
  let current: Waiting[] = [];
  setHandler(waitingQuery, () => current);
  return (waiting) => {
    current = waiting;
    setCurrentDetails(describeWaiting(waiting));
  };
}
