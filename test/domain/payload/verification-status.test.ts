import { describe, expect, it } from 'vitest';
import type { JobRunResult } from '../../../domain/payload/kinds.ts';
import { verificationStatus, verificationStatuses } from '../../../domain/payload/verification-status.ts';
import { jobOf, payloadOf, runOf } from './payload-builder.ts';

const at = (hour: number) => `2025-06-01T0${hour}:00:00Z`;
const run = (state: string, url: string, start = 1, end?: number): JobRunResult =>
  runOf(state, { humanProwResultsURL: url, startTime: at(start), ...(end !== undefined && { completionTime: at(end) }) });
const failures = (count: number) => Array.from({ length: count }, (_, index) => run('Failure', `u${index}`, index + 1, index + 2));

describe('state', () => {
  it.each([
    ['payload 99: core 101: unknown without a page is pending', jobOf('Unknown'), 'Pending'],
    [
      'payload 100: core 101: unknown with a page counts as succeeded',
      jobOf('Unknown', 'aws', { results: [run('foobar', 'u')] }),
      'Succeeded',
    ],
    ['core 101: success without a page is pending', jobOf('Success', 'aws', { results: [run('Success', '')] }), 'Pending'],
    ['core 101: failure with a page is failed', jobOf('Failure', 'aws', { results: [run('Failure', 'u')] }), 'Failed'],
    ['pending with every run failed asks for a retry', jobOf('Pending', 'aws', { maxRetries: 2, results: failures(1) }), 'Failed'],
    [
      'pending with a run going on is pending',
      jobOf('Pending', 'aws', { maxRetries: 2, results: [...failures(1), run('Pending', 'v', 5)] }),
      'Pending',
    ],
  ])('%s', (_name, job, state) => {
    expect(verificationStatus(job).state).toBe(state);
  });

  it('believes a success that had nothing to run', () => {
    const results = [{ ...run('Success', ''), coordinates: { name: 'x', namespace: 'ci', cluster: '' } }];
    expect(verificationStatus(jobOf('Success', 'aws', { results })).state).toBe('Succeeded');
  });
});

describe('retries', () => {
  it.each([
    [0, 3, undefined],
    [3, 1, undefined],
    [3, 2, 1],
    [3, 3, 2],
    [3, 4, 3],
    [3, 6, 3],
  ])('core 100: payload 101: of %i allowed, with %i runs', (maxRetries, runs, retries) => {
    expect(verificationStatus(jobOf('Failure', 'aws', { maxRetries, results: failures(runs) })).retries).toBe(retries);
  });
});

it('payload 102: the successful run is the one shown, the others went before', () => {
  const results = [run('Failure', 'second', 2), run('Success', 'third', 3), run('Failure', 'first', 1), run('Error', '', 4)];
  const { url, previousAttemptURLs } = verificationStatus(jobOf('Success', 'aws', { maxRetries: 3, results }));
  expect({ url, previousAttemptURLs }).toEqual({ url: 'third', previousAttemptURLs: ['first', 'second'] });
});

it('core 102: the time is that of the run that started last', () => {
  const results = [run('Failure', 'a', 1, 9), run('Failure', 'c', 3, 5), run('Failure', 'b', 2, 7)];
  expect(verificationStatus(jobOf('Failure', 'aws', { results })).transitionTime).toBe(at(5));
});

it('core 102: no time where that run has not ended', () => {
  const results = [run('Failure', 'a', 1, 9), run('Pending', 'c', 3)];
  expect(verificationStatus(jobOf('Pending', 'aws', { results }))).not.toHaveProperty('transitionTime');
});

it('the blocking job speaks for an aggregated entry, and upgrades are not listed', () => {
  const status = {
    informingJobResults: [jobOf('Unknown', 'agg'), jobOf('Failure', 'other')],
    blockingJobResults: [jobOf('Failure', 'agg')],
    upgradeJobResults: [jobOf('Failure', 'gcp')],
  };
  expect(verificationStatuses(payloadOf({ status }))).toEqual({
    agg: { state: 'Failed', url: '' },
    other: { state: 'Failed', url: '' },
  });
});
