import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from './log.ts';

const pauseMs = 200;

/** Tries until it works or the signal aborts; for what has to be there before anything else can go on. */
export async function untilItWorks(
  what: string,
  attempt: () => Promise<void>,
  { signal, log }: { signal: AbortSignal; log: Log },
): Promise<void> {
  while (!signal.aborted) {
    try {
      return await attempt();
    } catch (error) {
      log.warn({ error: String(error) }, `cannot ${what}`);
      await pause(pauseMs);
    }
  }
}
