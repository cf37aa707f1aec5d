/** Why nothing is deleted in a repository, where so many copies are more than may go. */
export function refusedCleanup(garbage: number, maximum: number): string | undefined {
  if (garbage <= maximum) return undefined;
  return `${garbage} copies would be deleted, and ${maximum} may be: nothing was. Look at them; if they may go, set WAYBILL_MIRROR_CLEANUP_MAXIMUM to ${garbage} or more and trigger the schedule mirror-cleanup`;
}
