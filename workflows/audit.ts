import {
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { AuditActivities, SigningActivities, StoredSignature } from '../activities/audit-contract.ts';
import { auditBackoff, type AuditTrouble } from '../domain/audit/audit-backoff.ts';
import type { AuditedRelease } from '../domain/audit/audit-record.ts';
import { auditRate, permitValidity, type Permit } from '../domain/audit/permits.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import { auditFailure } from './audit-failure.ts';
import { auditTaskQueue, retryAuditSignal, type AuditInput, type AuditOutcome, type AuditProgress } from './audit-messages.ts';
import { permitGrantedSignal } from './limiter-messages.ts';
import { searchAttributes } from './search-attributes.ts';
import { announceWaiting } from './waiting.ts';

const { requestPermit, checkEligible, storeAuditRecord } = proxyActivities<AuditActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '6 seconds',
  // What lasts longer than a moment is waited out by the workflow, which says so in its details.
  retry: { initialInterval: '500ms', maximumAttempts: 3 },
});

/** How often a request that got no answer is repeated; the limiter keeps the requester's place. */
const repeatRequestMs = 5 * 60_000;

interface Refusal {
  kind: 'refused';
  why: string;
}

interface Story extends AuditProgress {
  release: AuditedRelease;
  /** the request for a permit that waits for its answer */
  request?: string;
  permit?: Permit;
  /** somebody said that what stood in the way was mended */
  retry: boolean;
  announce: (waiting: Waiting[]) => void;
}

/**
 * check that the release may be signed -> take a permit -> sign, store the signature -> store the audit record -> signed
 *          |                                                         |                           |
 *          v                                                   try again later             try again later
 *       refused
 *
 * Nothing outside makes it fail: it waits, longer each time, or until `retryAudit` says that the cause is gone.
 */
export async function audit({ progress, ...release }: AuditInput): Promise<AuditOutcome> {
  const story = openStory(release, progress);
  present(release);
  const signature = await persevere(story, 'the signature', () => sign(story));
  if ('why' in signature) return signature;
  const record = await persevere(story, 'the audit record', () => storeRecord(story, signature));
  if ('why' in record) return record;
  story.announce([]);
  return { kind: 'signed', signature, record: record.path };
}

function openStory(release: AuditedRelease, progress: AuditProgress = { failures: noFailures() }): Story {
  const story: Story = { ...progress, release, retry: false, announce: announceWaiting() };
  setHandler(permitGrantedSignal, (permit) => {
    if (permit.request === story.request) story.permit = permit;
  });
  setHandler(retryAuditSignal, () => {
    story.retry = true;
    story.failures = noFailures();
  });
  return story;
}

const noFailures = (): AuditProgress['failures'] => ({ person: 0, late: 0, outside: 0 });

function present({ stream, namespace, tag }: AuditedRelease): void {
  upsertSearchAttributes([
    { key: searchAttributes.stream, value: stream },
    { key: searchAttributes.releaseTag, value: tag },
    { key: searchAttributes.releaseNamespace, value: namespace },
  ]);
}

async function sign(story: Story): Promise<StoredSignature | Refusal> {
  if (story.signature !== undefined) return story.signature;
  const { release, announce } = story;
  const { namespace, tag, digest, location } = release;
  announce([{ for: `the payload of ${release.tag}`, why: 'it must still be accepted' }]);
  const eligibility = await checkEligible(release);
  if (!eligibility.eligible) return { kind: 'refused', why: eligibility.why };

  const { startBy } = await takePermit(story);
  announce([{ for: `the signature of ${release.tag}`, why: 'an audit worker makes it and stores it' }]);
  story.signature = await signWithin(startBy).signRelease({ namespace, tag, digest, location, startBy });
  return story.signature;
}

async function takePermit(story: Story): Promise<Permit> {
  const request = uuid4();
  delete story.permit;
  story.request = request;
  story.announce([
    { for: 'a permit to sign', why: `at most ${auditRate.starts} signatures are begun in any ${auditRate.windowMs / 1000} seconds` },
  ]);
  for (;;) {
    await requestPermit({ requester: workflowInfo().workflowId, request, validMs: permitValidity(story.failures.late) });
    await condition(() => story.permit !== undefined, repeatRequestMs, { summary: 'permit to sign' });
    if (story.permit !== undefined) return story.permit;
  }
}

/** One attempt, begun while the permit is good or not at all. The next attempt takes a permit of its own. */
function signWithin(startBy: number): SigningActivities {
  return proxyActivities<SigningActivities>({
    taskQueue: auditTaskQueue,
    scheduleToStartTimeout: Math.max(startBy - Date.now(), 1),
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: '10 seconds',
    retry: { maximumAttempts: 1 },
  });
}

async function storeRecord({ release, announce }: Story, signature: StoredSignature): Promise<{ path: string }> {
  announce([{ for: `the audit record of ${release.tag}`, why: `it is stored beside ${signature.path}` }]);
  return storeAuditRecord(release, signature);
}

/** Repeats a step until it is done, or until it turns out that the release may not be signed. */
async function persevere<T>(story: Story, what: string, step: () => Promise<T>): Promise<T | Refusal> {
  for (;;) {
    story.retry = false;
    try {
      const done = await step();
      story.failures = noFailures();
      return done;
    } catch (failure) {
      if (isCancellation(failure)) throw failure;
      const { kind, why } = auditFailure(failure);
      if (kind === 'refused') return { kind, why };
      await waitOut(story, what, kind, why);
    }
  }
}

async function waitOut(story: Story, what: string, trouble: AuditTrouble, why: string): Promise<void> {
  story.failures[trouble] += 1;
  const backoffMs = auditBackoff(trouble, story.failures[trouble]);
  const advice = trouble === 'person' ? '; mend it, then signal retryAudit or wait' : '';
  story.announce([{ for: what, why: `${why}${advice}`, until: new Date(Date.now() + backoffMs).toISOString() }]);
  if (backoffMs > 0) await condition(() => story.retry, backoffMs, { summary: `next attempt: ${what}` });
  if (!workflowInfo().continueAsNewSuggested) return;
  const { release, failures, signature } = story;
  await continueAsNew<typeof audit>({ ...release, progress: { failures, ...(signature === undefined ? {} : { signature }) } });
}
