import {
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  proxyActivities,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { AuditActivities, SigningActivities, StoredSignature } from '../activities/audit-contract.ts';
import type { AuditedRelease } from '../domain/audit/audit-record.ts';
import { auditRate, permitValidity, type Permit } from '../domain/audit/permits.ts';
import { auditTaskQueue, auditedSignal, type AuditInput, type AuditOutcome } from './audit-messages.ts';
import {
  isRefusal,
  isSame,
  keyOf,
  openStory,
  persevere,
  progressOf,
  record,
  recordTrouble,
  type Pause,
  type Refusal,
  type Story,
} from './audit-story.ts';
import { verified } from './audit-verification.ts';
import { workflowIds } from './ids.ts';
import { searchAttributes } from './search-attributes.ts';

const { requestPermit, checkEligible } = proxyActivities<AuditActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '6 seconds',
  // What lasts longer than a moment is waited out by the workflow, which says so in its details.
  retry: { initialInterval: '500ms', maximumAttempts: 3 },
});

/** How often a request that got no answer is repeated; the limiter keeps the requester's place. */
const repeatRequestMs = 5 * 60_000;

/**
 * for each release of the image:
 * check that it may be signed -> delay -> verify -> take a permit -> sign, store the signature -> store the record -> signed
 *          |                                |                            |                             |
 *          v                         again in 12 hours            try again later               try again later
 *       refused
 *
 * Nothing outside makes it fail: it waits, longer each time, or until `retryAudit` says that the cause is gone.
 */
export async function audit({ progress, ...release }: AuditInput): Promise<AuditOutcome> {
  const story = openStory(release, progress);
  const onLongHistory = () => continueAsNew<typeof audit>({ ...release, progress: progressOf(story) });
  present(release);
  for (let next = story.pending[0]; next !== undefined; next = story.pending[0]) {
    const outcome = await auditRelease(story, next, onLongHistory);
    await close(story, release, next, outcome);
  }
  story.announce([]);
  return story.outcome ?? { kind: 'refused', why: 'nothing was to be done' };
}

function present({ stream, namespace, tag }: AuditedRelease): void {
  upsertSearchAttributes([
    { key: searchAttributes.stream, value: stream },
    { key: searchAttributes.releaseTag, value: tag },
    { key: searchAttributes.releaseNamespace, value: namespace },
  ]);
}

async function auditRelease(story: Story, release: AuditedRelease, onLongHistory: () => Promise<void>): Promise<AuditOutcome> {
  const signature = await persevere(story, release, 'the signature', () => sign(story, release), onLongHistory);
  if (isRefusal(signature)) {
    await recordTrouble(story, release, { outcome: 'refused', why: signature.why });
    return signature;
  }
  const written = await persevere(story, release, 'the audit record', () => storeRecord(story, release, signature), onLongHistory);
  if (isRefusal(written)) return written;
  return { kind: 'signed', signature, ...(written.path === undefined ? {} : { record: written.path }) };
}

async function sign(story: Story, release: AuditedRelease): Promise<StoredSignature | Refusal | Pause> {
  const { announce } = story;
  const { namespace, tag, digest, location } = release;
  announce([{ for: `the payload of ${release.tag}`, why: 'it must still be one that is signed' }]);
  const eligibility = await checkEligible(release);
  if (!eligibility.eligible) return { kind: 'refused', why: eligibility.why };
  const delayMs = eligibility.notBefore === undefined ? 0 : Date.parse(eligibility.notBefore) - Date.now();
  if (delayMs > 0)
    return {
      kind: 'pause',
      for: `the signature of ${release.tag}`,
      why: 'the settings want it signed some time after the verdict',
      ms: delayMs,
    };

  const evidence = await verified(story, release);
  if ('kind' in evidence) return evidence;
  if (story.signature !== undefined) return story.signature;
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

async function storeRecord(story: Story, release: AuditedRelease, signature: StoredSignature): Promise<{ path?: string }> {
  const { announce, verification } = story;
  announce([{ for: `the audit record of ${release.tag}`, why: `it is stored beside ${signature.path}` }]);
  return record(story, release, { outcome: 'signed', signature, ...(verification === undefined ? {} : { verification }) });
}

/** Whoever waits for this release is told; the workflow that began the audit sees its end, unless others are still to come. */
async function close(story: Story, first: AuditedRelease, release: AuditedRelease, outcome: AuditOutcome): Promise<void> {
  story.pending = story.pending.filter((other) => !isSame(other, release));
  if (isSame(first, release)) story.outcome = outcome;
  const listened = story.listeners.includes(keyOf(release));
  story.listeners = story.listeners.filter((key) => key !== keyOf(release));
  const seesTheEnd = isSame(first, release) && story.pending.length === 0;
  if (!listened && seesTheEnd) return;
  await getExternalWorkflowHandle(workflowIds.release(release.namespace, release.tag))
    .signal(auditedSignal, { digest: release.digest, outcome: outcome.kind })
    .catch(() => undefined);
}
