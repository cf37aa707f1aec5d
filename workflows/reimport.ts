import { ActivityFailure, isCancellation, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { StreamId } from '../activities/contract.ts';
import type { Reimported, ReimportActivities } from '../activities/reimport-contract.ts';
import type { FailedImport } from '../domain/payload/failed-imports.ts';
import { planReimport } from '../domain/payload/reimport.ts';
import type { ReimportInput, ReimportResult } from './reimport-messages.ts';

const { findFailedImports, reimportTags } = proxyActivities<ReimportActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '6 seconds',
  // What does not work for long is left to the next run.
  scheduleToCloseTimeout: '30 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** People read the details, and the next run reads the result: neither must grow with the number of tags. */
const shown = 50;

/**
 * find failed imports -> leave out those whose time has not come -> ask for the others again, stream by stream
 *
 * A schedule starts it. What it remembers of each tag is the result of its last run, which Temporal hands to the next.
 */
export async function reimport({ intervalMs }: ReimportInput): Promise<ReimportResult> {
  const last = workflowInfo().lastResult as ReimportResult | undefined;
  const found = await findFailedImports();
  const { due, memory } = planReimport(found, last?.memory ?? {}, Date.now(), intervalMs);

  const failed: string[] = [];
  for (const [stream, tags] of byStream(due)) {
    const [{ namespace, stream: name }] = tags;
    const results = await asked(
      { namespace, name },
      tags.map(({ tag }) => tag),
    );
    if (typeof results === 'string') failed.push(`${stream}: ${results}`);
    else for (const { tag, ok, message } of results) if (!ok) failed.push(`${stream}:${tag}: ${message ?? ''}`);
  }
  const tried = due.map(({ namespace, stream, tag }) => `${namespace}/${stream}:${tag}`);
  const result = { memory, asked: tried.slice(0, shown), failed: failed.slice(0, shown), waiting: found.length - due.length };
  setCurrentDetails(detailsOf(tried.length, failed, result.waiting));
  return result;
}

/** @returns why the stream could not be asked, which keeps no other from its turn: its tags are due again in their time */
async function asked(stream: StreamId, tags: string[]): Promise<Reimported[] | string> {
  try {
    return await reimportTags(stream, tags);
  } catch (failure) {
    if (!(failure instanceof ActivityFailure) || isCancellation(failure)) throw failure;
    return failure.cause?.message ?? failure.message;
  }
}

function byStream(due: readonly FailedImport[]): [string, [FailedImport, ...FailedImport[]]][] {
  const streams = new Map<string, [FailedImport, ...FailedImport[]]>();
  for (const each of due) {
    const key = `${each.namespace}/${each.stream}`;
    const known = streams.get(key);
    if (known === undefined) streams.set(key, [each]);
    else known.push(each);
  }
  return [...streams];
}

function detailsOf(asked: number, failed: readonly string[], waiting: number): string {
  const summary = `${asked} failed imports were asked for again, ${waiting} wait for their time`;
  return [summary, ...failed.slice(0, shown).map((line) => `- ${line}`)].join('\n');
}
