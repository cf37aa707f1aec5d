import type { Phase } from '../domain/payload/kinds.ts';
import type { VerificationRun } from '../domain/payload/verification-run.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import type { PeriodicActivities } from './periodic-contract.ts';
import type { PublishActivities, PublishSurvey } from './publish-contract.ts';
import type { RetentionActivities, RetentionSurvey } from './retention-contract.ts';
import type { StableActivities } from './stable-contract.ts';

/**
 * What workflows ask of the cluster for a payload, as types only: workflows must not load the code behind it.
 * Every activity may run again at any point; what exists and is ours counts as done. Errors are retried unless
 * the comment says permanent.
 */
export interface PayloadActivities extends PublishActivities, PeriodicActivities, RetentionActivities, StableActivities {
  /** reads and decides; writes nothing */
  surveyStream(stream: StreamId, now: number): Promise<StreamSurvey>;
  /** the same, and where nothing else has to come first the planned release is created at once, which saves a step on the way of every release */
  advanceStream(stream: StreamId, now: number): Promise<StreamSurvey>;
  markTarget(target: StreamId): Promise<void>;
  /** @returns false when the world moved on since the survey: look again */
  createRelease(stream: StreamId, planned: PlannedRelease, now: number): Promise<boolean>;
  /** has every tag of the stream say the verdict of its payload, in one write; releases named in `told` see to it themselves */
  markVerdicts(stream: StreamId, told: string[]): Promise<void>;
  abortPending(release: ReleaseId): Promise<void>;
  reportProblem(stream: StreamId, problem: Problem): Promise<void>;
  /** the same, on the source stream of a release */
  reportReleaseProblem(release: ReleaseId, problem: Problem): Promise<void>;

  openRelease(release: ReleaseId): Promise<OpenedRelease>;
  syncPayload(release: ReleaseId, facts: ObservedFacts): Promise<PayloadState>;
  markRelease(release: ReleaseId, mark: ReleaseMark): Promise<void>;
  ensureMirror(release: ReleaseId): Promise<MirrorState>;
  ensureReleaseJob(release: ReleaseId): Promise<EnsuredJob>;
  ensureAlternateMirror(release: ReleaseId): Promise<EnsuredJob>;
  releaseDigest(release: ReleaseId): Promise<ReleaseImage>;

  planVerificationRound(release: ReleaseId, facts: ObservedFacts, now: number): Promise<VerificationRound>;
  startRuns(release: ReleaseId, runs: VerificationRun[]): Promise<StartedRuns>;
}

/** The watches' side: one long activity a watched kind. */
export interface WatchActivities {
  watchResource(watch: WatchedResource): Promise<void>;
}

export interface StreamId {
  namespace: string;
  /** name of the ImageStream */
  name: string;
}

export interface ReleaseId {
  /** namespace of the target stream */
  namespace: string;
  tag: string;
  /** name of the target ImageStream; known from the payload where absent */
  target?: string;
}

export interface Problem {
  /** the Kubernetes event's reason */
  reason: string;
  message: string;
}

export type StreamSurvey =
  | { kind: 'gone' }
  | { kind: 'invalid'; problem: Problem }
  | { kind: 'unusable'; why: string }
  | {
      kind: 'usable';
      /** name in the release config */
      stream: string;
      target: string;
      endOfLife: boolean;
      targetMarked: boolean;
      planned?: PlannedRelease;
      /** whether `planned` was created already */
      created?: boolean;
      hold?: { why: string; until?: string };
      /** unfinished releases, newest first */
      unfinished: { tag: string; phase: Phase }[];
      aborted: string[];
      /** decided releases whose tags do not say so, the newest of them; absent where there are none */
      unmarked?: string[];
      publish?: PublishSurvey;
      retention?: RetentionSurvey;
      /** changes when the schedules of its periodics must; absent where there are none */
      periodics?: string;
      /** tags of a Stable stream that are to be made releases */
      adopt?: string[];
      /** of a Stable stream: what holds its tags */
      waiting?: Waiting[];
    };

export interface PlannedRelease {
  tag: string;
  target: string;
  hash: string;
}

export type OpenedRelease =
  | { kind: 'gone' }
  | { kind: 'blocked'; problem: Problem }
  | {
      kind: 'open';
      /** `<namespace>/<source ImageStream>` */
      source: string;
      /** name in the release config */
      stream: string;
      target: string;
      mirror: string;
      hasAlternateMirror: boolean;
      /** phases in which it is signed; accepted ones where absent */
      signed?: readonly Phase[];
      /** it was put into a Stable stream by people */
      stable?: true;
      /** milliseconds a verification run may take; 0 for ever */
      verificationDeadlineMs: number;
      /** the tag still says what an override said that was withdrawn */
      bearsWithdrawnVerdict?: boolean;
      /** it has its verdict, and runs that still go on */
      hasOpenRuns?: true;
      state: PayloadState;
    };

/** What a workflow knows that the cluster does not show. */
export interface ObservedFacts {
  /** runs with nothing to test: counted as succeeded */
  notRun?: VerificationRun[];
  /** milliseconds since the epoch: what began then or earlier and has not ended has passed its deadline */
  overdueIfBegunBy?: number;
  /** why the copy to the alternate repository can not be made */
  alternateMirrorFailure?: string;
}

/** A payload's state in small. */
export interface PayloadState {
  exists: boolean;
  phase: Phase;
  creation: string;
  creationMessage: string;
  mirrorPending: boolean;
  jobs: JobCounts;
  rejection?: { reason: string; message: string };
  /** of one that is Ready, RFC 3339: a verdict that was given and withdrawn changes it */
  undecidedSince?: string;
}

export interface JobCounts {
  total: number;
  succeeded: number;
  failed: number;
  pending: number;
  blocking: number;
  blockingDone: number;
}

export interface ReleaseMark {
  phase?: Phase;
  reason?: string;
  message?: string;
  hash?: string;
}

export type MirrorState =
  | { kind: 'gone' }
  | { kind: 'blocked'; problem: Problem }
  /** nobody knows yet where the mirror's images will be */
  | { kind: 'unplaced' }
  | { kind: 'importing'; waitingFor: string[]; failed: { tag: string; message: string }[] }
  | { kind: 'ready'; hash: string };

export type EnsuredJob =
  | { kind: 'exists'; finished: boolean }
  | { kind: 'gone' }
  /** begin again with the mirror: that is gone, or is of an image that the tag does not point at any more, whose job is deleted */
  | { kind: 'outdated' }
  | { kind: 'blocked'; problem: Problem };

export interface ReleaseImage {
  digest?: string;
  location?: string;
  /** what the registry refuses, and what would mend it */
  problem?: string;
}

export interface VerificationRound {
  state: PayloadState;
  start: VerificationRun[];
  /** RFC 3339: when the next retry is due */
  retryAt?: string;
  waitingForRetry: { verify: string; at: string }[];
  /** how many runs exist and have not ended; not which, since this is kept of every look at hundreds of jobs */
  running: number;
  /** RFC 3339: when the one was started that will pass its deadline next */
  nextOverdue?: string;
  blockingPending: string[];
  /** what keeps runs from being planned, by what they are runs of */
  problems?: { verify: string; message: string }[];
}

export interface StartedRuns {
  /** runs with nothing to test, and why */
  notRun: { run: VerificationRun; reason: string }[];
  problems: { verify: string; message: string }[];
}

export interface WatchedResource {
  cluster: string;
  resource: string;
  /** how far the watch before came, by namespace: what is newer goes first */
  toldUpTo?: ResourceVersions;
}

/** Resource versions by watched namespace, `*` for the whole cluster. */
export type ResourceVersions = Record<string, string>;
