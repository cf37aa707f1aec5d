import { ApplicationFailure } from '@temporalio/common';

/**
 * A failure that waiting does not cure: the attempt fails at once and is not repeated.
 *
 * @param type what workflows tell it apart by
 * @param message names the thing and the next move; it is shown to people and kept in histories, so never a secret
 */
export function permanent(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
