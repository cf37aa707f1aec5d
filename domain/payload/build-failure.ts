/** What the payload of a release says that gave way to a newer one of its stream. */
export const abortedMessage = 'Multiple releases were found simultaneously running.';

/**
 * What the tag of a failed release says, in release-controller's words (cmd/release-controller/sync.go); the release
 * job's own words stay in the payload.
 *
 * @param creationMessage of the payload's release creation result
 */
export function buildFailure(creationMessage: string): { reason: string; message: string } {
  if (creationMessage === abortedMessage) return { reason: 'Aborted', message: abortedMessage };
  return { reason: 'CreateReleaseFailed', message: 'Could not create the release image' };
}
