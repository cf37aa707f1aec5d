import { setTimeout as delay } from 'node:timers/promises';

const shortestPauseMs = 20;
/** Dozens of tests wait at the same time, and ask servers that others are waiting for. */
const longestPauseMs = 300;

/**
 * Looks again and again, less and less often, until there is an answer; a test waits for a state with it, never for a time.
 *
 * @param what ends the sentence `waited in vain for …`
 * @throws when there is none within the time, with the last error
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 30_000,
): Promise<T> {
  let last: unknown;
  let pauseMs = shortestPauseMs;
  for (const started = Date.now(); Date.now() - started < withinMs; await delay(pauseMs)) {
    pauseMs = Math.min(pauseMs * 1.2, longestPauseMs);
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`waited in vain for ${what}`, { cause: last });
}
