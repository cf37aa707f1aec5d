import { defineSignal } from '@temporalio/workflow';
import type { Permit, PermitRequest } from '../domain/audit/permits.ts';

/** All that a limiter knows; the input of its next run. */
export interface LimiterState {
  /** who waits, first come first */
  queue: PermitRequest[];
  /** given and still counting */
  permits: Permit[];
}

export const limiterWorkflowId = (limited: 'audit') => `limiter/${limited}`;

/** Asks the limiter for a permit. Repeating a request changes nothing. */
export const requestPermitSignal = defineSignal<[PermitRequest]>('requestPermit');

/** The limiter's answer to the workflow that asked. */
export const permitGrantedSignal = defineSignal<[Permit]>('permitGranted');
