import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distributedCluster } from '../../../domain/payload/cluster-group.ts';

const names = Array.from({ length: 3000 }, (_, index) => `4.20.0-0.nightly-2026-01-01-000000-e2e-${index}`);

describe('the build cluster of a job', () => {
  it.each([
    ['no groups', [], 'build01', ['build01']],
    ['a group without it', [['build02', 'build03']], 'build01', ['build01']],
    ['a group of one', [['build01']], 'build01', ['build01']],
    ['a group of three', [['build01', 'build02', 'build03']], 'build01', ['build01', 'build02', 'build03']],
    ['the last of several groups', [['build01', 'build02'], ['build01', 'build04'], ['build05']], 'build01', ['build01', 'build04']],
    ['an empty group', [[], ['build02']], 'build01', ['build01']],
  ])('core 22: %s', (_name, groups, cluster, expected) => {
    const chosen = names.map((name) => distributedCluster(groups, cluster, name));
    expect(chosen).toHaveLength(names.length);
    expect([...new Set(chosen)].toSorted()).toEqual(expected);
  });

  it('is each member of its group about equally often', () => {
    const chosen = names.map((name) => distributedCluster([['a', 'b', 'c']], 'a', name));
    for (const member of ['a', 'b', 'c']) {
      const share = chosen.filter((cluster) => cluster === member).length / names.length;
      expect(share).toBeGreaterThan(0.3);
      expect(share).toBeLessThan(0.37);
    }
  });

  it('is the same whenever it is asked for', () => {
    const groups = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 4 }), { maxLength: 3 });
    fc.assert(
      fc.property(groups, fc.string(), (pools, name) => {
        const cluster = distributedCluster(pools, 'a', name);
        expect(distributedCluster(pools, 'a', name)).toBe(cluster);
        const last = pools.findLast((pool) => pool.includes('a'));
        expect(last ?? ['a']).toContain(cluster);
      }),
    );
  });
});
