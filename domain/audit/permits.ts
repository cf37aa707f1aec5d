/**
 * The arithmetic of permits: at most so many starts in any window, measured where the work starts, not where the
 * permit is given. A permit is good for a while after it was given, so it counts until a window after its last moment:
 * of any six starts the one with the latest permit then begins more than a window after one of the others. That holds
 * however late a start is; a start that would come after its permit's last moment must not happen.
 */
export interface PermitRate {
  starts: number;
  windowMs: number;
  /** added to the window: clocks of several machines differ a little, and a start is seen only after it happened */
  marginMs: number;
}

/** "5 every 2 seconds" (openshift/release-controller, cmd/release-controller/controller.go). */
export const auditRate: PermitRate = { starts: 5, windowMs: 2_000, marginMs: 100 };

/** Times are milliseconds since the epoch. */
export interface Permit {
  requester: string;
  /** id of the request that this answers */
  request: string;
  givenAt: number;
  /** the work may begin until then */
  startBy: number;
}

export interface PermitRequest {
  /** workflow id */
  requester: string;
  /** an id of its own; the same when a request is repeated */
  request: string;
  /** how long the requester may need to begin; longer makes everybody wait longer */
  validMs: number;
}

/**
 * How long a permit is good for at first; doubled each time a requester came too late. A machine under load needs a second
 * from permit to start, and a permit that nobody used holds up everybody for as long as a used one. Where many wait, this
 * makes five starts in some four seconds: the price of a rate that holds even if all of them start at their last moment.
 */
const firstValidityMs = 1_600;
const longestValidityMs = 30_000;

/** @param late how often in a row a permit ran out before the work began */
export const permitValidity = (late: number): number => Math.min(firstValidityMs * 2 ** late, longestValidityMs);

/**
 * Whether a permit has run out by the time at which the work begins. Permits are given by Temporal's clock, and Temporal hands no
 * work out after its permit has ended. So work that seems to be handed out later than any permit is good for has come to a machine
 * whose clock is ahead of Temporal's, and is in time: were it late, nobody would sign there, ever.
 *
 * @param scheduledAt when the work was asked for, by Temporal's clock
 * @param now by the clock of the machine
 */
export function isLate(startBy: number, scheduledAt: number, now: number): boolean {
  return now > startBy && now - scheduledAt <= longestValidityMs;
}

/** When a permit stops counting. */
const countsUntil = ({ startBy }: Permit, { windowMs, marginMs }: PermitRate) => startBy + windowMs + marginMs;

/** The permits that still count at `now`. */
export function counting(permits: readonly Permit[], rate: PermitRate, now: number): Permit[] {
  return permits.filter((permit) => countsUntil(permit, rate) > now);
}

/** How many permits may be given now. */
export function freePermits(permits: readonly Permit[], rate: PermitRate, now: number): number {
  return Math.max(0, rate.starts - counting(permits, rate, now).length);
}

/** How long until the next permit may be given; 0 when that is now. */
export function permitDelay(permits: readonly Permit[], rate: PermitRate, now: number): number {
  const ends = counting(permits, rate, now)
    .map((permit) => countsUntil(permit, rate))
    .sort((a, b) => a - b);
  const freeing = ends.at(-rate.starts);
  return freeing === undefined ? 0 : freeing - now;
}

/** The permit for a request. */
export function permitFor({ requester, request, validMs }: PermitRequest, now: number): Permit {
  const validity = Math.min(Math.max(validMs, 1), longestValidityMs);
  return { requester, request, givenAt: now, startBy: now + validity };
}

/**
 * The queue with a request in it: each requester has one place, which it keeps when it asks again, and a request that
 * has its permit already is no new one (messages may come twice).
 */
export function enqueue(queue: readonly PermitRequest[], permits: readonly Permit[], asked: PermitRequest): PermitRequest[] {
  const answered = permits.some(({ requester, request }) => requester === asked.requester && request === asked.request);
  if (answered) return [...queue];
  if (!queue.some(({ requester }) => requester === asked.requester)) return [...queue, asked];
  return queue.map((waiting) => (waiting.requester === asked.requester ? asked : waiting));
}
