import type { Problem, StreamId } from '../activities/contract.ts';
import type { PublishOutcome, PublishSurvey } from '../activities/publish-contract.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import { quick } from './durable.ts';

const [publishRelease, reportProblem] = [quick('publishRelease'), quick('reportProblem')];

const [firstRetryMs, longestRetryMs] = [60_000, 3_600_000];

/** Carries out the publish steps of one stream, look by look. */
export interface Publisher {
  /** the last part of a look: nothing is called where nothing is due and nothing is wrong */
  publish(found: PublishSurvey | undefined): Promise<void>;
  /** when to look again although nothing changed; undefined when all went well */
  retryMs(): number | undefined;
  /** what it waits for then */
  waiting(): Waiting[];
}

/** Each trouble is told once, on the source stream, and tried again after a minute, then after longer. Who only was slower is not told of. */
export function publishing(stream: StreamId): Publisher {
  let told: string | undefined;
  let troubles = 0;
  let lacking: string[] = [];
  return {
    async publish(found) {
      lacking = found?.lacking ?? [];
      const outcome = await carriedOut(stream, found);
      troubles = outcome.errors.length > 0 || outcome.again ? troubles + 1 : 0;
      const problem = problemOf(outcome.errors);
      if (problem !== undefined && problem.message !== told) await reportProblem(stream, problem);
      told = problem?.message;
    },
    retryMs: () => (troubles === 0 ? undefined : Math.min(firstRetryMs * 2 ** (troubles - 1), longestRetryMs)),
    waiting: () => [...(told === undefined ? [] : [told]), ...lacking].map((why) => ({ for: 'publish steps', why })),
  };
}

async function carriedOut(stream: StreamId, found: PublishSurvey | undefined): Promise<PublishOutcome> {
  if (found === undefined) return { errors: [], again: false };
  if (found.due.length === 0) return { errors: found.errors, again: false };
  return publishRelease(stream);
}

/** Several errors read as release-controller writes them. */
function problemOf(errors: string[]): Problem | undefined {
  if (errors.length === 0) return undefined;
  return { reason: 'UnableToVerifyRelease', message: errors.length === 1 ? String(errors[0]) : `[${errors.join(', ')}]` };
}
