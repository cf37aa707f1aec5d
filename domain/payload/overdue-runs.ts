import { isFinished } from './job-state.ts';
import type { JobRunResult, ProwJob, VerificationJobStatus } from './kinds.ts';
import { type JobLists, mapEntries, matchRun } from './run-matching.ts';

const analysisName = /-analysis-\d+$/;

/**
 * Names of the runs that passed their deadline. A run counts from the creation of its ProwJob, since one that Prow never
 * schedules is late too.
 *
 * @param begunBy milliseconds since the epoch; undefined where there is no deadline
 */
export function overdueRuns(runs: readonly ProwJob[], begunBy: number | undefined): string[] {
  if (begunBy === undefined) return [];
  const open = runs.filter(({ status }) => status?.completionTime === undefined);
  return open.filter(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') <= begunBy).map(({ metadata }) => metadata.name);
}

/**
 * Records the runs that passed their deadline as errors, so that a job which hangs, never leaves the scheduler or
 * never showed itself does not keep its payload undecided for ever. A run that has ended stays as it is.
 *
 * @param names ProwJob names; those of runs never recorded are found by the name that their entry gives its runs
 * @param namespace where ProwJobs live
 * @param now RFC 3339
 */
export function recordOverdue(lists: JobLists, tag: string, namespace: string, names: readonly string[], now: string): JobLists {
  if (names.length === 0) return lists;
  const overdue = new Set(names);
  const unheardOf = runsNeverRecorded(lists, tag, overdue);

  return mapEntries(lists, (entry) => {
    const known = entry.results ?? [];
    const ended = known.map((run) => (isOverdue(run, overdue) ? { ...run, state: 'Error', completionTime: now } : run));
    const missing = (unheardOf.get(entry) ?? []).map((name) => neverSeen(name, namespace, now));
    return known.length + missing.length === 0 ? entry : { ...entry, results: [...ended, ...missing] };
  });
}

function isOverdue(run: JobRunResult, overdue: ReadonlySet<string>): boolean {
  return overdue.has(run.coordinates?.name ?? '') && !isFinished(run);
}

function runsNeverRecorded(lists: JobLists, tag: string, names: ReadonlySet<string>): Map<VerificationJobStatus, string[]> {
  const entries = [...lists.blocking, ...lists.informing, ...lists.upgrade];
  const recorded = new Set(entries.flatMap(({ results }) => (results ?? []).map((run) => run.coordinates?.name)));
  const found = new Map<VerificationJobStatus, string[]>();
  for (const name of names) {
    if (recorded.has(name)) continue;
    const match = matchRun(lists, tag, { name, job: undefined, analysis: analysisName.test(name) });
    if (match !== undefined) found.set(match.entry, [...(found.get(match.entry) ?? []), name]);
  }
  return found;
}

function neverSeen(name: string, namespace: string, now: string): JobRunResult {
  const coordinates = { name, namespace, cluster: '' };
  return { coordinates, startTime: now, completionTime: now, state: 'Error', humanProwResultsURL: '' };
}
