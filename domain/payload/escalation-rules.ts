import { parseGoDuration } from './go-duration.ts';
import type { HistoryRun } from './job-history.ts';
import { type Escalation, priorities } from './qualifier.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const defaultWindow = 10;
/** With fewer runs a percentage says nothing: one failed run out of one would be 0 %. */
const enoughSamples = 3;

/** `12h`, `30m`, `3d`, `2w` in milliseconds; undefined for anything that is no length of time above zero. */
export function parsePeriod(text: string): number | undefined {
  const [, amount, unit] = /^(\d+)([dw])$/.exec(text) ?? [];
  if (amount !== undefined) return Number(amount) * (unit === 'w' ? 7 * dayMs : dayMs) || undefined;
  const parsed = parseGoDuration(text);
  return parsed.ok && parsed.ms > 0 ? parsed.ms : undefined;
}

/**
 * Whether an escalation is due. The rules are OpenShift's (openshift/release-controller,
 * pkg/cmd/release-payload-controller/jira_escalations_controller.go); that a percentage needs some runs is ours.
 *
 * @param runs of one job, newest first
 * @param now epoch milliseconds
 */
export function isDue(escalation: Escalation, runs: readonly HistoryRun[], now: number): boolean {
  const { failures = 0, overLastRuns, passPercentage } = escalation;
  const window = overLastRuns ?? (failures > 0 ? failures : defaultWindow);
  const samples = runs.slice(0, Math.max(window, runsWithin(escalation, runs, now)));
  if (samples.length === 0) return false;

  const succeeded = samples.filter((run) => run.succeeded).length;
  if (passPercentage !== undefined)
    return samples.length >= Math.min(window, enoughSamples) && Math.floor((100 * succeeded) / samples.length) < passPercentage;
  if (failures <= 0) return false;
  if (window === failures) return samples.length >= failures && samples.slice(0, failures).every((run) => !run.succeeded);
  return samples.length - succeeded >= failures;
}

function runsWithin({ overPeriod = '' }: Escalation, runs: readonly HistoryRun[], now: number): number {
  const period = parsePeriod(overPeriod);
  return period === undefined ? 0 : runs.filter(({ completedAt }) => Date.parse(completedAt) >= now - period).length;
}

/** Whether one priority is more urgent than another; with a word that nobody knows it never is. */
export function isMoreUrgent(one: string | undefined, other: string | undefined): boolean {
  const [a, b] = [priorities.indexOf(one ?? ''), priorities.indexOf(other ?? '')];
  return a >= 0 && b >= 0 && a < b;
}
