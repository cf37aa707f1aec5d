import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eligibleReleases, mostBegun, planAudits, type TrackerMemory } from '../../../domain/audit/audit-tracker.ts';
import type { AuditedRelease } from '../../../domain/audit/audit-record.ts';
import type { AuditPolicy } from '../../../domain/audit/verification-policy.ts';
import type { Phase } from '../../../domain/payload/kinds.ts';
import { configOf, digest, releaseTag, sourceOf, stableOf, targetOf } from '../payload/stream-builder.ts';

const policy: AuditPolicy = { verification: 'auto', delay: 0, phases: ['Accepted'], streams: 'all' };

describe('releases that ought to be signed', () => {
  const tags = ['1', '2', '3'].map((name) => releaseTag(name, `2024-0${name}-01T00:00:00Z`));
  const phases: Record<string, Phase> = { '1': 'Accepted', '2': 'Rejected', '3': 'Accepted' };
  const stream = { source: sourceOf(), config: configOf(), target: targetOf(tags), phases };
  const names = (more: Partial<AuditPolicy>, of = stream) => eligibleReleases(of, { ...policy, ...more }).map(({ tag }) => tag);

  test.each<[string, Partial<AuditPolicy>, string[]]>([
    ['accepted ones, whether they have a payload or not', {}, ['1', '3']],
    ['audit trap 8: those of the phases that the settings name', { phases: ['Accepted', 'Rejected'] }, ['1', '2', '3']],
    ['none of a stream that is left out', { streams: 'stable' }, []],
    ['those that are new enough', { trackSince: '2024-02-15T00:00:00Z' }, ['3']],
  ])('are %s', (_, more, wanted) => {
    expect(names(more)).toEqual(wanted);
  });

  test('of a Stable stream in its own tags, with the place that its clients know', () => {
    const [release] = eligibleReleases(stableOf('4-stable', ['4.15.1']), { ...policy, streams: 'stable' });
    expect(release).toEqual({
      namespace: 'ocp',
      tag: '4.15.1',
      stream: '4-stable',
      target: '4-stable',
      location: 'dockerRepo:4.15.1',
      created: '2024-01-01T00:00:00Z',
    });
  });

  test('not those of another stream in the same target, nor tags without a source', () => {
    const others = [releaseTag('4', '2024-04-01T00:00:00Z', { source: 'ocp/other' }), { name: '5' }];
    const mixed = { ...stream, target: targetOf([...tags, ...others]), phases: { ...phases, '4': 'Accepted', '5': 'Accepted' } as const };
    expect(names({}, mixed)).toEqual(['1', '3']);
  });

  test('a tag without a payload counts by its annotation', () => {
    const older = { ...stream, target: targetOf([releaseTag('0', '', { phase: 'Accepted' })]), phases: {} };
    expect(names({}, older)).toEqual(['0']);
    expect(names({ trackSince: '2024-01-01T00:00:00Z' }, older)).toEqual([]);
  });

  test('nothing where nobody knows a place', () => {
    const target = { ...stream.target, status: {} };
    expect(names({}, { ...stream, target })).toEqual([]);
  });
});

describe('whose audit begins', () => {
  const now = Date.UTC(2026, 0, 1);
  const hour = 3_600_000;
  const release = (tag: string, of = digest(tag), created = ''): AuditedRelease & { created: string } => {
    return { namespace: 'ocp', tag, stream: 's', target: 'release', digest: of, location: `r:${tag}`, created };
  };
  const tagsOf = (due: AuditedRelease[]) => due.map(({ tag }) => tag);

  test('every image once, with all its releases; what is planned is what an audit takes', () => {
    const { due, memory, left, waiting } = planAudits([release('a'), release('b'), release('c', digest('a'))], {}, now);
    expect(tagsOf(due)).toEqual(['a', 'c', 'b']);
    expect(due[0]).toEqual({ namespace: 'ocp', tag: 'a', stream: 's', target: 'release', digest: digest('a'), location: 'r:a' });
    expect(memory[digest('a')]).toEqual({ tries: 1, nextAt: '2026-01-01T01:00:00.000Z' });
    expect({ left, waiting }).toEqual({ left: 0, waiting: 0 });
  });

  test('audit trap 12: equal names in two namespaces do not meet', () => {
    const other = { ...release('a', digest('b')), namespace: 'ocp-priv' };
    expect(planAudits([release('a'), other], {}, now).due.map(({ namespace }) => namespace)).toEqual(['ocp', 'ocp-priv']);
  });

  test('audit trap 5: a tag that was moved is another image, whose turn is at once', () => {
    const { memory } = planAudits([release('a')], {}, now);
    expect(tagsOf(planAudits([release('a', digest('f'))], memory, now).due)).toEqual(['a']);
  });

  test('an image that stays without a signature, later each time, at most a day', () => {
    const waits = [1, 2, 4, 8, 16, 24, 24];
    let [memory, at]: [TrackerMemory, number] = [{}, now];
    for (const hours of waits) {
      const first = planAudits([release('a')], memory, at);
      expect(tagsOf(first.due)).toEqual(['a']);
      expect(planAudits([release('a')], first.memory, at + hours * hour - 1)).toMatchObject({ due: [], waiting: 1 });
      [memory, at] = [first.memory, at + hours * hour];
    }
  });

  test('an image that has its signature is forgotten', () => {
    const { memory } = planAudits([release('a')], {}, now);
    expect(planAudits([], memory, now).memory).toEqual({});
  });

  test('the newest first, and those that were never begun before those that were', () => {
    const images = [
      release('a', digest('a'), '2025-01-01'),
      release('b', digest('b'), '2025-03-01'),
      release('c', digest('c'), '2025-02-01'),
    ];
    const memory = { [digest('b')]: { tries: 1, nextAt: new Date(now).toISOString() } };
    expect(tagsOf(planAudits(images, memory, now).due)).toEqual(['c', 'a', 'b']);
  });

  test('a take-over of any size comes to its end: so many in a run, each image once, none left out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), (count) => {
        let unsigned = Array.from({ length: count }, (_, n) => release(`${n}`, `sha256:${n.toString(16).padStart(64, '0')}`));
        let memory: TrackerMemory = {};
        const begun: string[] = [];
        for (let run = 0; run < Math.ceil(count / mostBegun); run += 1) {
          const plan = planAudits(unsigned, memory, now + run * 600_000);
          expect(plan.due.length).toBeLessThanOrEqual(mostBegun);
          expect(plan.left).toBe(unsigned.length - plan.due.length);
          begun.push(...tagsOf(plan.due));
          unsigned = unsigned.filter(({ tag }) => !begun.includes(tag));
          memory = plan.memory;
        }
        expect(unsigned).toEqual([]);
        expect(new Set(begun).size).toBe(begun.length);
      }),
      { numRuns: 10 },
    );
  });

  test('what is remembered does not grow without end', () => {
    let memory: TrackerMemory = {};
    const unsigned = Array.from({ length: 700 }, (_, n) => release(`${n}`, `sha256:${n.toString(16).padStart(64, '0')}`));
    for (let run = 0; run < 14; run += 1) memory = planAudits(unsigned, memory, now + run).memory;
    expect(Object.keys(memory)).toHaveLength(500);
  });
});
