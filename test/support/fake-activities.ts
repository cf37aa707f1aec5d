import { activityInfo } from '@temporalio/activity';
import type { AuditTrackerActivities } from '../../activities/audit-tracker-contract.ts';
import type { AuditActivities, VerifyJobsActivities } from '../../activities/audit-contract.ts';
import type { CollectActivities } from '../../activities/collect-contract.ts';
import type {
  JobCounts,
  OpenedRelease,
  PayloadActivities,
  PayloadState,
  StreamSurvey,
  VerificationRound,
  WatchActivities,
} from '../../activities/contract.ts';
import type { GraphActivities } from '../../activities/graph-contract.ts';
import type { MirrorCleanupActivities } from '../../activities/mirror-cleanup-contract.ts';
import type { ReimportActivities } from '../../activities/reimport-contract.ts';
import type { EscalationActivities } from '../../activities/escalation-contract.ts';
import type { LegacyActivities } from '../../activities/legacy-contract.ts';
import { permanent } from '../../activities/permanent.ts';
import type { Phase } from '../../domain/payload/kinds.ts';
import type { VerificationRun } from '../../domain/payload/verification-run.ts';

/** Everything that workflows of task queue `waybill` call. */
export type Activities = PayloadActivities &
  WatchActivities &
  AuditActivities &
  VerifyJobsActivities &
  AuditTrackerActivities &
  GraphActivities &
  ReimportActivities &
  MirrorCleanupActivities &
  LegacyActivities &
  CollectActivities &
  EscalationActivities;
type ActivityName = keyof Activities;
type ArgumentsOf<Name extends ActivityName> = Parameters<Activities[Name]>;

const known: Record<ActivityName, true> = {
  surveyStream: true,
  advanceStream: true,
  markTarget: true,
  createRelease: true,
  adoptTags: true,
  prepareRelease: true,
  markVerdicts: true,
  abortPending: true,
  reportProblem: true,
  reportReleaseProblem: true,
  publishRelease: true,
  retireReleases: true,
  openRelease: true,
  syncPayload: true,
  markRelease: true,
  ensureMirror: true,
  ensureReleaseJob: true,
  ensureAlternateMirror: true,
  releaseDigest: true,
  planVerificationRound: true,
  startRuns: true,
  planAudits: true,
  beginAudits: true,
  reconcilePeriodics: true,
  startPeriodic: true,
  placePeriodic: true,
  removePeriodic: true,
  watchResource: true,
  collectGarbage: true,
  recordUpgrades: true,
  reportGraphProblem: true,
  findFailedImports: true,
  reimportTags: true,
  findCopyRepositories: true,
  surveyCopies: true,
  deleteCopies: true,
  assessThread: true,
  recordEscalation: true,
  listStableStreams: true,
  migrateLegacyStream: true,
  requestPermit: true,
  checkEligible: true,
  planVerification: true,
  verifyImage: true,
  requestVerifyJob: true,
  readVerifyJob: true,
  tendVerifyJobs: true,
  recordAttempt: true,
};

/** Fake activities and what was asked of them. */
export interface FakeActivities {
  activities: Activities;
  /** arguments of each call, first call first; attempts that failed count too */
  callsOf<Name extends ActivityName>(name: Name): ArgumentsOf<Name>[];
  /** resolves when an activity has been called so often */
  called(name: ActivityName, times: number): Promise<void>;
}

/** Fakes of the activities that are given. A call of any other fails its workflow at once and names the activity. */
export function fakeActivities(given: Partial<Activities>): FakeActivities {
  const calls: { name: ActivityName; args: unknown[] }[] = [];
  const watchers = new Set<() => void>();
  const callsOf = (name: ActivityName) => calls.filter((call) => call.name === name).map(({ args }) => args);
  const record = (name: ActivityName) => {
    const answer = (given[name] ?? (() => Promise.reject(permanent('NotFaked', `this test fakes no ${name}`)))) as (
      ...args: unknown[]
    ) => Promise<unknown>;
    return async (...args: unknown[]) => {
      calls.push({ name, args });
      watchers.forEach((look) => look());
      return answer(...args);
    };
  };
  const called = (name: ActivityName, times: number) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (callsOf(name).length < times) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  const activities = Object.fromEntries((Object.keys(known) as ActivityName[]).map((name) => [name, record(name)]));
  // Most tests tell what a look at the stream finds; the release is then created by a step of its own.
  if (given.planVerification === undefined)
    activities['planVerification'] = async () => ({ kind: 'none', why: 'nothing is verified here' });
  if (given.advanceStream === undefined) activities['advanceStream'] = record('surveyStream');
  return { activities: activities as unknown as Activities, callsOf: callsOf as FakeActivities['callsOf'], called };
}

/** Answers one after the other; the last one again and again. A function is asked with the arguments of the call. */
export function inTurn<Args extends unknown[], T>(...answers: (T | ((...args: Args) => T))[]): (...args: Args) => Promise<T> {
  let turn = 0;
  return async (...args) => {
    const answer = answers[Math.min(turn, answers.length - 1)] as T | ((...args: Args) => T);
    turn += 1;
    return typeof answer === 'function' ? (answer as (...args: Args) => T)(...args) : answer;
  };
}

/** Answers a workflow that continues as new by one fake in its first run, by the other afterwards. */
export function inFirstRun<Args extends unknown[], T>(
  first: (...args: Args) => Promise<T>,
  later: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  let firstRun: string | undefined;
  return async (...args) => {
    const run = activityInfo().workflowExecution?.runId;
    firstRun ??= run;
    return run === firstRun ? first(...args) : later(...args);
  };
}

/** Fails the first so many times, before anything is done. */
export function failsFirst<Args extends unknown[], T>(times: number, answer: (...args: Args) => Promise<T>): (...args: Args) => Promise<T> {
  let attempts = 0;
  return async (...args) => {
    attempts += 1;
    if (attempts <= times) throw new Error(`attempt ${attempts} fails`);
    return answer(...args);
  };
}

/** Does what it is asked, and loses the first so many replies. */
export function losesReplies<Args extends unknown[], T>(
  times: number,
  answer: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  let replies = 0;
  return async (...args) => {
    const reply = await answer(...args);
    replies += 1;
    if (replies <= times) throw new Error(`reply ${replies} is lost`);
    return reply;
  };
}

export const nothing = async (): Promise<void> => undefined;

const noJobs: JobCounts = { total: 0, succeeded: 0, failed: 0, pending: 0, blocking: 0, blockingDone: 0 };

export function payloadState(phase: Phase, more: Partial<PayloadState> = {}): PayloadState {
  return { exists: true, phase, creation: '', creationMessage: '', mirrorPending: false, jobs: noJobs, ...more };
}

/** A payload that was deleted. */
export const noPayload: PayloadState = payloadState('Pending', { exists: false });

export function usableStream(more: Partial<Extract<StreamSurvey, { kind: 'usable' }>> = {}): StreamSurvey {
  return {
    kind: 'usable',
    stream: '4.20.0-0.nightly',
    target: 'release',
    endOfLife: false,
    targetMarked: true,
    unfinished: [],
    aborted: [],
    ...more,
  };
}

export function openedRelease(state: PayloadState, more: Partial<Extract<OpenedRelease, { kind: 'open' }>> = {}): OpenedRelease {
  return {
    kind: 'open',
    source: 'ocp/4.20',
    stream: '4.20.0-0.nightly',
    target: 'release',
    mirror: '4.20-mirror',
    hasAlternateMirror: false,
    verificationDeadlineMs: 0,
    state,
    ...more,
  };
}

export function verificationRound(state: PayloadState, more: Partial<VerificationRound> = {}): VerificationRound {
  return { state, start: [], waitingForRetry: [], running: 0, blockingPending: [], ...more };
}

/** The first attempt of a verification entry. */
export function runOf(verify: string): VerificationRun {
  return {
    name: `4.20.0-0.nightly-${verify}`,
    verify,
    kind: 'single',
    definition: `periodic-${verify}`,
    specJob: `periodic-${verify}`,
    attempt: 0,
  };
}
