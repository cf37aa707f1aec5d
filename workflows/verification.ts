import { continueAsNew } from '@temporalio/workflow';
import type { StartedRuns, VerificationRound } from '../activities/contract.ts';
import type { VerificationRun } from '../domain/payload/verification-run.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import { quick, durable } from './durable.ts';
import { listenForChanges } from './edges.ts';
import { isHistoryLong } from './history.ts';
import type { VerificationInput } from './verification-messages.ts';
import { announceWaiting } from './waiting.ts';

const [planVerificationRound, reportReleaseProblem] = [quick('planVerificationRound'), quick('reportReleaseProblem')];
const startRuns = durable('startRuns', '2 minutes');

/** How many ProwJobs one activity creates, and how many of those go at once: enough to fill the API server, small enough to retry. */
const runsPerBatch = 32;
const batchesAtOnce = 4;
const reconcileMs = 10 * 60_000;
const retryProblemsMs = 60_000;

/**
 * collect results and decide what to run -> start runs, in batches -> wait for results, a retry's time, a deadline
 *    ^                                                                                   |
 *    +-----------------------------------------------------------------------------------+
 *
 * The verdict stands in the payload as soon as it is clear; this workflow ends when no run is left that could still
 * report.
 */
export async function verification(input: VerificationInput): Promise<void> {
  const edges = listenForChanges();
  const announce = announceWaiting();
  const reported = { ...input.reported };
  let notRun = input.notRun ?? [];

  while (!isHistoryLong()) {
    edges.clear();
    const now = Date.now();
    const round = await planVerificationRound(input, { notRun, ...overdueAt(now, input.deadlineMs) }, now);
    if (!round.state.exists) return;

    const started = await startAll(input, round.start);
    notRun = started.notRun.map(({ run }) => run);
    await report(input, started, reported);
    started.problems.push(...(round.problems ?? []));
    if (notRun.length > 0) continue;

    if (ended(round)) return;
    announce(waitingFor(round, started));
    await edges.wait(untilNextLook(round, started, nextDeadline(round, input.deadlineMs)));
  }
  await continueAsNew<typeof verification>({ ...input, notRun, reported });
}

async function startAll(input: VerificationInput, runs: VerificationRun[]): Promise<StartedRuns> {
  const all: StartedRuns = { notRun: [], problems: [] };
  const batches: VerificationRun[][] = [];
  for (let at = 0; at < runs.length; at += runsPerBatch) batches.push(runs.slice(at, at + runsPerBatch));
  const lane = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      const started = await startRuns(input, batch);
      all.notRun.push(...started.notRun);
      all.problems.push(...started.problems);
    }
  };
  await Promise.all(Array.from({ length: Math.min(batchesAtOnce, batches.length) }, lane));
  return all;
}

async function report(input: VerificationInput, { problems, notRun }: StartedRuns, reported: Record<string, string>): Promise<void> {
  const said = [
    ...problems.map(({ verify, message }) => ({ verify, reason: 'ProwJobInvalid', message })),
    ...notRun.map(({ run, reason }) => ({ verify: run.verify, reason: 'VerificationSkipped', message: `${run.verify}: ${reason}` })),
  ];
  for (const { verify, reason, message } of said) {
    if (reported[verify] === message) continue;
    reported[verify] = message;
    await reportReleaseProblem(input, { reason, message });
  }
}

const decided = ({ state }: VerificationRound) => state.phase !== 'Ready';
const ended = (round: VerificationRound) => decided(round) && round.running === 0;

/** What has passed its deadline now; nothing where a run may take for ever. */
const overdueAt = (now: number, deadlineMs = 0) => (deadlineMs === 0 ? {} : { overdueIfBegunBy: now - deadlineMs });

function nextDeadline({ nextOverdue }: VerificationRound, deadlineMs = 0): number | undefined {
  return deadlineMs === 0 || nextOverdue === undefined ? undefined : Date.parse(nextOverdue) + deadlineMs;
}

function untilNextLook(round: VerificationRound, started: StartedRuns, deadline: number | undefined): number {
  const times = [Date.now() + (started.problems.length > 0 ? retryProblemsMs : reconcileMs)];
  if (round.retryAt !== undefined) times.push(Date.parse(round.retryAt));
  if (deadline !== undefined) times.push(deadline);
  return Math.max(1, Math.min(...times) - Date.now());
}

function waitingFor({ running, blockingPending, waitingForRetry }: VerificationRound, { problems }: StartedRuns): Waiting[] {
  const why = blockingPending.length === 0 ? 'only informing ones are left' : `blocking: ${shortList(blockingPending)}`;
  return [
    ...problems.map(({ verify, message }) => ({ for: `a job for ${verify}`, why: message, about: { job: verify } })),
    ...waitingForRetry.map(({ verify, at }) => ({
      for: `the retry of ${verify}`,
      why: 'its last run failed',
      until: at,
      about: { job: verify },
    })),
    ...(running === 0 ? [] : [{ for: `${running} running jobs`, why, about: 'jobs' as const }]),
  ];
}

const namedAtMost = 5;

function shortList(names: string[]): string {
  const rest = names.length - namedAtMost;
  return rest > 0 ? `${names.slice(0, namedAtMost).join(', ')} and ${rest} more` : names.join(', ');
}
