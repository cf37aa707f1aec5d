import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import type { AuditTrouble } from '../domain/audit/audit-backoff.ts';

/** What an activity's failure means for the audit. */
export type AuditFailure = { kind: AuditTrouble | 'refused'; why: string };

/** @throws the failure itself when it is none of an activity's */
export function auditFailure(failure: unknown): AuditFailure {
  if (!(failure instanceof ActivityFailure)) throw failure;
  const { cause } = failure;
  if (cause instanceof TimeoutFailure) return timeout(cause);
  if (!(cause instanceof ApplicationFailure)) return { kind: 'outside', why: cause?.message ?? failure.message };
  if (cause.type === 'PermitExpired') return { kind: 'late', why: cause.message };
  if (cause.type === 'InvalidRelease') return { kind: 'refused', why: cause.message };
  return { kind: cause.nonRetryable === true ? 'person' : 'outside', why: cause.message };
}

function timeout({ timeoutType }: TimeoutFailure): AuditFailure {
  if (timeoutType === 'SCHEDULE_TO_START') return { kind: 'late', why: 'no audit worker began while the permit was good' };
  return { kind: 'outside', why: 'the worker that did it has not answered any more' };
}
