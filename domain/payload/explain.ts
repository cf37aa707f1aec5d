import { annotation } from './annotations.ts';
import { conditionOf } from './conditions.ts';
import { isStable, type ReleaseConfig } from './config.ts';
import { jobViews, nameOfJob, standingOf, summarize } from './job-view.ts';
import type { Phase, ReleasePayload, TagReference } from './kinds.ts';
import { nextSteps } from './next-steps.ts';
import { overrideByAnnotation, overrideWithdrawnAnnotation } from './override-annotations.ts';
import type { AuditAttemptView, AuditView, JobView, OverrideView, ReleaseView, Stage } from './release-view.ts';
import { displayPhase } from './stream-catalog.ts';
import { shownPhase } from './stream-view.ts';
import { isMirrorPending } from './verdict.ts';
import type { Waiting } from './waiting.ts';

export interface ReleaseFacts {
  name: string;
  namespace: string;
  /** undefined where the target has none of that name */
  tag: TagReference | undefined;
  payload: ReleasePayload | undefined;
  /** of its stream, where there is a valid one */
  config: ReleaseConfig | undefined;
  /** why its stream is not driven now */
  streamProblem?: string;
  /** from `releaseLocation`; empty while there is no image */
  pullSpec: string;
  digest?: string;
  waiting: readonly Waiting[];
  audit?: AuditView;
  /** newest first */
  auditAttempts?: readonly AuditAttemptView[];
  /** epoch milliseconds */
  now: number;
}

/** Says of one release where it is, why, and what comes next. API, command line and pages all show what this says. */
export function explainRelease(facts: ReleaseFacts): ReleaseView {
  const { name, namespace, tag, payload, pullSpec, digest, waiting, audit, auditAttempts = [] } = facts;
  const phase = tag === undefined ? displayPhase(payload) : shownPhase(tag, payload);
  const jobs = payload === undefined ? [] : jobViews(payload);
  const stream = payload?.spec.payloadCoordinates?.streamName ?? tag?.annotations?.[annotation.name] ?? facts.config?.name ?? '';
  const created = tag?.annotations?.[annotation.creationTimestamp] ?? payload?.metadata.creationTimestamp;
  const override = overrideOf(payload);
  // release and verification both wait for the jobs; the verification, asked last, knows how many
  const lastAboutJobs = waiting.findLastIndex(({ about }) => about === 'jobs');
  const reasons = [...streamReasons(facts, stream, phase), ...overrideReasons(override, phase, payload), ...reasonsOf(facts, phase, jobs)];
  const view = {
    name,
    namespace,
    stream,
    phase,
    stage: stageOf(phase, facts),
    pullSpec,
    ...(digest && { digest }),
    ...(created !== undefined && { created }),
    summary: summarize(jobs),
    jobs,
    reasons,
    waiting: waiting.filter(({ about }, index) => about !== 'jobs' || index === lastAboutJobs),
    ...(override !== undefined && { override }),
    ...(audit !== undefined && { audit }),
    ...(auditAttempts.length > 0 && { auditAttempts: [...auditAttempts] }),
  };
  return { ...view, nextSteps: nextSteps(view, facts.config !== undefined && isStable(facts.config)) };
}

function stageOf(phase: Phase | 'Unknown', { payload, waiting }: ReleaseFacts): Stage {
  if (phase === 'Unknown') return 'unknown';
  if (phase === 'Ready') return 'verifying';
  if (phase === 'Accepted') return waiting.length > 0 ? 'signing' : 'done';
  if (phase !== 'Pending') return 'done';
  return payload?.status?.releaseCreationJobResult?.message === 'Release creation job pending' ? 'building' : 'images';
}

function overrideOf(payload: ReleasePayload | undefined): OverrideView | undefined {
  const { override = '', reason = '' } = payload?.spec.payloadOverride ?? {};
  if (override === '') return undefined;
  const by = payload?.metadata.annotations?.[overrideByAnnotation];
  return { override, reason, ...(by !== undefined && { by }) };
}

function streamReasons({ streamProblem }: ReleaseFacts, stream: string, phase: Phase | 'Unknown'): string[] {
  const settled = phase === 'Accepted' || phase === 'Rejected' || phase === 'Failed';
  return streamProblem === undefined || settled ? [] : [`stream ${stream} is not driven: ${streamProblem}`];
}

function overrideReasons(view: OverrideView | undefined, phase: Phase | 'Unknown', payload: ReleasePayload | undefined): string[] {
  if (view === undefined) return withdrawalReasons(payload);
  const { override, reason, by } = view;
  const who = by === undefined ? '' : ` by ${by}`;
  const why = reason === '' ? ', without a reason' : `: ${reason}`;
  if (override !== 'Accepted' && override !== 'Rejected')
    return [`the override ${JSON.stringify(override)} is neither Accepted nor Rejected, so it is ignored`];
  if (phase === 'Failed') return [`an override to ${override} was written${who}${why}; it has no effect, since there is no release image`];
  const followed = payload !== undefined && conditionOf(payload, 'PayloadAccepted')?.reason === `ReleasePayloadManually${override}`;
  return [
    followed
      ? `${override.toLowerCase()} by hand${who}${why}`
      : `an override to ${override} was written${who}${why}; it counts as soon as the release image exists`,
  ];
}

function withdrawalReasons(payload: ReleasePayload | undefined): string[] {
  const withdrawn = payload?.metadata.annotations?.[overrideWithdrawnAnnotation];
  return withdrawn === undefined ? [] : [`an override was withdrawn by ${withdrawn}`];
}

function reasonsOf(facts: ReleaseFacts, phase: Phase | 'Unknown', jobs: JobView[]): string[] {
  switch (phase) {
    case 'Unknown':
      // A Stable release whose turn has not come has no payload yet; its stream says what holds it.
      if (facts.waiting.length > 0) return waitingReasons(facts.waiting);
      return [`release ${facts.name} has no ReleasePayload in namespace ${facts.namespace}: nothing verifies it`];
    case 'Pending':
      return pendingReasons(facts);
    case 'Failed':
      return [failure(facts)];
    case 'Ready':
      return readyReasons(facts, jobs);
    case 'Rejected':
      return verdictReasons(facts, jobs, 'Failed');
    case 'Accepted':
      return [...verdictReasons(facts, jobs, 'Succeeded'), ...waitingReasons(facts.waiting), ...auditReasons(facts)];
  }
}

/** What its last audit came to, where that is not a signature. While one runs it says itself what it waits for. */
function auditReasons({ waiting, auditAttempts = [] }: ReleaseFacts): string[] {
  const [last] = auditAttempts;
  if (last === undefined || last.outcome === 'signed' || waiting.length > 0) return [];
  const { attempt, at, outcome, why = '' } = last;
  return [`its audit ended without a signature (attempt ${attempt}, ${at}): ${outcome}${why === '' ? '' : `: ${why}`}`];
}

function pendingReasons({ payload, waiting }: ReleaseFacts): string[] {
  const creation = payload?.status?.releaseCreationJobResult;
  const job = creation?.coordinates?.name;
  const building =
    job !== undefined && creation?.message ? [`release job ${creation.coordinates?.namespace}/${job}: ${creation.message}`] : [];
  return ['the release image is not built yet', ...building, ...waitingReasons(waiting)];
}

/** A release that gave way says so on its tag; one that could not be built, in its payload. */
function failure({ tag, payload }: ReleaseFacts): string {
  const { [annotation.reason]: reason, [annotation.message]: message } = tag?.annotations ?? {};
  const { status, message: said, coordinates } = payload?.status?.releaseCreationJobResult ?? {};
  if (status === 'Failed') return `release job ${coordinates?.namespace}/${coordinates?.name} failed: ${said}`;
  return reason === 'Aborted'
    ? `the release gave way to a newer one: ${message}`
    : `the release failed: ${message ?? reason ?? 'no reason was recorded'}`;
}

function readyReasons({ payload, waiting, now }: ReleaseFacts, jobs: JobView[]): string[] {
  const blocking = jobs.filter(({ kind }) => kind === 'blocking');
  const awaited = blocking.length > 0 ? blocking : jobs;
  const about = (job: JobView) => {
    const obstacle = waiting.find(
      ({ about, until }) => until === undefined && typeof about === 'object' && 'job' in about && about.job === job.name,
    );
    return `${job.kind} job ${nameOfJob(job)} ${obstacle === undefined ? standingOf(job, now) : `can not start: ${obstacle.why}`}`;
  };
  const pending = awaited.filter(({ state }) => state === 'Pending');
  const lost = blocking.filter(({ state }) => state === 'Failed');
  return [
    ...mirrorReasons(payload),
    ...pending.map(about),
    ...lost.map((job) => `${about(job)}; the release is rejected when all blocking jobs have ended`),
    ...noteReasons(jobs),
    // what workflows say about jobs and the copy, the reasons above say better
    ...waitingReasons(waiting.filter(({ about }) => about === undefined)),
  ];
}

function mirrorReasons(payload: ReleasePayload | undefined): string[] {
  const wanted = payload?.spec.payloadCreationConfig?.releaseMirrorCoordinates;
  const result = payload?.status?.releaseMirrorJobResult;
  if (result?.status === 'Failed')
    return [`the copy to the alternate repository failed: ${result.message ?? ''}; the verdict does not wait for it`];
  if (!isMirrorPending(wanted?.releaseMirrorJobName, result, payload?.status?.conditions ?? [])) return [];
  return [`the copy to the alternate repository has not ended: job ${wanted?.namespace}/${wanted?.releaseMirrorJobName}`];
}

/** The jobs that made the verdict; an override made it where the words of the condition say so. */
function verdictReasons({ payload, now }: ReleaseFacts, jobs: JobView[], state: 'Failed' | 'Succeeded'): string[] {
  const byHand = payload !== undefined && conditionOf(payload, 'PayloadAccepted')?.reason.startsWith('ReleasePayloadManually');
  const blocking = jobs.filter(({ kind }) => kind === 'blocking');
  const failed = blocking.filter((job) => job.state === 'Failed').map((job) => `blocking job ${nameOfJob(job)} ${standingOf(job, now)}`);
  if (state === 'Failed' && !byHand && failed.length === 0) return [conditionReason(payload), ...noteReasons(jobs)];
  if (state === 'Failed' || byHand) return [...failed, ...noteReasons(jobs)];
  const why =
    blocking.length > 0
      ? `${blocking.length === 1 ? 'the one blocking job' : `all ${blocking.length} blocking jobs`} succeeded`
      : 'there is no blocking job, and all others have ended';
  return [why, ...failed, ...noteReasons(jobs)];
}

/** For a verdict that no job explains: another controller gave it, or its jobs were changed since. */
function conditionReason(payload: ReleasePayload | undefined): string {
  const { reason, message = '' } = (payload && conditionOf(payload, 'PayloadRejected')) ?? {};
  return `its payload's condition PayloadRejected says ${reason}${message === '' ? '' : `: ${message}`}; no failed blocking job is recorded`;
}

/** Of the jobs that decide; what is out of the ordinary with others stands in the list of jobs. */
function noteReasons(jobs: readonly JobView[]): string[] {
  const blocking = jobs.filter(({ kind }) => kind === 'blocking');
  return (blocking.length > 0 ? blocking : jobs)
    .filter(({ note }) => note !== undefined)
    .map((job) => `${job.kind} job ${nameOfJob(job)}: ${job.note}`);
}

function waitingReasons(waiting: readonly Waiting[]): string[] {
  return waiting.map(({ for: what, why, until }) => `waits for ${what}: ${why}${until === undefined ? '' : ` (until ${until})`}`);
}
