import { condition, proxyActivities } from '@temporalio/workflow';
import type { AuditActivities } from '../activities/audit-contract.ts';
import type { VerificationEvidence } from '../domain/audit/audit-attempt.ts';
import { auditBackoff } from '../domain/audit/audit-backoff.ts';
import type { AuditedRelease } from '../domain/audit/audit-record.ts';
import { mostVerifications, verificationRetryMs } from '../domain/audit/verification-limits.ts';
import type { VerifyJobFacts } from '../domain/audit/verify-job.ts';
import { recordTrouble, type Pause, type Refusal, type Story } from './audit-story.ts';

const { planVerification, requestVerifyJob, readVerifyJob } = proxyActivities<AuditActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '6 seconds',
  retry: { initialInterval: '500ms', maximumAttempts: 3 },
});
// Gigabytes may have to be read.
const { verifyImage } = proxyActivities<AuditActivities>({
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 1 },
});

/** A job tells of itself; this is the net. */
const lookAgainMs = 10 * 60_000;
const personMs = 10 * 60_000;

type Tried = Pick<VerificationEvidence, 'result' | 'why' | 'by' | 'job' | 'image'>;

/**
 * plan -> (nothing to verify with) | fetch and check | verify job -> verified
 *                                                          |
 *                                        failed: again in twelve hours, so often and no more
 *                                        not everything could be fetched: again, later each time
 */
export async function verified(story: Story, release: AuditedRelease): Promise<VerificationEvidence | Pause | Refusal> {
  if (story.verification !== undefined) return story.verification;
  if (story.failedVerifications >= mostVerifications) return givenUp(release);
  story.announce([{ for: `the verification of ${release.tag}`, why: 'its image is checked before it is signed' }]);
  const tried = await attempt(story, release);
  if ('kind' in tried) return tried;
  const evidence = { ...tried, at: new Date(Date.now()).toISOString() };
  if (tried.result === 'verified' || tried.result === 'none') {
    story.verification = evidence;
    story.failedVerifications = 0;
    return evidence;
  }
  return setBack(story, release, evidence);
}

async function attempt(story: Story, release: AuditedRelease): Promise<Tried | Pause | Refusal> {
  const plan = await planVerification(release, story.requested !== undefined || story.failedVerifications > 0);
  switch (plan.kind) {
    case 'gone':
      return { kind: 'refused', why: `the tag of ${release.tag} is gone` };
    case 'none':
      return { result: 'none', why: plan.why };
    case 'missing':
      return {
        kind: 'pause',
        for: `the verification of ${release.tag}`,
        why: `${plan.why}, and nothing is signed unverified`,
        ms: personMs,
      };
    case 'local':
      return { ...(await verifyImage(release)), by: 'local' };
    case 'job':
      return verifyByJob(story, release, plan.job);
  }
}

async function verifyByJob(story: Story, release: AuditedRelease, job: VerifyJobFacts): Promise<Tried | Pause> {
  const where = `${job.namespace}/${job.name}`;
  const evidence = { by: 'job' as const, job: where, image: job.image };
  for (;;) {
    story.changed = false;
    // Whoever asks for it anew while a job runs has it already.
    story.retry = false;
    const seen = await readVerifyJob(job);
    if (seen.kind === 'succeeded') return { result: 'verified', ...evidence };
    if (seen.kind === 'failed') return { result: 'failed', why: seen.why, ...evidence };
    if (seen.kind === 'foreign')
      return { kind: 'pause', for: `verify job ${where}`, why: 'another auditor made a job of that name', ms: 1 };
    if (story.refusedJob?.name === job.name) {
      const { why } = story.refusedJob;
      delete story.refusedJob;
      return { kind: 'pause', for: `verify job ${where}`, why, ms: personMs };
    }
    const why = seen.kind === 'active' ? `it verifies ${job.pullSpec}` : 'it is created as soon as no more than one other is active';
    story.announce([{ for: `verify job ${where}`, why }]);
    if (seen.kind === 'none') await requestVerifyJob(job);
    await condition(() => story.changed || story.retry, lookAgainMs, { summary: `verify job of ${release.tag}` });
  }
}

/** Says what is wrong, writes it down, and waits. */
async function setBack(story: Story, release: AuditedRelease, evidence: VerificationEvidence): Promise<Pause> {
  const why = evidence.why ?? 'Unable to verify release for unknown reason';
  const what = `the verification of ${release.tag}`;
  if (evidence.result === 'unverified') {
    await recordTrouble(story, release, { outcome: 'not verified', why, verification: evidence });
    story.failures.outside += 1;
    return { kind: 'pause', for: what, why, ms: auditBackoff('outside', story.failures.outside) };
  }
  // Each failed attempt is one of its own, also where it fails as the one before.
  delete story.recorded;
  await recordTrouble(story, release, { outcome: 'verification failed', why, verification: evidence });
  story.failedVerifications += 1;
  return story.failedVerifications < mostVerifications ? { kind: 'pause', for: what, why, ms: verificationRetryMs } : givenUp(release, why);
}

/** Until somebody asks; a release that is not to be signed any more is noticed each day. */
function givenUp({ tag }: AuditedRelease, why = 'Unable to verify release'): Pause {
  const advice = `given up after ${mostVerifications} times; \`waybill audit again\` tries once more`;
  return { kind: 'pause', for: `the verification of ${tag}`, why: `${why} (${advice})`, ms: 24 * 60 * 60_000 };
}
