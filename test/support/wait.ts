import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks again and again until there is an answer; a test waits for a state with it, never for a time.
 *
 * @param what ends the sentence `waited in vain for …`
 * @throws when there is none within the time, with the last error
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 30_000,
  everyMs = 25,
): Promise<T> {
  let last: unknown;
  for (const started = Date.now(); Date.now() - started < withinMs; await delay(everyMs)) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`waited in vain for ${what}`, { cause: last });
}
