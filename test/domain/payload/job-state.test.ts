import { describe, expect, it } from 'vitest';
import { aggregateState, countRuns, jobState } from '../../../domain/payload/job-state.ts';
import type { AggregateState } from '../../../domain/payload/kinds.ts';
import { jobOf, runOf } from './payload-builder.ts';

const runs = (...states: string[]) => states.map((state) => runOf(state));

describe('state of one job', () => {
  const rows: [number, string, { max?: number; count?: number }, string[], AggregateState][] = [
    [48, 'one success settles it', { max: 3 }, ['Success', 'Failure'], 'Success'],
    [49, 'pending while attempts are left', { max: 3 }, ['Failure', 'Failure'], 'Pending'],
    [50, 'failed when the attempts are used up', { max: 3 }, ['Failure', 'Failure', 'Failure', 'Failure'], 'Failure'],
    [51, 'an analysis is unknown until all runs are there', { count: 3 }, ['Success', 'Pending'], 'Unknown'],
    [52, 'an analysis waits for its runs', { count: 3 }, ['Success', 'Pending', 'Pending'], 'Pending'],
    [53, 'an analysis with too few successes fails', { count: 3 }, ['Success', 'Failure', 'Failure'], 'Failure'],
    [54, 'three successes of five with two runs missing', { count: 5 }, ['Success', 'Success', 'Success'], 'Unknown'],
    [56, 'a state that nobody knows decides nothing', {}, ['foobar'], 'Unknown'],
  ];
  it.each(rows)('payload %i: %s', (_number, _name, { max, count }, states, expected) => {
    const limits = { ...(max !== undefined && { maxRetries: max }), ...(count !== undefined && { analysisJobCount: count }) };
    expect(jobState(jobOf('', 'aws', { ...limits, results: runs(...states) }))).toBe(expected);
  });

  it('three successes of five are enough, even with runs still pending', () => {
    const results = runs('Success', 'Success', 'Success', 'Pending', 'Pending');
    expect(jobState(jobOf('', 'aws', { analysisJobCount: 5, results }))).toBe('Success');
  });

  it.each(['Failure', 'Aborted', 'Error'])('fails at once without retries: %s', (state) => {
    expect(jobState(jobOf('', 'aws', { results: runs(state) }))).toBe('Failure');
  });
});

it('payload 55: sorts runs into classes', () => {
  const states = ['Triggered', 'Scheduling', 'Pending', 'Failure', 'Success', 'Aborted', 'Error', 'foobar'];
  expect(countRuns(runs(...states))).toEqual({ pending: 3, success: 1, failed: 3, undetermined: 1 });
});

describe('state of a set of jobs', () => {
  const rows: [string, AggregateState[], AggregateState][] = [
    ['payload 57: pending outranks failed', ['Failure', 'Pending'], 'Pending'],
    ['payload 58: an empty state outranks failed', ['Failure', ''], 'Unknown'],
    ['payload 59: an empty state outranks success', ['Success', ''], 'Unknown'],
    ['payload 60: pending outranks an empty state', ['Pending', ''], 'Pending'],
    ['core 103: all success', ['Success', 'Success'], 'Success'],
    ['core 103: one pending', ['Success', 'Pending'], 'Pending'],
    ['core 103: one unknown', ['Success', 'Unknown'], 'Unknown'],
    ['core 103: one failed', ['Success', 'Failure'], 'Failure'],
    ['core 103: failed and pending', ['Success', 'Failure', 'Pending'], 'Pending'],
    ['core 103: garbage', ['Success', 'garbage' as AggregateState], 'Unknown'],
    ['the empty set is unknown', [], 'Unknown'],
  ];
  it.each(rows)('%s', (_name, states, expected) => {
    expect(aggregateState(states.map((state, index) => jobOf(state, `job-${index}`)))).toBe(expected);
  });
});
