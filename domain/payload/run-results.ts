import { annotation, label } from './annotations.ts';
import { isFinished } from './job-state.ts';
import type { JobRunResult, ProwJob, VerificationJobStatus } from './kinds.ts';
import { type JobLists, mapEntries, matchRun, type RunIdentity, upgradeType } from './run-matching.ts';
import type { VerificationRun } from './verification-run.ts';

/** What is known about a payload's verification runs. */
export interface RunFacts {
  /** all with the payload's label */
  prowJobs: readonly ProwJob[];
  /** runs that have nothing to test, so that no ProwJob is made: recorded once, as succeeded */
  notRun: readonly { run: VerificationRun }[];
  /** RFC 3339 */
  now: string;
}

const stateOfProwState = new Map([
  ['aborted', 'Aborted'],
  ['error', 'Error'],
  ['failure', 'Failure'],
  ['pending', 'Pending'],
  ['success', 'Success'],
  ['triggered', 'Triggered'],
]);

/**
 * Records every known run under its job and leaves all others as they are: runs are never removed, and one whose
 * ProwJob vanished keeps its last state. A run is one ProwJob, by namespace and name. Once a run has ended, a ProwJob
 * that has not ended takes nothing back, but one that ends differently (late, after its deadline) counts.
 *
 * @param namespace where ProwJobs live
 */
export function recordRuns(lists: JobLists, tag: string, namespace: string, facts: RunFacts): JobLists {
  const observed = new Map<VerificationJobStatus, Observation[]>();
  for (const { identity, run } of observations(tag, namespace, facts)) {
    const match = matchRun(lists, tag, identity);
    if (match === undefined) continue;
    const upgrade = upgradeType(match.upgradedFrom, tag);
    observed.set(match.entry, [...(observed.get(match.entry) ?? []), { run, upgrade }]);
  }

  const record = (entry: VerificationJobStatus): VerificationJobStatus => {
    const seen = observed.get(entry);
    return seen === undefined ? entry : { ...entry, results: seen.reduce<JobRunResult[]>(upsert, entry.results ?? []) };
  };
  return mapEntries(lists, record);
}

interface Observation {
  run: JobRunResult;
  upgrade: 'upgrade' | 'upgrade-minor' | undefined;
}

/** A run whose ProwJob exists does run, whatever else was said about it. */
function observations(tag: string, namespace: string, facts: RunFacts): { identity: RunIdentity; run: JobRunResult }[] {
  const present = new Set(facts.prowJobs.map(({ metadata }) => metadata.name));
  const ours = facts.prowJobs.flatMap((prowJob) => {
    const identity = identityOfProwJob(prowJob, tag);
    return identity === undefined ? [] : [{ identity, run: runOfProwJob(prowJob) }];
  });
  const empty = facts.notRun
    .filter(({ run }) => !present.has(run.name))
    .map(({ run }) => ({ identity: identityOfRun(run), run: runWithoutJob(run, namespace, facts.now) }));
  return [...ours, ...empty];
}

/** A ProwJob that says it verifies this payload; those still waiting for a cluster (`scheduling`) are no runs yet. */
function identityOfProwJob({ metadata, status }: ProwJob, tag: string): RunIdentity | undefined {
  const analysis = metadata.labels?.[label.analysis] !== undefined;
  const job = metadata.annotations?.[annotation.prowJob];
  const verifies = analysis || metadata.labels?.[label.verify] === 'true';
  const ours = verifies && metadata.labels?.[label.payload] === tag;
  if (!ours || job === undefined || status?.state === 'scheduling') return undefined;
  const from = metadata.annotations?.[annotation.fromTag];
  return { name: metadata.name, job, analysis, ...(from !== undefined && { from }) };
}

function identityOfRun({ name, specJob, kind }: VerificationRun): RunIdentity {
  return { name, job: specJob, analysis: kind === 'analysis' };
}

function runOfProwJob({ metadata, spec, status = {} }: ProwJob): JobRunResult {
  const startTime = status.startTime ?? metadata.creationTimestamp;
  return {
    coordinates: { name: metadata.name, namespace: metadata.namespace ?? '', cluster: spec.cluster ?? '' },
    ...(startTime === undefined ? {} : { startTime }),
    ...(status.completionTime === undefined ? {} : { completionTime: status.completionTime }),
    state: stateOfProwState.get(status.state ?? '') ?? 'Unknown',
    humanProwResultsURL: status.url ?? '',
  };
}

function runWithoutJob({ name }: VerificationRun, namespace: string, now: string): JobRunResult {
  const coordinates = { name, namespace, cluster: '' };
  return { coordinates, startTime: now, completionTime: now, state: 'Success', humanProwResultsURL: '' };
}

/** Whether this success was recorded because there was nothing to test: no build cluster ever had it. */
export function hadNothingToRun(run: JobRunResult): boolean {
  return run.state === 'Success' && !run.coordinates?.cluster && !run.humanProwResultsURL && Boolean(run.coordinates?.name);
}

function upsert(runs: readonly JobRunResult[], { run, upgrade }: Observation): JobRunResult[] {
  const index = runs.findIndex((known) => isSameRun(known, run));
  const known = runs[index];
  if (known === undefined) return [...runs, upgrade === undefined ? run : { ...run, upgradeType: upgrade }];
  if (isFinished(known) && (!isFinished(run) || hadNothingToRun(run))) return [...runs];
  return runs.with(index, known.upgradeType === undefined ? run : { ...run, upgradeType: known.upgradeType });
}

function isSameRun(a: JobRunResult, b: JobRunResult): boolean {
  return a.coordinates?.name === b.coordinates?.name && a.coordinates?.namespace === b.coordinates?.namespace;
}
