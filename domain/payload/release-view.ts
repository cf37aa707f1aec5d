import type { Phase } from './kinds.ts';
import type { Waiting } from './waiting.ts';

/** One release as API, command line and pages show it. Times are RFC 3339. */
export interface ReleaseView {
  name: string;
  namespace: string;
  /** name in the release config; empty where nothing tells */
  stream: string;
  phase: Phase | 'Unknown';
  stage: Stage;
  /** empty while there is no image */
  pullSpec: string;
  digest?: string;
  created?: string;
  summary: ReleaseSummary;
  jobs: JobView[];
  /** every reason for a "no", for a wait, and for a verdict that the jobs alone did not give */
  reasons: string[];
  /** what its workflows say they wait for */
  waiting: Waiting[];
  /** what happens next, or who may do what */
  nextSteps: string[];
  override?: OverrideView;
  audit?: AuditView;
  /** records of the latest audits, newest first, as far as the store could be read; absent where there are none */
  auditAttempts?: AuditAttemptView[];
}

/** Where in its story a release is. */
export type Stage = 'unknown' | 'images' | 'building' | 'verifying' | 'signing' | 'done';

export type ReleaseSummary = Record<'all' | JobKind, JobCounts>;

export interface JobCounts {
  total: number;
  succeeded: number;
  failed: number;
  pending: number;
}

export type JobKind = 'blocking' | 'informing' | 'upgrade';

export interface JobView {
  /** key of the entry in the release config */
  name: string;
  /** the Prow job */
  job: string;
  kind: JobKind;
  state: 'Succeeded' | 'Failed' | 'Pending';
  /** attempts after the first */
  retries: number;
  maxRetries: number;
  /** of a statistical job: how many runs its verdict is made from */
  analysisRuns?: number;
  /** of the first successful run, else of the latest; may be empty */
  url: string;
  /** by start */
  runs: RunView[];
  /** what is out of the ordinary */
  note?: string;
}

export interface RunView {
  name: string;
  state: string;
  url: string;
  started?: string;
  completed?: string;
}

export interface OverrideView {
  override: string;
  reason: string;
  /** whoever wrote it, where that is known */
  by?: string;
}

/** Where the records of an accepted release are. */
export interface AuditView {
  signature: string;
  record: string;
}

/** One attempt at auditing a release. */
export interface AuditAttemptView {
  /** counts from 1 */
  attempt: number;
  /** `signed`, or what it ended with instead */
  outcome: string;
  why?: string;
  at: string;
  /** who asked for it, where a person did */
  by?: string;
  /** path of its record in the store */
  record: string;
}
