const minute = 60_000;
const longestMinutes = 15;

/**
 * How long a failed job still has to wait before its next attempt.
 *
 * The delays are OpenShift's (openshift/release-controller, pkg/release-controller/types.go, CalculateBackoff): none
 * before the first retry, then 2, 4 and 8 minutes, then always 15.
 *
 * @param retry number of the coming retry, from 1
 * @param failedAt epoch milliseconds at which the latest run ended; unknown means no delay
 * @param now epoch milliseconds
 * @returns milliseconds from `now`, never negative
 */
export function retryDelay(retry: number, failedAt: number | undefined, now: number): number {
  const exponent = retry - 1;
  if (exponent < 1 || failedAt === undefined) return 0;
  const delay = Math.min(2 ** exponent, longestMinutes) * minute;
  return Math.max(0, failedAt + delay - now);
}
