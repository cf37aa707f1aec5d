import { z } from 'zod';
import { annotation, label } from './annotations.ts';
import type { ProwJob } from './kinds.ts';
import type { UpgradeRecord, UpgradeState } from './upgrade-graph.ts';

const Text = z.string().nullish();
const Records = z
  .array(
    z.object({
      from: Text,
      to: Text,
      results: z.array(z.object({ state: Text, url: Text })).nullish(),
    }),
  )
  .nullable();

/**
 * Reads the stored form of a graph, as Go reads it: what is missing is empty.
 *
 * @throws Error when the text is no graph
 */
export function parseRecords(text: string): UpgradeRecord[] {
  const records = Records.parse(JSON.parse(text)) ?? [];
  return records.map(({ from, to, results }) => ({
    from: from ?? '',
    to: to ?? '',
    results: (results ?? []).map(({ state, url }) => ({ state: state ?? '', url: url ?? '' })),
  }));
}

/**
 * The stored form, byte by byte as Go writes it.
 *
 * @param indent spaces a level, for people
 */
export function formatRecords(records: readonly UpgradeRecord[], indent = 0): string {
  const ordered = records.map(({ from, to, results }) => ({ from, to, results: results.map(({ state, url }) => ({ state, url })) }));
  return JSON.stringify(ordered, null, indent).replace(/[<>&\u2028\u2029]/g, escaped);
}

/** Go writes these so that JSON may stand in a page. */
const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const states: Record<string, UpgradeState> = {
  success: 'Succeeded',
  failure: 'Failed',
  error: 'Failed',
  aborted: 'Failed',
  triggered: 'Pending',
  pending: 'Pending',
  scheduling: 'Pending',
  '': 'Pending',
};

/**
 * What a verification job says about an upgrade (openshift/release-controller, cmd/release-controller/sync_verify.go and
 * pkg/release-controller/prowjob.go).
 *
 * @param architecture of this process: others have graphs of their own
 * @returns undefined when it tested no upgrade, has no page yet, or is in a state that nobody knows
 */
export function upgradeOf(job: ProwJob, architecture: string): UpgradeRecord | undefined {
  const { annotations = {}, labels = {} } = job.metadata;
  const { [annotation.fromTag]: from, [annotation.tag]: to } = annotations;
  const { state = '', url } = job.status ?? {};
  const result = Object.hasOwn(states, state) ? states[state] : undefined;
  if (labels[label.verify] !== 'true' || annotations[annotation.architecture] !== architecture) return undefined;
  if (!from || !to || !url || result === undefined) return undefined;
  return { from, to, results: [{ state: result, url }] };
}

/** Whether the job's result will not change any more. */
export function upgradeHasEnded(job: ProwJob, architecture: string): boolean {
  const upgrade = upgradeOf(job, architecture);
  return upgrade?.results.every(({ state }) => state !== 'Pending') ?? false;
}
