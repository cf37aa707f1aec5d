import { isStable } from '../domain/payload/config.ts';
import { explainRelease } from '../domain/payload/explain.ts';
import { mirrorName } from '../domain/payload/mirror.ts';
import { tagPhase } from '../domain/payload/phase.ts';
import { statusTag } from '../domain/payload/pull-spec.ts';
import type { AuditAttemptView, AuditView, ReleaseView } from '../domain/payload/release-view.ts';
import { displayPhase, releaseLocation, type ConfiguredStream } from '../domain/payload/stream-catalog.ts';
import { releaseListItem, shownPhase, streamView, type ReleaseListItem, type StreamView } from '../domain/payload/stream-view.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import { auditWorkflowId } from '../workflows/audit-messages.ts';
import { workflowIds } from '../workflows/ids.ts';
import { nameOf, type Catalog, type FoundRelease } from './catalog.ts';
import { Problem } from './problem.ts';

/** What workflows say they wait for. One that does not run, or can not be reached in time, waits for nothing. */
export interface WorkflowAsker {
  waiting(workflowIds: readonly string[]): Promise<Waiting[]>;
}

/** Where the records of an accepted release are; undefined while there are none. */
export type AuditLookup = (release: { namespace: string; tag: string }) => Promise<AuditView | undefined>;

/** The latest attempts at auditing a release, newest first. */
export type AttemptLookup = (release: { namespace: string; tag: string }) => Promise<AuditAttemptView[]>;

export interface ViewSources {
  catalog: Catalog;
  workflows: WorkflowAsker;
  audit: AuditLookup;
  attempts: AttemptLookup;
  /** epoch milliseconds */
  now: () => number;
}

/** @throws Problem 404 when there is none, 409 when the name is taken in several namespaces */
export function findOne(catalog: Catalog, name: string, namespace?: string): FoundRelease {
  const [found, ...others] = catalog.find(name, namespace);
  if (found === undefined) {
    const where = namespace === undefined ? 'any release namespace' : `namespace ${namespace}`;
    throw new Problem(
      404,
      'No such release',
      `release ${name} is in no stream of ${where}`,
      'list the releases of a stream with `waybill release list --stream NAME`; a release may have been retired',
    );
  }
  if (others.length > 0) {
    const namespaces = [found, ...others].map((release) => release.namespace).join(', ');
    throw new Problem(
      409,
      'Several releases',
      `release ${name} is in namespaces ${namespaces}`,
      'say which one with the parameter `namespace`',
    );
  }
  return found;
}

export async function releaseView(sources: ViewSources, found: FoundRelease): Promise<ReleaseView> {
  const { name, namespace, configured, tag, payload } = found;
  const digest = digestOf(found);
  const phase = tag === undefined ? displayPhase(payload) : shownPhase(tag, payload);
  const [waiting, audit, auditAttempts] = await Promise.all([
    sources.workflows.waiting(workflowsOf(found)),
    phase === 'Accepted' ? sources.audit({ namespace, tag: name }) : undefined,
    phase === 'Accepted' || phase === 'Rejected' ? sources.attempts({ namespace, tag: name }) : [],
  ]);
  const stream = configured?.visible === true ? configured.stream : undefined;
  return explainRelease({
    name,
    namespace,
    tag,
    payload,
    config: configured?.config,
    ...(configured?.visible === false && { streamProblem: configured.why }),
    pullSpec: stream !== undefined && tag !== undefined ? releaseLocation(stream, tag) : '',
    ...(digest !== undefined && { digest }),
    // A stream that is asked tells of all its releases.
    waiting: waiting.filter(({ about }) => typeof about !== 'object' || !('release' in about) || about.release === name),
    ...(audit !== undefined && { audit }),
    auditAttempts,
    now: sources.now(),
  });
}

/** What the release's tag points at now. */
export function digestOf({ configured, name }: FoundRelease): string | undefined {
  if (configured?.visible !== true) return undefined;
  return statusTag(configured.stream.target, name)?.items?.[0]?.image || undefined;
}

/** The workflows that may have something to say about a release in its phase. */
function workflowsOf(found: FoundRelease): string[] {
  const { name, namespace, configured, payload } = found;
  const release = workflowIds.release(namespace, name);
  switch (displayPhase(payload)) {
    case 'Pending': {
      const mirror =
        configured?.visible === true ? [workflowIds.mirror(namespace, mirrorName(configured.stream.config, configured.source, name))] : [];
      return [release, ...mirror, workflowIds.creation(namespace, name)];
    }
    case 'Ready':
      return [release, workflowIds.verification(namespace, name)];
    case 'Accepted': {
      const digest = digestOf(found);
      return [release, ...(digest === undefined ? [] : [auditWorkflowId(digest)])];
    }
    case 'Unknown': {
      // A Stable release has no payload, and no workflow, before its turn.
      const held =
        configured?.config !== undefined && isStable(configured.config) && tagPhase(undefined, found.tag ?? { name }) === 'Pending';
      return held ? [release, workflowIds.stream(namespace, configured.source.metadata.name)] : [release];
    }
    default:
      return [release];
  }
}

/** @throws Problem 404 */
export function findStream(catalog: Catalog, name: string): ConfiguredStream {
  const all = catalog.configured();
  const found = all.find((stream) => nameOf(stream) === name) ?? all.find(({ source }) => source.metadata.name === name);
  if (found === undefined)
    throw new Problem(
      404,
      'No such stream',
      `no image stream is configured as release stream ${name}`,
      'list the streams with `waybill stream list`',
    );
  return found;
}

/** Without what the stream's workflow says. */
export function streamViewOf(catalog: Catalog, configured: ConfiguredStream, waiting: readonly Waiting[] = []): StreamView {
  return streamView(configured, (tag) => (configured.visible ? catalog.payloadOf(configured.stream, tag) : undefined), waiting);
}

/** The newest releases of a stream. */
export function releaseList(catalog: Catalog, configured: ConfiguredStream, limit: number): ReleaseListItem[] {
  if (!configured.visible) return [];
  const { stream } = configured;
  return stream.tags.slice(0, limit).map((tag) => releaseListItem(stream, tag, catalog.payloadOf(stream, tag)));
}
