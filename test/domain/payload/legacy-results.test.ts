import { describe, expect, it } from 'vitest';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream, ReleasePayload, TagReference } from '../../../domain/payload/kinds.ts';
import {
  legacyFate,
  legacyOverride,
  type LegacyRelease,
  legacyRelease,
  readLegacyResults,
} from '../../../domain/payload/legacy-results.ts';
import { reconcileStatus } from '../../../domain/payload/payload-status.ts';
import { payloadPhase } from '../../../domain/payload/phase.ts';
import { nameHash } from '../../../domain/payload/prow-job-name.ts';
import { ciJob, factsOf, later, payloadOf, type PayloadShape, tag } from './payload-builder.ts';

const place = 'ocp/release:4.9.1';
const annotated = (annotations: Record<string, string>): TagReference => ({ name: tag, annotations });
const verified = (text: string) => annotated({ [annotation.verify]: text });
const unreadable = `unable to unmarshal VerificationStatusMap for imagestreamtag: ${place}`;

describe('results in a tag', () => {
  it.each<[string, TagReference, LegacyRelease['results'] | string]>([
    [
      'are read',
      verified('{"aws":{"state":"Succeeded","url":"/1","retries":2}}'),
      { aws: { state: 'Succeeded', url: '/1', retries: 2 } as never },
    ],
    ['payload 78: null is none', verified('null'), {}],
    ['an empty map is none', verified('{}'), {}],
    ['payload 79: an empty text is an error', verified(''), `unable to determine job status results for imagestreamtag: ${place}`],
    ['no annotation is one as well', { name: tag }, `unable to determine job status results for imagestreamtag: ${place}`],
    ['so is text that is no JSON', verified('{'), unreadable],
    ['and JSON that is no map', verified('[1]'), unreadable],
    ['or a number', verified('1'), unreadable],
  ])('%s', (_name, from, results) => {
    expect(readLegacyResults(from, place)).toEqual(results);
  });
});

const legacyOf = (results: LegacyRelease['results'], more: Partial<LegacyRelease> = {}): LegacyRelease => ({
  results,
  hasImage: true,
  ...more,
});
const legacyShape: PayloadShape = { dataSource: 'ImageStreamTagAnnotation' };

function reconciled(payload: ReleasePayload, legacy: LegacyRelease): ReleasePayload {
  return { ...payload, status: reconcileStatus(payload, factsOf({ creationJob: null, legacy, now: later })) };
}

describe('runs of a legacy payload', () => {
  const jobs = { blocking: [ciJob('aws'), ciJob('upgrade')], informing: [ciJob('gcp')], upgrade: [ciJob('metal')] };
  const payload = payloadOf({ ...legacyShape, ...jobs });

  it('are those of the tag, with their pages', () => {
    const { status } = reconciled(
      payload,
      legacyOf({
        aws: { state: 'Succeeded', url: '/job/1' },
        gcp: { state: 'Failed', url: 'https://elsewhere/2' },
        nobody: { state: 'Failed' },
      }),
    );
    expect(status?.blockingJobResults).toMatchObject([
      {
        ciConfigurationName: 'aws',
        state: 'Success',
        results: [{ state: 'Success', humanProwResultsURL: 'https://prow.ci.openshift.org/view/gs/test-platform-results/logs/job/1' }],
      },
      { ciConfigurationName: 'upgrade', state: 'Unknown' },
    ]);
    expect(status?.informingJobResults).toMatchObject([{ state: 'Failure', results: [{ humanProwResultsURL: 'https://elsewhere/2' }] }]);
  });

  it.each([
    ['Pending', 'Pending'],
    ['Whatever', 'Unknown'],
    ['', 'Unknown'],
  ])('in state %j are %s', (state, recorded) => {
    expect(reconciled(payload, legacyOf({ aws: { state } })).status?.blockingJobResults?.[0]?.results).toMatchObject([{ state: recorded }]);
  });

  it('are found by the hash of a shortened name', () => {
    const shortened = `aggregated-${nameHash(`${tag}-upgrade`)}`;
    expect(reconciled(payload, legacyOf({ [shortened]: { state: 'Succeeded' } })).status?.blockingJobResults?.[1]?.state).toBe('Success');
  });

  it('payload 80: a result that changed is another run, one that did not is none', () => {
    const first = reconciled(payload, legacyOf({ aws: { state: 'Pending', url: '/1' } }));
    const second = reconciled(first, legacyOf({ aws: { state: 'Succeeded', url: '/1' } }));
    expect(second.status?.blockingJobResults?.[0]?.results?.map(({ state }) => state)).toEqual(['Pending', 'Success']);
    expect(reconciled(second, legacyOf({ aws: { state: 'Succeeded', url: '/1' } })).status).toEqual(second.status);
  });

  it('payload 81: a result named like an upgrade entry is not for it', () => {
    expect(reconciled(payload, legacyOf({ metal: { state: 'Failed' } })).status?.upgradeJobResults?.[0]).not.toHaveProperty('results');
  });
});

describe('the verdict of an old release', () => {
  const reasons = (reason: string, message: string) => ({ [annotation.reason]: reason, [annotation.message]: message });

  it.each<[string, Record<string, string>, ReturnType<typeof legacyOverride>]>([
    ['payload 103, core 70: no phase, no override', {}, undefined],
    ['a release in the making has none', { [annotation.phase]: 'Ready' }, undefined],
    [
      'payload 104, core 71: an accepted one',
      { [annotation.phase]: 'Accepted' },
      { override: 'Accepted', reason: 'LegacyResult(reason="",message="")' },
    ],
    [
      'core 71: a rejected one, with its words',
      { [annotation.phase]: 'Rejected', ...reasons('VerificationFailed', 'job "aws" failed') },
      { override: 'Rejected', reason: 'LegacyResult(reason="VerificationFailed",message="job \\"aws\\" failed")' },
    ],
    [
      'core 71: a failed one is rejected',
      { [annotation.phase]: 'Failed' },
      { override: 'Rejected', reason: 'LegacyResult(reason="",message="")' },
    ],
  ])('%s', (_name, annotations, override) => {
    expect(legacyOverride({ annotations })).toEqual(override);
  });

  const target = (tags: string[]): ImageStream => ({
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'release', namespace: 'ocp' },
    status: {
      tags: tags.map((name) => ({ tag: name, items: [{ created: '', dockerImageReference: 'r@d', image: 'sha256:1', generation: 1 }] })),
    },
  });

  it.each([
    ['Accepted', [tag]],
    ['Rejected', [tag]],
    ['Failed', []],
    ['Failed', [tag]],
  ])('payload trap 24: %s stays, with images %j', (phase, images) => {
    const old = annotated({ [annotation.phase]: phase, ...reasons('r', 'oc exited with 1') });
    const override = legacyOverride(old);
    const payload = payloadOf({ ...legacyShape, blocking: [ciJob('aws')], ...(override && { override }) });
    const migrated = reconciled(payload, legacyRelease(target(images), old));
    expect(payloadPhase(migrated)).toBe(phase);
    expect(reconciled(migrated, legacyRelease(target(images), old)).status).toEqual(migrated.status);
  });

  it('without an image it is not decided', () => {
    const old = annotated({ [annotation.phase]: 'Accepted' });
    expect(payloadPhase(reconciled(payloadOf({ ...legacyShape, override: legacyOverride(old)! }), legacyRelease(target([]), old)))).toBe(
      'Pending',
    );
  });

  it('an image that is only referred to is an image', () => {
    const old = { ...annotated({ [annotation.phase]: 'Accepted' }), reference: true, from: { kind: 'DockerImage', name: 'quay.io/x:y' } };
    expect(legacyRelease(target([]), old).hasImage).toBe(true);
  });
});

it.each<[string, TagReference, ReturnType<typeof legacyFate>]>([
  ['a release with a verdict is migrated', annotated({ [annotation.phase]: 'Accepted' }), 'migrate'],
  [
    'a tag that points at another is not',
    { ...annotated({ [annotation.phase]: 'Accepted' }), from: { kind: 'ImageStreamTag', name: 'x' } },
    'alias',
  ],
  ['one that is not adopted yet is not', { name: 'next' }, 'unfinished'],
  ['one that is verified now is not', annotated({ [annotation.phase]: 'Ready' }), 'unfinished'],
])('%s', (_name, from, fate) => {
  expect(legacyFate(from)).toBe(fate);
});
