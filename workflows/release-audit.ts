import { condition, getExternalWorkflowHandle, ParentClosePolicy, setHandler, sleep, startChild } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ReleaseId } from '../activities/contract.ts';
import type { AuditedRelease } from '../domain/audit/audit-record.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import { alsoAuditSignal, auditedSignal, auditWorkflowId } from './audit-messages.ts';
import type { audit } from './audit.ts';
import { persist } from './children.ts';
import { quick } from './durable.ts';

const releaseDigest = quick('releaseDigest');

/** An audit that another release began and that does not answer is asked again. */
const repeatMs = 10 * 60_000;

/** What audits told this release: digests that are done. */
export type Audits = Set<string>;

type Announce = (waiting: Waiting[]) => void;

/** Call before the first await. */
export function listenForAudits(): Audits {
  const told: Audits = new Set();
  setHandler(auditedSignal, ({ digest }) => void told.add(digest));
  return told;
}

/**
 * Has a release audited, and waits for the end. The audit goes on by itself if this workflow is cancelled. One that runs
 * already, begun by another release of the same image, takes this one in.
 */
export async function haveAudited(told: Audits, release: ReleaseId & { stream: string }, announce: Announce): Promise<void> {
  const image = await builtImage(release, announce);
  announce([{ for: 'the signed audit record', why: `audit of ${image.digest} signs and stores it` }]);
  const { namespace, tag, stream } = release;
  const audited: AuditedRelease = { namespace, tag, stream, ...image };
  told.delete(image.digest);
  while (!(await begun(told, audited, announce)) && !(await joined(told, audited)));
}

/** @returns false where an audit of the image runs already */
async function begun(told: Audits, release: AuditedRelease, announce: Announce): Promise<boolean> {
  const begin = async () => {
    const child = await startChild<typeof audit>('audit', {
      workflowId: auditWorkflowId(release.digest),
      args: [release],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `signature of ${release.tag}`,
    });
    // Others may have come to it since, and it goes on for them.
    const ended = child.result();
    ended.catch(() => undefined);
    await Promise.race([ended, condition(() => told.has(release.digest))]);
  };
  try {
    await persist({ announce }, begin);
    return true;
  } catch (failure) {
    if (!(failure instanceof WorkflowExecutionAlreadyStartedError)) throw failure;
    return false;
  }
}

/** @returns false where it has to be tried again: the audit has ended meanwhile, or is silent */
async function joined(told: Audits, release: AuditedRelease): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(auditWorkflowId(release.digest)).signal(alsoAuditSignal, release);
  } catch {
    return false;
  }
  return condition(() => told.has(release.digest), repeatMs, { summary: `audit of ${release.tag}` });
}

/** The image is pushed before its job ends; where it does not show yet, the registry or an import is slow. */
async function builtImage(input: ReleaseId, announce: Announce): Promise<{ digest: string; location: string }> {
  for (let seconds = 1; ; seconds = Math.min(seconds * 2, 300)) {
    const { digest, location, problem } = await releaseDigest(input);
    if (digest !== undefined && location !== undefined) return { digest, location };
    announce([{ for: `the digest of ${input.tag}`, why: problem ?? 'neither the image stream nor the registry shows the image' }]);
    await sleep(seconds * 1000);
  }
}
