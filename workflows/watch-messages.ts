import { defineSignal } from '@temporalio/workflow';
import type { ResourceVersions } from '../activities/contract.ts';

/**
 * A worker has started: a watch whose worker was killed is replaced at once, not when its heartbeat times out.
 * The worker says its name, and how far the watch had come when it last beat.
 */
export const helloSignal = defineSignal<[string, ResourceVersions?]>('hello');
