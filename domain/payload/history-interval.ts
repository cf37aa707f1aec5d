import { parsePeriod } from './escalation-rules.ts';
import type { Escalation } from './qualifier.ts';

/** A job whose runs matter, and how far back: `2 DAY`, as SQL says it. */
export interface AskedJob {
  job: string;
  /** two weeks without it */
  interval?: string;
}

export const defaultInterval = '14 DAY';

const unitMs: Readonly<Record<string, number>> = { MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 };
/** Nobody keeps more; and dates do not go back for ever. */
const longestDays = 3_650;

/**
 * How far back the runs of a job matter to its rules: the longest of their periods, nothing of its own without any
 * (openshift/release-controller, pkg/cmd/release-payload-controller/jira_escalations_controller.go).
 */
export function historyInterval(escalations: readonly Escalation[]): Pick<AskedJob, 'interval'> {
  const periods = escalations.flatMap(({ overPeriod = '' }) => ({ text: overPeriod, ms: parsePeriod(overPeriod) ?? 0 }));
  const longest = periods.reduce((most, period) => (period.ms > most.ms ? period : most), { text: '', ms: 0 });
  return longest.ms === 0 ? {} : { interval: inWords(longest) };
}

function inWords({ text, ms }: { text: string; ms: number }): string {
  if (ms > longestDays * 86_400_000) return `${longestDays} DAY`;
  const [, amount, unit] = /^(\d+)([hdw])$/.exec(text) ?? [];
  if (amount === undefined) return `${Math.ceil(ms / 60_000)} MINUTE`;
  if (unit === 'h') return `${Number(amount)} HOUR`;
  return `${Number(amount) * (unit === 'w' ? 7 : 1)} DAY`;
}

/** @throws Error for what is no interval: it gets into the text of a query, so nothing else may */
export function checkedInterval({ job, interval = defaultInterval }: AskedJob): string {
  if (!/^\d+ (DAY|HOUR|MINUTE)$/.test(interval)) throw new Error(`invalid SQL interval "${interval}" for job "${job}"`);
  return interval;
}

export function intervalMs(asked: AskedJob): number {
  const [amount = '', unit = ''] = checkedInterval(asked).split(' ');
  return Number(amount) * (unitMs[unit] ?? 0);
}
