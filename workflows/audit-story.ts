import { condition, isCancellation, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { AuditActivities } from '../activities/audit-contract.ts';
import type { AuditAttempt } from '../domain/audit/audit-attempt.ts';
import { auditBackoff, type AuditTrouble } from '../domain/audit/audit-backoff.ts';
import type { AuditedRelease } from '../domain/audit/audit-record.ts';
import type { Permit } from '../domain/audit/permits.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import { auditFailure } from './audit-failure.ts';
import { alsoAuditSignal, auditAgainSignal, retryAuditSignal, type AuditProgress } from './audit-messages.ts';
import { isHistoryLong } from './history.ts';
import { permitGrantedSignal } from './limiter-messages.ts';
import { verifyJobRefusedSignal } from './verify-jobs-messages.ts';
import { announceWaiting, changedSignal } from './waiting.ts';

const { recordAttempt } = proxyActivities<AuditActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '6 seconds',
  retry: { initialInterval: '500ms', maximumAttempts: 3 },
});

/** What an audit knows while it runs. */
export interface Story extends AuditProgress {
  /** the request for a permit that waits for its answer */
  request?: string;
  permit?: Permit;
  /** the job that the cluster refused last, and why */
  refusedJob?: { name: string; why: string };
  /** something about a verify job changed */
  changed: boolean;
  /** somebody said that what stood in the way was mended, or asked for it again */
  retry: boolean;
  announce: (waiting: Waiting[]) => void;
}

export interface Refusal {
  kind: 'refused';
  why: string;
}

/** Not now: for so long, or until somebody asks for it. */
export interface Pause {
  kind: 'pause';
  for: string;
  why: string;
  ms?: number;
}

const noFailures = (): AuditProgress['failures'] => ({ person: 0, late: 0, outside: 0 });

/** Listens to everybody; call before the first await. */
export function openStory(release: AuditedRelease, progress: AuditProgress | undefined): Story {
  const begun: AuditProgress = { failures: noFailures(), pending: [release], listeners: [], failedVerifications: 0, records: 0 };
  const story: Story = { ...begun, ...progress, changed: false, retry: false, announce: announceWaiting() };
  const tryNow = () => {
    story.retry = true;
    story.failures = noFailures();
    story.failedVerifications = 0;
  };
  const alsoFor = (other: AuditedRelease) => {
    if (!story.pending.some((known) => isSame(known, other))) story.pending.push(other);
  };
  setHandler(permitGrantedSignal, (permit) => {
    if (permit.request === story.request) story.permit = permit;
  });
  setHandler(retryAuditSignal, tryNow);
  setHandler(alsoAuditSignal, (other) => {
    alsoFor(other);
    if (!story.listeners.includes(keyOf(other))) story.listeners.push(keyOf(other));
  });
  setHandler(auditAgainSignal, (wanted, request) => {
    alsoFor(wanted);
    story.requested = request;
    delete story.verification;
    delete story.signature;
    tryNow();
  });
  setHandler(changedSignal, () => {
    story.changed = true;
  });
  setHandler(verifyJobRefusedSignal, (refused) => {
    story.refusedJob = refused;
    story.changed = true;
  });
  return story;
}

export const keyOf = ({ namespace, tag }: AuditedRelease) => `${namespace}/${tag}`;
export const isSame = (a: AuditedRelease, b: AuditedRelease) => keyOf(a) === keyOf(b);

/** Everything that the next run of this audit has to know. */
export function progressOf(story: Story): AuditProgress {
  const {
    request: _request,
    permit: _permit,
    refusedJob: _job,
    changed: _changed,
    retry: _retry,
    announce: _announce,
    ...progress
  } = story;
  return progress;
}

/** Repeats a step until it is done, or until it turns out that the release may not be signed. */
export async function persevere<T>(
  story: Story,
  release: AuditedRelease,
  what: string,
  step: () => Promise<T | Refusal | Pause>,
  onLongHistory: () => Promise<void>,
): Promise<T | Refusal> {
  for (;;) {
    story.retry = false;
    try {
      const done = await step();
      if (!isPause(done)) {
        if (!isRefusal(done)) story.failures = noFailures();
        return done;
      }
      await pause(story, done);
    } catch (failure) {
      if (isCancellation(failure)) throw failure;
      const { kind, why } = auditFailure(failure);
      if (kind === 'refused') return { kind, why };
      if (kind === 'person') await recordTrouble(story, release, { outcome: 'in trouble', why });
      await waitOut(story, what, kind, why);
    }
    if (isHistoryLong()) await onLongHistory();
  }
}

const isPause = (step: unknown): step is Pause => (step as Partial<Pause>).kind === 'pause';
export const isRefusal = (step: unknown): step is Refusal => (step as Partial<Refusal>).kind === 'refused';

async function waitOut(story: Story, what: string, trouble: AuditTrouble, why: string): Promise<void> {
  story.failures[trouble] += 1;
  const backoffMs = auditBackoff(trouble, story.failures[trouble]);
  const advice = trouble === 'person' ? '; mend it, then `waybill audit again` tries at once' : '';
  await pause(story, { kind: 'pause', for: what, why: `${why}${advice}`, ms: backoffMs });
}

async function pause(story: Story, { for: what, why, ms }: Pause): Promise<void> {
  const until = ms === undefined ? {} : { until: new Date(Date.now() + ms).toISOString() };
  story.announce([{ for: what, why: why.replaceAll(/\s+/g, ' '), ...until }]);
  if (ms === undefined) await condition(() => story.retry);
  else if (ms > 0) await condition(() => story.retry, ms, { summary: `next attempt: ${what}` });
}

/** Writes down how an attempt went. */
export async function record(
  story: Story,
  release: AuditedRelease,
  attempt: Omit<AuditAttempt, 'id' | 'at' | 'requested'>,
): Promise<{ path?: string }> {
  const { requested } = story;
  const id = `${workflowInfo().runId}/${story.records}`;
  const written = await recordAttempt(release, {
    id,
    ...attempt,
    ...(requested === undefined ? {} : { requested }),
    at: new Date(Date.now()).toISOString(),
  });
  story.records += 1;
  return written;
}

/** Each trouble once, as long as it lasts; a store that is down is no reason to stop. */
export async function recordTrouble(
  story: Story,
  release: AuditedRelease,
  attempt: Omit<AuditAttempt, 'id' | 'at' | 'requested'>,
): Promise<void> {
  const told = `${attempt.outcome}: ${attempt.why}`;
  if (story.recorded === told) return;
  try {
    await record(story, release, attempt);
    story.recorded = told;
  } catch (failure) {
    if (isCancellation(failure)) throw failure;
  }
}
