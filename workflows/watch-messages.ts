import { defineSignal } from '@temporalio/workflow';

/** A worker has started: a watch whose worker was killed is replaced at once, not when its heartbeat times out. */
export const helloSignal = defineSignal<[string]>('hello');
