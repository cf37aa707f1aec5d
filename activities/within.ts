import { setTimeout as pause } from 'node:timers/promises';

/**
 * An answer that has to come in time. The limits of Google's libraries have no effect on a server that takes a request and
 * never answers: whoever asks would wait for ever. What was asked goes on, unheeded.
 */
export async function within<T>(patienceMs: number, answer: Promise<T>): Promise<T> {
  const answered = new AbortController();
  const limit = pause(patienceMs, undefined, { signal: answered.signal }).then(() => {
    throw new Error(`no answer within ${patienceMs / 1000} s`);
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    answered.abort();
  }
}
