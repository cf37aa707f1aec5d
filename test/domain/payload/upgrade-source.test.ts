import { describe, expect, it } from 'vitest';
import { latestStableForVersion } from '../../../domain/payload/accepted-tags.ts';
import type { Phase } from '../../../domain/payload/kinds.ts';
import { releasePullSpec } from '../../../domain/payload/pull-spec.ts';
import type { StreamSnapshot } from '../../../domain/payload/stream-tags.ts';
import { selectUpgradeSource, type UpgradeQuestion } from '../../../domain/payload/upgrade-source.ts';
import { configOf, releaseTag, sourceOf, stableOf, targetOf } from './stream-builder.ts';

const repository = 'registry.example/ocp/release';

/** Releases of a nightly stream, oldest first. */
function nightly(releases: [name: string, phase: Phase][], config: Record<string, unknown> = {}): StreamSnapshot {
  const parsed = configOf(config);
  const tags = releases.map(([name], minute) => releaseTag(name, `2024-08-30T10:0${minute}:00Z`, { name: parsed.name }));
  return { source: sourceOf(), config: parsed, target: targetOf(tags), phases: Object.fromEntries(releases) };
}

const own = nightly([
  ['oldest', 'Accepted'],
  ['older', 'Accepted'],
  ['bad', 'Rejected'],
  ['tested', 'Ready'],
]);
const stable = stableOf('4-stable', ['4.13.0-rc.0', '4.12.2', '4.12.1', '4.12.0']);
const preview = stableOf('4-dev-preview', ['4.13.0-ec.0', '4.12.0-ec.2'], 'previewRepo');

function select(more: Partial<UpgradeQuestion> = {}) {
  return selectUpgradeSource({ tag: 'tested', stream: own, verify: 'up', upgradeFrom: '', streams: [own, preview, stable], ...more });
}

const found = (tag: string, from = repository) => ({ kind: 'found', tag, pullSpec: `${from}:${tag}` });

describe('latest stable release of a version', () => {
  it.each([
    ['one order', [stable, preview]],
    ['the other', [preview, stable]],
  ])('core 45: is the highest of all stable streams, in %s', (_name, streams) => {
    const latest = latestStableForVersion(streams, { major: 4, minor: 12 })!;
    expect(latest.tag.name).toBe('4.12.2');
    expect(releasePullSpec({ target: latest.stream.target, tag: latest.tag, config: latest.stream.config })).toBe('dockerRepo:4.12.2');
  });
});

describe('release to upgrade from', () => {
  const rows: [string, Partial<UpgradeQuestion>, object][] = [
    ['the newest accepted by default', {}, found('older')],
    ['the newest accepted for Previous', { upgradeFrom: 'Previous' }, found('older')],
    ['the second accepted for PreviousMinus1', { upgradeFrom: 'PreviousMinus1' }, found('oldest')],
    ['core P29: the one before an accepted release, for PreviousMinus1', { upgradeFrom: 'PreviousMinus1', tag: 'older' }, found('oldest')],
    [
      'none when there is no second',
      { upgradeFrom: 'PreviousMinus1', tag: 'oldest' },
      { kind: 'none', reason: 'fewer than 2 accepted releases of 4.15.0-0.nightly' },
    ],
    [
      'core P16: none that is newer than a release which is still verified',
      {
        stream: nightly([
          ['oldest', 'Accepted'],
          ['tested', 'Ready'],
          ['newer', 'Accepted'],
        ]),
      },
      found('oldest'),
    ],
    ['core P16: no higher patch', { tag: '4.12.1', stream: stable, upgradeFrom: 'PreviousPatch' }, found('4.12.0', 'dockerRepo')],
    [
      'core P16: no higher patch of another Stable stream',
      { tag: '4.13.0-ec.0', stream: preview },
      { kind: 'none', reason: 'no accepted release of 4.13 in any Stable stream' },
    ],
    [
      'none for the first release of a stream',
      { stream: nightly([['tested', 'Ready']]) },
      { kind: 'none', reason: 'no accepted release of 4.15.0-0.nightly' },
    ],
    ['never the release itself', { tag: 'older' }, found('oldest')],
    [
      'the highest of the same minor for PreviousPatch',
      { tag: '4.12.0-0.nightly-2024', upgradeFrom: 'PreviousPatch' },
      found('4.12.2', 'dockerRepo'),
    ],
    [
      'the highest of the minor before for PreviousMinor',
      { tag: '4.13.0-0.nightly-2024', upgradeFrom: 'PreviousMinor' },
      found('4.12.2', 'dockerRepo'),
    ],
    [
      'a candidate where there is no final',
      { tag: '4.14.0-0.nightly-2024', upgradeFrom: 'PreviousMinor' },
      found('4.13.0-rc.0', 'dockerRepo'),
    ],
    [
      'none before the first minor',
      { tag: '4.0.1', upgradeFrom: 'PreviousMinor' },
      { kind: 'none', reason: '4.0.1 is of the first minor version' },
    ],
    ['none for a name that is no version', { upgradeFrom: 'PreviousMinor' }, { kind: 'none', reason: 'tested is not a semantic version' }],
    ['the highest patch by default in a Stable stream', { tag: '4.12.2', stream: stable }, found('4.12.1', 'dockerRepo')],
    ['core P16: by version in a Stable stream', { tag: '4.12.3', stream: stable, upgradeFrom: 'Previous' }, found('4.12.2', 'dockerRepo')],
    [
      'the second by version in a Stable stream',
      { tag: '4.13.0', stream: stable, upgradeFrom: 'PreviousMinus1' },
      found('4.12.2', 'dockerRepo'),
    ],
    [
      'an error for another word',
      { upgradeFrom: 'PreviousMicro' },
      { kind: 'error', message: 'release 4.15.0-0.nightly has job up which defines invalid upgradeFrom: PreviousMicro' },
    ],
  ];
  it.each(rows)('is %s', (_name, question, expected) => {
    expect(select(question)).toEqual(expected);
  });

  it('is none while nobody knows where it can be pulled from', () => {
    const stream = { ...own, target: { ...own.target, status: {} } };
    expect(select({ stream })).toMatchObject({ kind: 'none' });
  });
});

describe('explicit release to upgrade from', () => {
  const candidates = nightly(
    [
      ['4.14.0-0.nightly-1', 'Accepted'],
      ['4.14.0-0.nightly-2', 'Accepted'],
      ['4.14.0-0.nightly-3', 'Rejected'],
    ],
    { name: '4.14.0-0.nightly' },
  );
  const arm = { ...candidates, config: configOf({ name: '4.14.0-0.nightly-arm64', to: 'release-arm64' }) };
  const ofArm = {
    ...candidates.target,
    spec: { tags: [releaseTag('4.14.0-0.nightly-arm64-9', '2024-01-01T00:00:00Z', { name: '4.14.0-0.nightly-arm64' })] },
  };
  const streams = [stable, candidates, { ...arm, target: ofArm, phases: { '4.14.0-0.nightly-arm64-9': 'Accepted' } as const }];
  const nodes = ['4.12.9', '4.12.10', '4.12.10-rc.1', '4.13.1'].map((version) => ({ version, payload: `quay.io/release@${version}` }));
  const bounds = (lower: string, upper: string) => ({ prerelease: { version_bounds: { lower, upper } } });
  const candidate = (version: string, relative = 0) => ({ candidate: { stream: 'nightly', version, relative } });
  const official = (version: string, channel = 'stable') => ({ release: { version, channel, architecture: '' } });

  const rows: [string, UpgradeQuestion['upgradeFromRelease'], object, Partial<UpgradeQuestion>?][] = [
    ['highest stable within bounds', bounds('4.12.0', '4.13.0-0'), found('4.12.2', 'dockerRepo')],
    ['stable with candidates within bounds', bounds('4.12.0', '4.13.0'), found('4.13.0-rc.0', 'dockerRepo')],
    ['nothing within bounds', bounds('5.0.0', '5.1.0'), { kind: 'none', reason: 'no accepted release of 4-stable that fits' }],
    ['bounds that are no versions', bounds('4.12', '4.13'), { kind: 'error', message: expect.stringContaining('could not parse range') }],
    ['highest accepted candidate', candidate('4.14'), found('4.14.0-0.nightly-2')],
    ['the candidate before', candidate('4.14', 1), found('4.14.0-0.nightly-1')],
    ['candidate of the same architecture', candidate('4.14'), found('4.14.0-0.nightly-arm64-9'), { stream: arm }],
    [
      'candidate of an unknown stream',
      candidate('4.9'),
      {
        kind: 'error',
        message: 'failed to get latest tag in stream 4.9.0-0.nightly: no release configuration exists with the requested name',
      },
    ],
    [
      'official release by minor, tag and pull spec the right way round',
      official('4.12'),
      { kind: 'found', tag: '4.12.10', pullSpec: 'quay.io/release@4.12.10' },
      { graph: nodes },
    ],
    [
      'official release by full version',
      official('4.12.9'),
      { kind: 'found', tag: '4.12.9', pullSpec: 'quay.io/release@4.12.9' },
      { graph: nodes },
    ],
    [
      'official release that is not there',
      official('4.11', 'fast-4.11'),
      { kind: 'error', message: 'channel fast-4.11 has no release 4.11' },
      { graph: nodes },
    ],
    [
      'official release while the service did not answer',
      official('4.11'),
      { kind: 'error', message: 'the releases of channel stable-4.11 are not known' },
    ],
    ['first of several', { ...candidate('4.14'), ...bounds('4.12.0', '4.13.0-0') }, found('4.12.2', 'dockerRepo')],
    ['none of the three', {}, { kind: 'error', message: 'upgradeRelease fields must be set if upgradeRelease is set' }],
  ];
  it.each(rows)('%s', (_name, upgradeFromRelease, expected, more = {}) => {
    expect(select({ streams, upgradeFrom: 'Previous', ...(upgradeFromRelease && { upgradeFromRelease }), ...more })).toEqual(expected);
  });
});
