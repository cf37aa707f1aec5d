import { describe, expect, it } from 'vitest';
import type { Phase, TagReference } from '../../../domain/payload/kinds.ts';
import { unmarkedReleases, verdictMark } from '../../../domain/payload/verdict-marks.ts';
import { condition, payloadOf } from './payload-builder.ts';
import { configName, configOf, releaseTag, sourceOf, targetOf } from './stream-builder.ts';

const tagSaying = (phase: string, number: number): TagReference =>
  releaseTag(`${configName}-2024-08-30-00000${number}`, `2024-08-30T00:00:0${number}Z`, { phase });

function unmarked(tags: [tag: TagReference, phase: Phase | undefined][]): string[] {
  const phases = Object.fromEntries(tags.flatMap(([tag, phase]) => (phase ? [[tag.name, phase]] : [])));
  return unmarkedReleases({ source: sourceOf(), config: configOf(), target: targetOf(tags.map(([tag]) => tag)), phases });
}

describe('releases whose tags do not say their verdict', () => {
  it('are the decided ones, newest first, whatever else the tag says', () => {
    const [older, newer] = [tagSaying('Pending', 1), tagSaying('', 2)];
    expect(
      unmarked([
        [older, 'Accepted'],
        [newer, 'Rejected'],
      ]),
    ).toEqual([newer.name, older.name]);
  });

  it.each([
    ['that is not decided', 'Pending', 'Ready'],
    ['that nothing is known of', 'Pending', undefined],
    ['that is marked', 'Failed', 'Failed'],
  ] as const)('are none of one %s', (_, says, phase) => {
    expect(unmarked([[tagSaying(says, 1), phase]])).toEqual([]);
  });
});

describe('what a tag says of a verdict', () => {
  const rejected = condition('PayloadRejected', 'True', { reason: 'ReleasePayloadManuallyRejected', message: 'a bug' });
  it.each([
    ['accepted', [condition('PayloadAccepted', 'True')], { phase: 'Accepted' }],
    ['rejected, with the reason', [rejected], { phase: 'Rejected', reason: 'ReleasePayloadManuallyRejected', message: 'a bug' }],
    [
      'not built, which is a rejection too',
      [condition('PayloadFailed', 'True'), rejected],
      { phase: 'Failed', reason: 'CreateReleaseFailed', message: 'Could not create the release image' },
    ],
    ['not decided', [condition('PayloadCreated', 'True')], undefined],
  ])('%s', (_, conditions, mark) => expect(verdictMark(payloadOf({ status: { conditions } }))).toEqual(mark));
});
