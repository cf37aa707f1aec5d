import { expect, it } from 'vitest';
import type { JobRunResult, ProwJob } from '../../../domain/payload/kinds.ts';
import { overdueRuns, recordOverdue } from '../../../domain/payload/overdue-runs.ts';
import type { JobLists } from '../../../domain/payload/run-matching.ts';
import { recordRuns } from '../../../domain/payload/run-results.ts';
import { later, now, prowJobOf, tag } from './payload-builder.ts';

const name = `${tag}-aws`;
const listsWith = (...results: JobRunResult[]): JobLists => ({
  blocking: [{ ciConfigurationName: 'aws', ciConfigurationJobName: 'periodic-aws', results }],
  informing: [{ ciConfigurationName: 'aws', ciConfigurationJobName: 'periodic-aws-long', analysisJobCount: 3 }],
  upgrade: [],
});
const pending = { coordinates: { name, namespace: 'ci', cluster: 'build01' }, state: 'Pending', startTime: now };

it('a run is overdue that began by then and has not ended, wherever Prow has it', () => {
  const begun = (run: string, creationTimestamp: string, status: NonNullable<ProwJob['status']>): ProwJob => ({
    ...prowJobOf(run, 'pending'),
    metadata: { name: run, creationTimestamp },
    status,
  });
  const runs = [
    begun('hangs', now, { state: 'pending' }),
    begun('never scheduled', now, { state: 'scheduling' }),
    begun('ended', now, { state: 'success', completionTime: now }),
    begun('young', later, { state: 'pending' }),
  ];
  expect(overdueRuns(runs, Date.parse(now))).toEqual(['hangs', 'never scheduled']);
  expect(overdueRuns(runs, Date.parse(now) - 1)).toEqual([]);
  expect(overdueRuns(runs, undefined)).toEqual([]);
});

it('a run past its deadline is an error', () => {
  const { blocking } = recordOverdue(listsWith(pending), tag, 'ci', [name], later);
  expect(blocking[0]?.results).toEqual([{ ...pending, state: 'Error', completionTime: later }]);
});

it('a run that has ended is not', () => {
  const lists = listsWith({ ...pending, state: 'Failure' });
  expect(recordOverdue(lists, tag, 'ci', [name], later)).toEqual(lists);
});

it.each([
  [`${tag}-aws`, 'blocking'],
  [`${tag}-aws-1`, 'blocking'],
  [`${tag}-aws-analysis-2`, 'informing'],
] as const)('a run that never showed itself is found by its name: %s', (unheardOf, list) => {
  const recorded = recordOverdue(listsWith(), tag, 'ci', [unheardOf], later)[list][0]?.results;
  expect(recorded).toMatchObject([{ coordinates: { name: unheardOf }, state: 'Error', completionTime: later }]);
});

it('a name that belongs to nothing is ignored', () => {
  expect(recordOverdue(listsWith(), tag, 'ci', ['somebody-else'], later)).toEqual(listsWith());
});

it('a run that ends after its deadline still counts, one that goes on does not', () => {
  const overdue = recordOverdue(listsWith(pending), tag, 'ci', [name], later);
  const stateAfter = (state: string) =>
    recordRuns(overdue, tag, 'ci', { prowJobs: [prowJobOf(name, state)], notRun: [], now: later }).blocking[0]?.results?.[0]?.state;
  expect([stateAfter('pending'), stateAfter('success')]).toEqual(['Error', 'Success']);
});
