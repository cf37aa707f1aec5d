import { defineSignal } from '@temporalio/workflow';
import type { VerifyJobFacts } from '../domain/audit/verify-job.ts';

/** All that the one writer of a namespace's verify jobs knows; its input, and that of its next run. */
export interface VerifyJobsState {
  /** of the jobs */
  namespace: string;
  /** jobs that wait until fewer are active, first come first */
  wanted: VerifyJobFacts[];
}

/** Asks for a verify job. Repeating a request changes nothing. */
export const requestVerifyJobSignal = defineSignal<[VerifyJobFacts]>('requestVerifyJob');

/** Tells an audit that its job can not be created; a job that is created tells of itself. */
export const verifyJobRefusedSignal = defineSignal<[{ name: string; why: string }]>('verifyJobRefused');
