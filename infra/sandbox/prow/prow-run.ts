import type { ProwJob, ProwJobStatus } from '../../../domain/payload/kinds.ts';

export type ProwOutcome = 'success' | 'failure' | 'error' | 'aborted';

/** What is ordered for one run. */
export interface ProwOrder {
  outcome: ProwOutcome;
  durationMs: number;
}

export type ProwStep = { kind: 'write'; status: ProwJobStatus } | { kind: 'wait'; delayMs: number } | { kind: 'done' };

/** How plank describes each end (sigs.k8s.io/prow, pkg/plank/reconciler.go). */
const descriptions: Record<ProwOutcome, string> = {
  success: 'Job succeeded.',
  failure: 'Job failed.',
  error: 'Pod scheduling timeout.',
  aborted: 'Job aborted.',
};
const resultsPrefix = 'https://prow.ci.openshift.org/view/gs/test-platform-results/logs';

export const isFinal = (state: string | undefined): state is ProwOutcome => state !== undefined && Object.hasOwn(descriptions, state);

/**
 * The next step of one run, as plank takes it: triggered, pending, final; a run that someone aborted gets its
 * completion time. A run that is ordered to take no time goes to its end in one write.
 *
 * @param pendingSince milliseconds, more exact than the status' seconds where this process saw it begin
 */
export function nextProwStep(i: {
  job: ProwJob;
  order: ProwOrder;
  buildId: string;
  now: number;
  pendingSince?: number | undefined;
}): ProwStep {
  const { job, order, now } = i;
  const status = job.status ?? {};
  if (isFinal(status.state))
    return status.completionTime === undefined ? { kind: 'write', status: { completionTime: seconds(now) } } : { kind: 'done' };
  if (status.state !== 'pending') return begin(i);

  const since = i.pendingSince ?? Date.parse(status.pendingTime ?? job.metadata.creationTimestamp ?? '');
  const delayMs = since + order.durationMs - now;
  return delayMs > 0 ? { kind: 'wait', delayMs } : { kind: 'write', status: end(order, now) };
}

function begin({ job, order, buildId, now }: { job: ProwJob; order: ProwOrder; buildId: string; now: number }): ProwStep {
  const started: ProwJobStatus & { pod_name: string } = {
    state: 'pending',
    startTime: job.status?.startTime ?? job.metadata.creationTimestamp ?? seconds(now),
    pendingTime: seconds(now),
    build_id: buildId,
    pod_name: job.metadata.name,
    url: `${resultsPrefix}/${job.spec.job}/${buildId}`,
    description: 'Job triggered.',
  };
  return { kind: 'write', status: order.durationMs === 0 ? { ...started, ...end(order, now) } : started };
}

const end = ({ outcome }: ProwOrder, now: number): ProwJobStatus => ({
  state: outcome,
  completionTime: seconds(now),
  description: descriptions[outcome],
});

/** Kubernetes' time: whole seconds. */
const seconds = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** Order of the runs of one job: by build id, which grows; those without one by age and name (`x-2` before `x-10`). */
export function compareRuns(a: ProwJob, b: ProwJob): number {
  const [x, y] = [a.status?.build_id, b.status?.build_id];
  if (x !== undefined && y !== undefined) return x.length - y.length || (x < y ? -1 : Number(x > y));
  if (x !== undefined || y !== undefined) return x !== undefined ? -1 : 1;
  const byAge = (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '');
  return byAge || a.metadata.name.localeCompare(b.metadata.name, 'en', { numeric: true });
}
