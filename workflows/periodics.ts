import type { StreamSurvey } from '../activities/contract.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import { quick } from './durable.ts';
import type { StreamInput } from './stream-messages.ts';

const [reconcilePeriodics, reportProblem] = [quick('reconcilePeriodics'), quick('reportProblem')];

/**
 * Sees that a stream's periodics have their schedules: when its config changed, after a quiet time, and when the stream
 * or its config is gone. A config that can not be read, or a stream that is not usable for now, changes nothing.
 *
 * @param quiet nothing was told since the last look
 */
export async function tendPeriodics(input: StreamInput, survey: StreamSurvey, quiet: boolean): Promise<void> {
  if (survey.kind !== 'usable' && survey.kind !== 'gone') return;
  const mark = survey.kind === 'gone' ? '' : (survey.periodics ?? '');
  const { periodics: before = { mark: '', names: [], problems: [] } } = input;
  if (mark === before.mark && !(quiet && mark !== '')) return;

  const { names, problems } = await reconcilePeriodics(input, before.names, Date.now());
  const known = new Set(before.problems.map(({ message }) => message));
  for (const { message } of problems) if (!known.has(message)) await reportProblem(input, { reason: 'PeriodicNotRun', message });
  input.periodics = { mark, names, problems };
}

/** Entries that have no schedule. */
export function periodicsWaitedFor({ periodics }: StreamInput): Waiting[] {
  return (periodics?.problems ?? []).map(({ entry, message }) => ({ for: `runs of ${entry}`, why: message }));
}
