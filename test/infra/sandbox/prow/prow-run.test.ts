import { describe, expect, it } from 'vitest';
import type { ProwJob } from '../../../../domain/payload/kinds.ts';
import { compareRuns, nextProwStep } from '../../../../infra/sandbox/prow/prow-run.ts';
import type { ProwOutcome } from '../../../../infra/sandbox/prow/prow-run.ts';

const created = '2026-11-24T01:00:00Z';
const now = Date.parse('2026-11-24T01:00:05.700Z');

const job = (status: ProwJob['status'], name = 'x', creationTimestamp = created): ProwJob => ({
  apiVersion: 'prow.k8s.io/v1',
  kind: 'ProwJob',
  metadata: { name, creationTimestamp },
  spec: { job: 'periodic-aws' },
  ...(status === undefined ? {} : { status }),
});
const order = (outcome: ProwOutcome, durationMs: number) => ({ outcome, durationMs });

describe('a ProwJob', () => {
  it.each([undefined, { state: 'triggered' }, { state: 'scheduling' }, { state: '' }])('that is %o becomes pending', (status) => {
    const step = nextProwStep({ job: job(status), order: order('success', 3000), buildId: '1795', now });
    expect(step).toEqual({
      kind: 'write',
      status: {
        state: 'pending',
        startTime: created,
        pendingTime: '2026-11-24T01:00:05Z',
        build_id: '1795',
        pod_name: 'x',
        url: 'https://prow.ci.openshift.org/view/gs/test-platform-results/logs/periodic-aws/1795',
        description: 'Job triggered.',
      },
    });
  });

  it('that takes no time goes to its end in one write', () => {
    const step = nextProwStep({ job: job({ state: 'triggered' }), order: order('failure', 0), buildId: '1795', now });
    expect(step).toMatchObject({
      kind: 'write',
      status: {
        state: 'failure',
        build_id: '1795',
        pendingTime: '2026-11-24T01:00:05Z',
        completionTime: '2026-11-24T01:00:05Z',
        description: 'Job failed.',
      },
    });
  });

  it('that is pending waits for its time', () => {
    const pending = job({ state: 'pending', pendingTime: '2026-11-24T01:00:04Z' });
    expect(nextProwStep({ job: pending, order: order('success', 3000), buildId: '', now })).toEqual({ kind: 'wait', delayMs: 1300 });
  });

  it('that began in this process is timed from that moment', () => {
    const pending = job({ state: 'pending', pendingTime: '2026-11-24T01:00:04Z' });
    expect(nextProwStep({ job: pending, order: order('success', 3000), buildId: '', now, pendingSince: now - 1000 })).toEqual({
      kind: 'wait',
      delayMs: 2000,
    });
  });

  it.each([
    ['success', 'Job succeeded.'],
    ['failure', 'Job failed.'],
    ['aborted', 'Job aborted.'],
    ['error', 'Pod scheduling timeout.'],
  ] as const)('ends as ordered: %s', (outcome, description) => {
    const pending = job({ state: 'pending', pendingTime: '2026-11-24T01:00:01Z' });
    expect(nextProwStep({ job: pending, order: order(outcome, 3000), buildId: '', now })).toEqual({
      kind: 'write',
      status: { state: outcome, completionTime: '2026-11-24T01:00:05Z', description },
    });
  });

  it('that a person aborted gets its completion time and nothing else', () => {
    expect(nextProwStep({ job: job({ state: 'aborted' }), order: order('success', 0), buildId: '', now })).toEqual({
      kind: 'write',
      status: { completionTime: '2026-11-24T01:00:05Z' },
    });
  });

  it('that ended is left alone', () => {
    expect(nextProwStep({ job: job({ state: 'failure', completionTime: created }), order: order('success', 0), buildId: '', now })).toEqual(
      { kind: 'done' },
    );
  });
});

describe('runs are ordered', () => {
  const inOrder = (jobs: ProwJob[]) => jobs.toSorted(compareRuns).map(({ metadata }) => metadata.name);

  it('by build id first, which grows', () => {
    expect(inOrder([job({ build_id: '100' }, 'b'), job({ build_id: '99' }, 'a-1')])).toEqual(['a-1', 'b']);
  });

  it('the ones that have begun before the others', () => {
    expect(inOrder([job(undefined, 'a', '2026-11-24T00:00:00Z'), job({ build_id: '5' }, 'b')])).toEqual(['b', 'a']);
  });

  it('by age and by name with its number, before they have begun', () => {
    expect(
      inOrder([job(undefined, 'x-10'), job(undefined, 'x-2'), job(undefined, 'x'), job(undefined, 'w', '2026-11-24T02:00:00Z')]),
    ).toEqual(['x', 'x-2', 'x-10', 'w']);
  });
});
