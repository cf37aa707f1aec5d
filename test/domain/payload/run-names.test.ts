import fc from 'fast-check';
import { expect, it } from 'vitest';
import { entryRuns } from '../../../domain/payload/entry-runs.ts';
import type { CiConfiguration } from '../../../domain/payload/kinds.ts';
import { matchRun } from '../../../domain/payload/run-matching.ts';
import { sampledRuns } from '../../../domain/payload/sampled-upgrades.ts';
import { seededLists } from '../../../domain/payload/job-lists.ts';
import { payloadOf } from './payload-builder.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9.]{0,8}[a-z]$/);
/** A verification name, long ones among them: they are shortened in the ProwJob's name. */
const name = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join('-'));
const tag = fc.constantFrom(
  '4.20.3',
  '4.20.0-rc.1',
  '4.20.0-0.nightly-2025-06-01-021500',
  '4.20.0-0.nightly-multi-2025-06-01-021500',
  '4.20.0-okd-scos.3',
);
const previous = ['4.20.2', '4.20.0-rc.0', '4.19.30', '4.9.1'];

const single = (verify: string): CiConfiguration => ({
  ciConfigurationName: verify,
  ciConfigurationJobName: `periodic-${verify}`,
  maxRetries: 2,
});

it('every run of an entry, whatever its name and tag are, is found under its entry again', () => {
  const names = fc.uniqueArray(name, { minLength: 4, maxLength: 4, selector: (one) => one });
  fc.assert(
    fc.property(tag, names, (release, [a = '', b = '', c = '', d = '']) => {
      const payload = payloadOf({
        name: release,
        blocking: [single(a), { ciConfigurationName: b, ciConfigurationJobName: `${b}-aggregator-job`, maxRetries: 2 }],
        informing: [single(c), { ciConfigurationName: b, ciConfigurationJobName: `periodic-${b}`, analysisJobCount: 3 }],
        upgrade: [{ ciConfigurationName: d, ciConfigurationJobName: `periodic-upgrade-${d}` }],
      });
      const lists = seededLists(payload);
      const runs = [
        ...entryRuns(payload).flatMap(({ attempts, analysis }) => [...attempts, ...analysis]),
        ...sampledRuns(payload, previous),
      ];
      expect(runs).toHaveLength(3 + 3 + 3 + 3 + previous.length);
      expect(new Set(runs.map((run) => run.name)).size).toBe(runs.length);
      for (const run of runs) {
        const { specJob: job, kind, from } = run;
        const match = matchRun(lists, release, { name: run.name, job, analysis: kind === 'analysis', ...(from !== undefined && { from }) });
        expect(match?.entry.ciConfigurationName).toBe(kind === 'upgrade' ? d : run.verify);
        expect(match?.entry.ciConfigurationJobName).toBe(job);
        expect(match?.upgradedFrom).toBe(from);
      }
    }),
  );
});
