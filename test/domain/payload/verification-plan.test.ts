import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReleasePayload } from '../../../domain/payload/kinds.ts';
import { reconcileStatus } from '../../../domain/payload/payload-status.ts';
import { payloadPhase } from '../../../domain/payload/phase.ts';
import { planVerification } from '../../../domain/payload/verification-plan.ts';
import type { VerificationRun } from '../../../domain/payload/verification-run.ts';
import { ciJob, factsOf, payloadOf, type PayloadShape, prowJobOf, tag } from './payload-builder.ts';

const ended = '2025-06-01T03:00:00Z';
const now = Date.parse(ended);
const minute = 60_000;

type Runs = Record<string, string>;

/** A payload whose runs stand as given: name after the tag, and Prow state. */
function payloadWith(shape: PayloadShape, runs: Runs = {}, jobs: Record<string, string> = {}): ReleasePayload {
  const payload = payloadOf(shape);
  const prowJobs = Object.entries(runs).map(([run, state], index) => {
    const job = jobs[run] ?? `periodic-${run.replace(/-\d$/, '')}`;
    const prowJob = prowJobOf(`${tag}-${run}`, state, { job, analysis: run.includes('-analysis-') });
    const startTime = `2025-06-01T02:0${index}:00Z`;
    const completionTime = state === 'pending' ? {} : { completionTime: ended };
    return { ...prowJob, status: { ...prowJob.status, startTime, ...completionTime } };
  });
  return { ...payload, status: reconcileStatus(payload, factsOf({ prowJobs })) };
}

function plan(payload: ReleasePayload, existing: string[] = [], at = now) {
  const { start, ...rest } = planVerification({ payload, existing: new Set(existing.map((run) => `${tag}-${run}`)), now: at });
  return { start: start.map(({ name }) => name.replace(`${tag}-`, '')), ...rest };
}

const aws = { blocking: [ciJob('aws', { maxRetries: 3 })] };

describe('a plain entry', () => {
  it('starts with its first attempt, once', () => {
    expect(plan(payloadWith(aws))).toEqual({ start: ['aws'], waitingForRetry: [] });
    expect(plan(payloadWith(aws), ['aws']).start).toEqual([]);
  });

  it('starts before its status was seeded', () => {
    expect(plan(payloadOf(aws)).start).toEqual(['aws']);
  });

  it('says all that a ProwJob is made from', () => {
    const { start } = planVerification({ payload: payloadWith(aws), existing: new Set(), now });
    const expected: VerificationRun = {
      name: `${tag}-aws`,
      verify: 'aws',
      kind: 'single',
      definition: 'periodic-aws',
      specJob: 'periodic-aws',
      attempt: 0,
    };
    expect(start).toEqual([expected]);
  });

  it('that succeeded is left alone', () => {
    expect(plan(payloadWith(aws, { aws: 'success' })).start).toEqual([]);
  });

  it('that failed is tried again at once the first time', () => {
    expect(plan(payloadWith(aws, { aws: 'failure' }), ['aws']).start).toEqual(['aws-1']);
  });

  it('that failed again waits', () => {
    const failedTwice = payloadWith(aws, { aws: 'failure', 'aws-1': 'error' });
    const at = '2025-06-01T03:02:00.000Z';
    expect(plan(failedTwice)).toEqual({ start: [], retryAt: at, waitingForRetry: [{ verify: 'aws', at }] });
    expect(plan(failedTwice, [], now + 2 * minute)).toEqual({ start: ['aws-2'], waitingForRetry: [] });
  });

  it('has no more attempts than it may', () => {
    const exhausted = payloadWith(aws, { aws: 'failure', 'aws-1': 'error', 'aws-2': 'aborted', 'aws-3': 'failure' });
    expect(plan(exhausted, [], now + 60 * minute)).toEqual({ start: [], waitingForRetry: [] });
  });

  it('without retries is not tried again', () => {
    expect(plan(payloadWith({ blocking: [ciJob('aws')] }, { aws: 'failure' })).start).toEqual([]);
  });

  it('whose next attempt exists already starts nothing', () => {
    expect(plan(payloadWith(aws, { aws: 'failure' }), ['aws', 'aws-1'])).toEqual({ start: [], waitingForRetry: [] });
  });

  it('whose first attempt was lost before it was seen gets all its attempts', () => {
    expect(plan(payloadWith(aws, { 'aws-1': 'failure' })).start).toEqual(['aws']);
  });

  it('informing entries are tried again as well', () => {
    const informing = { informing: [ciJob('aws', { maxRetries: 1 })] };
    expect(plan(payloadWith(informing, { aws: 'failure' })).start).toEqual(['aws-1']);
  });
});

describe('a ProwJob deleted by hand', () => {
  it('is made again while its run had not ended', () => {
    expect(plan(payloadWith(aws, { aws: 'pending' })).start).toEqual(['aws']);
    expect(plan(payloadWith(aws, { aws: 'failure', 'aws-1': 'pending' }), ['aws']).start).toEqual(['aws-1']);
  });
  it('is not made again when its run had ended', () => {
    expect(plan(payloadWith(aws, { aws: 'success' }), []).start).toEqual([]);
    expect(plan(payloadWith(aws, { aws: 'failure', 'aws-1': 'pending' }), ['aws-1']).start).toEqual([]);
  });
});

describe('an aggregated entry', () => {
  const shape = {
    blocking: [{ ...ciJob('x', { maxRetries: 2 }), ciConfigurationJobName: 'x-agg' }],
    informing: [ciJob('x', { analysisJobCount: 3 })],
  };
  const sample = ['x-analysis-0', 'x-analysis-1', 'x-analysis-2'];
  const jobs = { 'x-analysis-0': 'periodic-x', 'x-analysis-1': 'periodic-x', 'x-aggregator': 'x-agg', 'x-aggregator-1': 'x-agg' };

  it('starts its sample, then the aggregator', () => {
    expect(plan(payloadWith(shape)).start).toEqual([...sample, 'x-aggregator']);
  });

  it('runs the definition in the sample and the aggregator under a name of both', () => {
    const { start } = planVerification({ payload: payloadWith(shape), existing: new Set(), now });
    expect(start.map(({ kind, definition, specJob, index }) => [kind, definition, specJob, index])).toEqual([
      ['analysis', 'periodic-x', 'periodic-x', 0],
      ['analysis', 'periodic-x', 'periodic-x', 1],
      ['analysis', 'periodic-x', 'periodic-x', 2],
      ['aggregator', 'agg', 'x-agg', undefined],
    ]);
  });

  it('starts only what is missing', () => {
    const payload = payloadWith(shape, { 'x-analysis-0': 'success', 'x-analysis-1': 'pending' }, jobs);
    expect(plan(payload, ['x-analysis-1', 'x-aggregator']).start).toEqual(['x-analysis-2']);
  });

  it('repeats only the aggregator', () => {
    expect(plan(payloadWith(shape, { 'x-aggregator': 'failure' }, jobs)).start).toEqual(['x-aggregator-1']);
    expect(plan(payloadWith(shape, { 'x-aggregator': 'failure', 'x-aggregator-1': 'pending' }, jobs)).start).toEqual(['x-aggregator-1']);
  });

  it('that was judged needs no sample any more', () => {
    expect(plan(payloadWith(shape, { 'x-aggregator': 'success' }, jobs)).start).toEqual([]);
  });

  it('of a payload that counts no sample has its aggregator alone', () => {
    expect(plan(payloadWith({ ...shape, informing: [ciJob('x')] })).start).toEqual(['x-aggregator']);
  });
});

it('an analysis without aggregator starts its runs', () => {
  expect(plan(payloadWith({ informing: [ciJob('x', { analysisJobCount: 2 })] })).start).toEqual(['x-analysis-0', 'x-analysis-1']);
});

it('entries with nothing to run have succeeded', () => {
  const payload = payloadOf(aws);
  const [run] = planVerification({ payload, existing: new Set(), now }).start;
  const status = reconcileStatus(payload, factsOf(run === undefined ? {} : { notRun: [{ run }] }));
  expect(plan({ ...payload, status })).toEqual({ start: [], waitingForRetry: [] });
  expect(payloadPhase({ ...payload, status })).toBe('Accepted');
});

it('the earliest retry says when to look again', () => {
  const shape = { blocking: [ciJob('aws', { maxRetries: 3 }), ciJob('gcp', { maxRetries: 3 })] };
  const runs = { aws: 'failure', 'aws-1': 'failure', 'aws-2': 'failure', gcp: 'failure', 'gcp-1': 'failure' };
  const { retryAt, waitingForRetry } = plan(payloadWith(shape, runs));
  expect(waitingForRetry).toEqual([
    { verify: 'aws', at: '2025-06-01T03:04:00.000Z' },
    { verify: 'gcp', at: '2025-06-01T03:02:00.000Z' },
  ]);
  expect(retryAt).toBe('2025-06-01T03:02:00.000Z');
});

it('entries come in the order of their names, whatever list they stand in', () => {
  const shape = { blocking: [ciJob('m'), ciJob('z')], informing: [ciJob('b'), ciJob('a')] };
  expect(plan(payloadWith(shape)).start).toEqual(['a', 'b', 'm', 'z']);
});

it('never starts a name that exists, has ended, or was named before', () => {
  const names = ['aws', 'aws-1', 'aws-2', 'gcp', 'x-analysis-0', 'x-analysis-1', 'x-aggregator', 'x-aggregator-1'];
  const jobs = Object.fromEntries(
    names.map((run) => [run, run.includes('aggregator') ? 'x-agg' : `periodic-${run.replace(/(-analysis)?-\d$/, '')}`]),
  );
  const shape = {
    blocking: [ciJob('aws', { maxRetries: 2 }), { ...ciJob('x', { maxRetries: 1 }), ciConfigurationJobName: 'x-agg' }],
    informing: [ciJob('gcp'), ciJob('x', { analysisJobCount: 2 })],
  };
  const runs = fc.dictionary(fc.constantFrom(...names), fc.constantFrom('pending', 'success', 'failure', 'error'));
  fc.assert(
    fc.property(runs, fc.subarray(names), fc.integer({ min: 0, max: 20 }), (recorded, existing, minutes) => {
      const { start } = plan(payloadWith(shape, recorded, jobs), existing, now + minutes * minute);
      const finished = Object.keys(recorded).filter((run) => recorded[run] !== 'pending');
      expect(start.filter((run) => existing.includes(run) || finished.includes(run))).toEqual([]);
      expect(new Set(start).size).toBe(start.length);
    }),
  );
});

it('a release whose every run fails at once comes to its end', () => {
  let payload = payloadOf({ blocking: [ciJob('aws', { maxRetries: 3 })], informing: [ciJob('gcp', { maxRetries: 1 })] });
  const started: string[] = [];
  for (let round = 0; round < 10; round += 1) {
    const prowJobs = started.map((name) => {
      const prowJob = prowJobOf(name, 'failure', { job: name.includes('aws') ? 'periodic-aws' : 'periodic-gcp' });
      return { ...prowJob, status: { ...prowJob.status, completionTime: ended } };
    });
    payload = { ...payload, status: reconcileStatus(payload, factsOf({ prowJobs })) };
    const { start } = planVerification({ payload, existing: new Set(started), now: now + 60 * minute });
    started.push(...start.map(({ name }) => name));
  }
  expect(started.map((name) => name.replace(`${tag}-`, '')).toSorted()).toEqual(['aws', 'aws-1', 'aws-2', 'aws-3', 'gcp', 'gcp-1']);
  expect(payloadPhase(payload)).toBe('Rejected');
});
