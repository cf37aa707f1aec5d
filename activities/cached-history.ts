import { historyKey } from '../domain/payload/history-query.ts';
import type { HistoryRun } from '../domain/payload/job-history.ts';
import type { JobHistory } from './job-history.ts';

type Histories = Record<string, HistoryRun[]>;

/**
 * A history that is asked again for the same jobs only after a while. Who asks while somebody else does gets the same
 * answer; a failure is told to those, and not kept. It keeps streams no more apart than the history itself does.
 *
 * @param lifeMs how long an answer holds; 0 asks always
 * @param now the clock, in epoch milliseconds
 */
export function cachedHistory(history: JobHistory, lifeMs: number, now: () => number): JobHistory {
  const kept = new Map<string, { histories: Histories; until: number }>();
  const asked = new Map<string, Promise<Histories>>();

  const keep = (key: string, histories: Histories) => {
    for (const [other, { until }] of kept) if (until <= now()) kept.delete(other);
    kept.set(key, { histories, until: now() + lifeMs });
    return histories;
  };
  const ask = (key: string, question: () => Promise<Histories>) => {
    const asking = question()
      .then((histories) => keep(key, histories))
      .finally(() => asked.delete(key));
    asked.set(key, asking);
    return asking;
  };

  if (lifeMs <= 0) return history;
  return {
    async runsOf(stream, jobs, at) {
      const key = historyKey(jobs);
      const known = kept.get(key);
      const current = known !== undefined && known.until > now();
      const histories = current ? known.histories : await (asked.get(key) ?? ask(key, () => history.runsOf(stream, jobs, at)));
      return structuredClone(histories);
    },
  };
}
