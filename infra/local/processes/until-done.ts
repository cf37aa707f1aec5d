import { setTimeout as delay } from 'node:timers/promises';

/**
 * Tries again and again until it works.
 *
 * @throws with the last error when it does not work within the time
 */
export async function untilDone<T>(what: string, withinMs: number, attempt: () => Promise<T>): Promise<T> {
  const started = Date.now();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() - started > withinMs)
        throw new Error(`could not ${what} in ${withinMs / 1000} s: ${(error as Error).message}`, { cause: error });
      await delay(100);
    }
  }
}
