import { isCancellation, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import { ActivityFailure, ApplicationFailure, type Duration } from '@temporalio/common';
import type { PayloadActivities } from '../activities/contract.ts';

const local = proxyLocalActivities<PayloadActivities>({
  startToCloseTimeout: '5 seconds',
  scheduleToCloseTimeout: '6 seconds',
  retry: { initialInterval: '50ms', maximumAttempts: 2 },
});

/** Workers beat for every activity, so this is how soon one is tried again whose worker was killed. */
const heartbeatTimeout = '6 seconds';

const remote = proxyActivities<PayloadActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/**
 * A short read or idempotent write: tried inside the workflow task, since that saves two round trips, and on trouble
 * run as an ordinary activity, which the server retries for as long as it takes, visibly and without history growth.
 */
export function quick<Name extends keyof PayloadActivities>(name: Name): PayloadActivities[Name] {
  const call = async (...args: unknown[]) => {
    const [here, there] = [local[name], remote[name]] as [
      (...args: unknown[]) => Promise<unknown>,
      (...args: unknown[]) => Promise<unknown>,
    ];
    try {
      return await here(...args);
    } catch (failure) {
      if (isCancellation(failure) || isPermanent(failure)) throw failure;
      return await there(...args);
    }
  };
  return call as PayloadActivities[Name];
}

/** The failure of a local activity comes as it is, that of an ordinary one wrapped. */
function isPermanent(failure: unknown): boolean {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
}

/** An activity that takes longer than a workflow task may. */
export function durable<Name extends keyof PayloadActivities>(name: Name, startToCloseTimeout: Duration): PayloadActivities[Name] {
  return proxyActivities<PayloadActivities>({
    startToCloseTimeout,
    heartbeatTimeout,
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30 seconds' },
  })[name];
}
