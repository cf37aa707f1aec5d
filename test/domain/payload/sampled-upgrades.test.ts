import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CiConfiguration, ReleasePayload } from '../../../domain/payload/kinds.ts';
import {
  missingUpgradeRuns,
  officialPullSpec,
  roundRobin,
  sampledRuns,
  sampledVersions,
  versionsByMinor,
} from '../../../domain/payload/sampled-upgrades.ts';
import { ciJob, payloadOf } from './payload-builder.ts';

/** Versions of one minor, as `4.10` and their patches. */
const of = (minor: string, ...patches: (number | string)[]) => patches.map((patch) => `${minor}.${patch}`);
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);

describe('versions by minor', () => {
  it('core 39: in the order of two-digit minors, highest first', () => {
    const mixed = [...of('4.10', 0, 32, 16), ...of('4.9', 20, 42, 31)];
    expect(versionsByMinor(mixed)).toEqual([of('4.9', 42, 31, 20), of('4.10', 32, 16, 0)]);
  });

  it('core 40: by number, not by text', () => {
    expect(versionsByMinor([...of('4.10', 3, 10, '0-rc.1'), ...of('4.9', 9)])).toEqual([of('4.9', 9), of('4.10', 10, 3, '0-rc.1')]);
  });

  it('without what is no version', () => {
    expect(versionsByMinor(['4.10', 'x', 'v4.10.1', '4.10.1'])).toEqual([['4.10.1']]);
  });
});

describe('sample of previous versions', () => {
  const full9 = of('4.9', 42, 41, 40, 32, 31, 30, 22, 21, 20);
  const full10 = of('4.10', 32, 31, 30, 22, 21, 20, 12, 11, 10, 2, 1, 0);
  const rows: [string, string[], string[]][] = [
    [
      'core 41: few of the minor before',
      [...of('4.10', 1, 0), ...of('4.11', ...down(10, 0))],
      [...of('4.10', 1, 0), ...of('4.11', 10, 9, 8, 2, 1, 0, 3, 5, 7)],
    ],
    [
      'core 42: few of the same minor',
      [...of('4.10', ...down(10, 0)), ...of('4.11', 1, 0)],
      [...of('4.10', 10, 9, 8, 2, 1, 0, 3, 4, 5), ...of('4.11', 1, 0)],
    ],
    ['core 43: few of both', [...of('4.10', 2, 1, 0), ...of('4.11', 1, 0)], [...of('4.10', 2, 1, 0), ...of('4.11', 1, 0)]],
    [
      'core 44: enough of both',
      [...full9, ...full10],
      [...of('4.9', 42, 41, 40, 22, 21, 20, 32, 31, 30), ...of('4.10', 32, 31, 30, 2, 1, 0, 11, 10, 22)],
    ],
    ['none', [], []],
  ];
  it.each(rows)('%s', (_name, previous, expected) => {
    expect(sampledVersions(previous)).toEqual(expected);
  });

  it('ends, and has no version twice, whatever the list is', () => {
    const version = fc
      .tuple(fc.integer({ min: 8, max: 10 }), fc.integer({ min: 0, max: 12 }))
      .map(([minor, patch]) => `4.${minor}.${patch}`);
    fc.assert(
      fc.property(fc.array(version, { maxLength: 40 }), (previous) => {
        const sample = sampledVersions(previous);
        expect(new Set(sample).size).toBe(sample.length);
        expect(sample.every((one) => previous.includes(one))).toBe(true);
        expect(sampledVersions(previous)).toEqual(sample);
      }),
    );
  });
});

describe('round robin', () => {
  it.each([
    [['b1'], 3, ['b1', 'b1', 'b1']],
    [['b1', 'b2'], 4, ['b1', 'b2', 'b1', 'b2']],
    [['b1', 'b2', 'b3'], 6, ['b1', 'b2', 'b3', 'b1', 'b2', 'b3']],
  ])('core 21: over %j for %i', (places, things, expected) => {
    expect(roundRobin(places, things)).toEqual(expected);
  });
  it('core 21: over nothing is an error', () => {
    expect(() => roundRobin([], 1)).toThrow('cannot create cluster distribution with no items');
  });
  it('may begin anywhere', () => {
    expect(roundRobin(['b1', 'b2', 'b3'], 4, 2)).toEqual(['b3', 'b1', 'b2', 'b3']);
  });
});

describe('sampled upgrade runs', () => {
  const stable = (upgrade: CiConfiguration[], name = '4.11.5'): ReleasePayload => payloadOf({ name, upgrade });
  const two = [ciJob('aws'), ciJob('gcp')];
  const previous = of('4.11', 10, 1);

  it('are one a version, on the platforms in turn', () => {
    const runs = sampledRuns(stable(two), previous);
    const [first, second] = runs.map(({ name }) => name.split('-').at(-1));
    expect([first, second].toSorted()).toEqual(['aws', 'gcp']);
    expect(runs[0]).toEqual({
      name: `4.11.5-upgrade-from-4.11.10-${first}`,
      verify: 'upgrade-from-4.11.10',
      kind: 'upgrade',
      definition: `periodic-${first}`,
      specJob: `periodic-${first}`,
      attempt: 0,
      from: '4.11.10',
      platform: first,
    });
    expect(sampledRuns(stable(two), previous)).toEqual(runs);
  });

  it('are none without a platform or a version', () => {
    expect(sampledRuns(stable([]), previous)).toEqual([]);
    expect(sampledRuns(stable(two), [])).toEqual([]);
  });

  it.each([
    ['nothing', [], ['4.11.10', '4.11.1']],
    ['core P17: a version that begins alike', ['4.11.5-upgrade-from-4.11.10-aws'], ['4.11.1']],
    ['the other platform', ['4.11.5-upgrade-from-4.11.1-aws', '4.11.5-upgrade-from-4.11.10-gcp'], []],
    ['a platform that is none of ours', ['4.11.5-upgrade-from-4.11.1-azure'], ['4.11.10', '4.11.1']],
  ])('are missing where there is %s', (_name, known, expected) => {
    const payload = stable(two);
    const missing = missingUpgradeRuns(payload, sampledRuns(payload, previous), new Set(known));
    expect(missing.map(({ from }) => from)).toEqual(expected);
  });

  it('core P17: are known by their hash where the name was too long', () => {
    const payload = stable([ciJob('azure-upi-with-a-name-that-goes-on-and-on'), ciJob('vsphere-upi-with-a-name-that-goes-on-and-on')]);
    const runs = sampledRuns(payload, previous);
    expect(runs.every(({ name }) => name.length <= 63 && !name.includes('upgrade-from-4.11.1-'))).toBe(true);
    expect(missingUpgradeRuns(payload, runs, new Set(runs.map(({ name }) => name)))).toEqual([]);
    expect(missingUpgradeRuns(payload, runs, new Set([runs[0]!.name]))).toEqual([runs[1]]);
  });

  it.each([
    ['amd64', 'x86_64'],
    ['arm64', 'aarch64'],
    ['s390x', 's390x'],
  ])('start on %s from the image of %s', (architecture, suffix) => {
    expect(officialPullSpec('4.11.10', architecture)).toBe(`quay.io/openshift-release-dev/ocp-release:4.11.10-${suffix}`);
  });
});
