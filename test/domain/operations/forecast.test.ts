import { describe, expect, test } from 'vitest';
import { forecast, type Look } from '../../../domain/operations/forecast.ts';

const usable = (more: object = {}): Look => ({
  kind: 'usable',
  target: 'release',
  endOfLife: false,
  targetMarked: true,
  unfinished: [],
  aborted: [],
  ...more,
});

describe('a dry run', () => {
  test.each([
    ['of a stream that is not driven', { kind: 'gone' }, [], ['it has no release config, or is not driven by this Waybill']],
    [
      'of a wrong config',
      { kind: 'invalid', problem: { reason: 'InvalidReleaseDefinition', message: 'no name' } },
      ['report InvalidReleaseDefinition on the image stream'],
      ['no name'],
    ],
    ['of a stream that can not be used', { kind: 'unusable', why: 'no target' }, [], ['no target']],
    ['at the end of life', usable({ endOfLife: true, planned: { tag: 'a', hash: 'h' } }), [], ['the release config says endOfLife']],
    ['with nothing to do', usable(), [], ['there is a release for the input images that are there']],
    [
      'of a new release',
      usable({ targetMarked: false, planned: { tag: 'a', hash: 'sha256:0123456789abcdef' } }),
      ['mark image stream release as one that holds releases', 'create release a in release'],
      ['no release has the input images that are there now (hash sha256:0123456789ab…)'],
    ],
    ['that is held', usable({ hold: { why: 'too early', until: '2026-01-01T00:00:00Z' } }), [], ['too early (until 2026-01-01T00:00:00Z)']],
    [
      'with releases on their way',
      usable({
        unfinished: [
          { tag: 'b', phase: 'Pending' },
          { tag: 'a', phase: 'Ready' },
        ],
        aborted: ['c'],
      }),
      ['abort c, which gives way to a newer pending release', 'go on with b: build its image', 'go on with a: verify it'],
      [],
    ],
    [
      'of what is published',
      usable({
        publish: { release: 'a', due: ['tag', 'stream'], errors: ['not there'], lacking: ['a has no image cli'] },
        retention: { due: 1 },
      }),
      ['publish a: tag, stream', 'retire 1 release whose time is over'],
      ['not there', 'a has no image cli'],
    ],
    [
      'of a Stable stream',
      usable({ adopt: ['4.1.0'], waiting: [{ for: 'an import', why: 'slow' }] }),
      ['make tag 4.1.0 a release'],
      ['waits for an import: slow'],
    ],
    ['of periodics', usable({ periodics: '0123456789abcdef' }), ['see that its periodics have their schedules'], []],
    ['of releases whose time is over', usable({ retention: { due: 2 } }), ['retire 2 releases whose time is over'], []],
    ['of releases whose tags do not say their verdict', usable({ unmarked: ['a', 'b'] }), ['have tags say the verdict of a, b'], []],
    [
      'of none',
      usable({ retention: { due: 0, next: '2026-01-01T00:00:00Z' } }),
      [],
      ['there is a release for the input images that are there'],
    ],
    ['of what has no words yet', usable({ remove: ['x'], idle: [] }), ['remove: ["x"]'], []],
  ] as [string, Look, string[], string[]][])('%s', (_what, look, would, because) => {
    expect(forecast(look)).toEqual({ would, because });
  });

  test('names the releases whose time is over, where they are known', () => {
    const { would } = forecast(usable({ retention: { due: 2 } }), ['a', 'b']);
    expect(would).toEqual(['retire 2 releases whose time is over: a, b']);
  });
});
