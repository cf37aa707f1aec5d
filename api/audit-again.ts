import type { Client } from '@temporalio/client';
import type { AuditRequest } from '../domain/audit/audit-attempt.ts';
import type { AuditedRelease } from '../domain/audit/audit-record.ts';
import { releaseLocation } from '../domain/payload/stream-catalog.ts';
import { isImageDigest } from '../domain/audit/digest.ts';
import { auditAgainSignal, auditWorkflowId } from '../workflows/audit-messages.ts';
import type { audit } from '../workflows/audit.ts';
import { taskQueue } from '../workflows/ids.ts';
import type { Catalog, FoundRelease } from './catalog.ts';
import { Problem } from './problem.ts';
import { digestOf, findOne } from './views.ts';

/**
 * Has a release audited once more: one that waits tries at once, one that has ended begins anew.
 *
 * @throws Problem 503 when Temporal does not take it
 */
export type AuditAgain = (release: AuditedRelease, request: AuditRequest) => Promise<void>;

const patienceMs = 5_000;

export function auditAgain(client: Client): AuditAgain {
  return async (release, request) => {
    const order = () =>
      client.workflow.signalWithStart<typeof audit, [AuditedRelease, AuditRequest]>('audit', {
        workflowId: auditWorkflowId(release.digest),
        taskQueue,
        args: [release],
        signal: auditAgainSignal,
        signalArgs: [release, request],
        staticSummary: `signature of ${release.tag}`,
      });
    try {
      await client.connection.withDeadline(Date.now() + patienceMs, order);
    } catch (error) {
      throw new Problem(
        503,
        'Temporal is away',
        `the audit of ${release.tag} could not be ordered: ${(error as Error).message}`,
        'try again in a moment',
      );
    }
  };
}

/**
 * The releases that a person means: one by its tag, or all of one image.
 *
 * @param subject a tag, or `sha256:<hex>`
 * @throws Problem 404 or 409
 */
export function auditedReleases(catalog: Catalog, subject: string, namespace?: string): AuditedRelease[] {
  if (!isImageDigest(subject)) return [auditedRelease(findOne(catalog, subject, namespace))];
  const found = catalog
    .configured()
    .flatMap((configured) => (configured.visible ? configured.stream.tags.flatMap(({ name }) => catalog.find(name)) : []))
    .filter((release) => digestOf(release) === subject && (namespace === undefined || release.namespace === namespace));
  const releases = new Map(found.map((release) => [`${release.namespace}/${release.name}`, release]));
  if (releases.size > 0) return [...releases.values()].map(auditedRelease);
  throw new Problem(404, 'No such image', `no release has the digest ${subject}`, 'name a release by its tag; it may have been retired');
}

function auditedRelease(found: FoundRelease): AuditedRelease {
  const { name, namespace, configured, tag, payload } = found;
  const digest = digestOf(found);
  const location = configured?.visible === true && tag !== undefined ? releaseLocation(configured.stream, tag) : '';
  if (digest !== undefined && location !== '' && configured?.visible === true) {
    const { config, target } = configured.stream;
    const older = payload === undefined ? { target: target.metadata.name } : {};
    return { namespace, tag: name, stream: config.name, digest, location, ...older };
  }
  throw new Problem(409, 'No image', `nothing shows where the image of ${name} is, or its digest`, 'see `waybill release why`');
}
