import type { Job } from '../payload/kinds.ts';
import { mostVerifyJobs } from './verification-limits.ts';
import { verifyJobState } from './verify-job.ts';

const minute = 60_000;

/** How long a job that has ended is kept, for people to look at. */
const keptMs = { succeeded: 15 * minute, failed: 24 * 60 * minute } as const;

export interface VerifyJobsPlan {
  /** names of wanted jobs that may be created now, in the order of asking */
  start: string[];
  /** names of wanted jobs that exist already */
  existing: string[];
  remove: { name: string; uid: string }[];
  /** jobs that are still to be removed */
  kept: number;
  /** until the next one is to be removed */
  nextRemovalMs?: number;
}

/**
 * What is to be done about the verify jobs of a cluster.
 *
 * @param jobs all there are, whoever made them
 * @param wanted names of jobs that somebody asked for, first come first
 */
export function planVerifyJobs(jobs: readonly Job[], wanted: readonly string[], now: number): VerifyJobsPlan {
  const ends = jobs.flatMap((job) => {
    const state = verifyJobState(job);
    return state === 'active' ? [] : [{ job, dueAt: endOf(job) + keptMs[state] }];
  });
  const due = ends.filter(({ dueAt }) => dueAt <= now);
  const later = ends.filter(({ dueAt }) => dueAt > now).map(({ dueAt }) => dueAt - now);
  const active = jobs.length - ends.length;
  const names = new Set(jobs.map(({ metadata }) => metadata.name));
  const missing = wanted.filter((name) => !names.has(name));
  return {
    start: missing.slice(0, Math.max(0, mostVerifyJobs - active)),
    existing: wanted.filter((name) => names.has(name)),
    remove: due.map(({ job: { metadata } }) => ({ name: metadata.name, uid: metadata.uid ?? '' })),
    kept: jobs.length - due.length,
    ...(later.length === 0 ? {} : { nextRemovalMs: Math.min(...later) }),
  };
}

/** When a job ended, as early as it may have been where it does not say. */
function endOf({ metadata, status }: Job): number {
  const failed = status?.conditions?.find(({ type }) => type === 'Failed') as { lastTransitionTime?: string } | undefined;
  return Date.parse(status?.completionTime ?? failed?.lastTransitionTime ?? metadata.creationTimestamp ?? '') || 0;
}
