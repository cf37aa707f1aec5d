import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fateOfJob,
  isDue,
  isMirrorGarbage,
  isPayloadGarbage,
  liveStreams,
  streamsWithReleases,
  withoutTags,
} from '../../../domain/payload/garbage.ts';
import type { ImageStream, Job, ObjectMeta } from '../../../domain/payload/kinds.ts';

const now = Date.UTC(2024, 7, 30, 12, 0, 0);
const stream = (namespace: string, name: string, ...tags: string[]): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { namespace, name, generation: 7 },
  spec: { tags: tags.map((tag) => ({ name: tag })) },
});
const live = liveStreams([stream('ocp', 'release', 'alive'), stream('ocp', '4-stable', '4.20.1'), stream('okd', 'release', 'other')]);

const marks = (more: Record<string, string | undefined> = {}, name = 'x'): ObjectMeta => {
  const all = { source: 'ocp/4.20', target: 'ocp/release', releaseTag: 'gone', generation: '3', ...more };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { name, namespace: 'ocp', annotations: Object.fromEntries(given.map(([key, value]) => [`release.openshift.io/${key}`, value])) };
};

describe('core 8.2: jobs', () => {
  it.each([
    ['of a live tag', {}, { releaseTag: 'alive' }, 'keep'],
    ['made before the target changed', {}, {}, 'remove'],
    ['as new as the target', {}, { generation: '7' }, 'remove finished long ago'],
    ['of a target that is not there', {}, { target: 'ocp/none' }, 'keep'],
    ['without a source', {}, { source: undefined }, 'keep'],
    ['without a generation', {}, { generation: undefined }, 'keep'],
    ['with a generation that is no number', {}, { generation: 'new' }, 'keep'],
    ['without any mark', {}, { source: undefined, target: undefined, releaseTag: undefined, generation: undefined }, 'keep'],
    ['P34: whose tag lives in another stream only', {}, { releaseTag: 'other' }, 'remove'],
    ['P34: whose tag lives in another stream of the namespace only', {}, { releaseTag: '4.20.1' }, 'remove'],
    ['P33: that asks for the removal of the image', { name: 'remove-gone' }, {}, 'remove finished'],
    [
      'that verified a release before it was signed',
      {},
      { purpose: 'audit', generation: undefined, source: undefined },
      'remove finished long ago',
    ],
    ['that verifies a live release', {}, { purpose: 'audit', releaseTag: 'alive' }, 'keep'],
  ])('%s', (_name, { name = 'gone' }: { name?: string }, more: Record<string, string | undefined>, fate) => {
    expect(fateOfJob(marks(more, name), live)).toBe(fate);
  });

  const jobOf = (status: Job['status']): Job => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'gone' },
    ...(status && { status }),
  });
  const hoursAgo = (hours: number) => new Date(now - hours * 3_600_000).toISOString();
  const failed = (hours: number) => ({ conditions: [{ type: 'Failed', status: 'True', lastTransitionTime: hoursAgo(hours) }] });
  it.each([
    ['running', { active: 1 }, [false, false]],
    ['without a status', undefined, [false, false]],
    ['completed an hour ago', { completionTime: hoursAgo(1) }, [true, false]],
    ['completed three hours ago', { completionTime: hoursAgo(3) }, [true, true]],
    ['failed an hour ago', failed(1), [true, false]],
    ['failed three hours ago', failed(3), [true, true]],
  ] as const)('%s', (_name, status, [finished, longAgo]) => {
    const job = jobOf(status);
    expect([isDue(job, 'remove finished', now), isDue(job, 'remove finished long ago', now)]).toEqual([finished, longAgo]);
    expect([isDue(job, 'remove', now), isDue(job, 'keep', now)]).toEqual([true, false]);
  });
});

describe('core 8.2: mirrors', () => {
  it.each([
    ['of a live tag', { releaseTag: 'alive' }, false],
    ['made before the target changed', {}, true],
    ['as new as the target', { generation: '7' }, false],
    ['that are none', { releaseTag: undefined }, false],
  ])('%s', (_name, more, garbage) => expect(isMirrorGarbage(marks(more), live)).toBe(garbage));
});

describe('core 8.2: payloads', () => {
  it.each([
    ['of a live tag', 'ocp', 'alive', false],
    ['of a live tag of another stream in the namespace', 'ocp', '4.20.1', false],
    ['whose tag is gone', 'ocp', 'gone', true],
    ['P34: whose tag lives in another namespace only', 'ocp', 'other', true],
  ])('%s', (_name, namespace, name, garbage) => expect(isPayloadGarbage({ namespace, name }, live)).toBe(garbage));
});

it('streams with releases are those that say so, Stable ones, and targets that are not marked yet', () => {
  const meta = (name: string, annotations: Record<string, string>): ObjectMeta => ({ name, namespace: 'ocp', annotations });
  const config = (more: object) => ({ 'release.openshift.io/config': JSON.stringify({ name: 'x', ...more }) });
  const streams = [
    meta('marked', { 'release.openshift.io/hasReleases': 'true' }),
    meta('4.20', config({ to: 'unmarked' })),
    meta('4-stable', config({ as: 'Stable' })),
    meta('a-mirror', { 'release.openshift.io/releaseTag': 'alive' }),
    { name: 'plain', namespace: 'ocp' },
  ];
  expect(streamsWithReleases(streams)).toEqual(['ocp/4-stable', 'ocp/marked', 'ocp/unmarked']);
});

it('a stream whose config can not be read keeps what hangs on its tags', () => {
  const annotations = { 'release.openshift.io/config': '{"name": "4-stable", "as": "Stable",' };
  expect(streamsWithReleases([{ name: '4-stable', namespace: 'ocp', annotations }])).toEqual(['ocp/4-stable']);
});

it('whatever there is: nothing of a live tag is garbage', () => {
  const word = fc.constantFrom('alive', 'gone', 'other', '4.20.1', '3', '7', '9', 'ocp/release', 'okd/release', 'audit', '');
  const annotations = fc.record({ source: word, target: word, releaseTag: word, generation: word, purpose: word }, { requiredKeys: [] });
  fc.assert(
    fc.property(annotations, fc.constantFrom('alive', 'remove-alive', 'gone'), (given, name) => {
      const meta = marks(given, name);
      const tag = meta.annotations?.['release.openshift.io/releaseTag'] ?? '';
      const isLive = live.get(meta.annotations?.['release.openshift.io/target'] ?? '')?.tags.has(tag) === true;
      return !isLive || (fateOfJob(meta, live) === 'keep' && !isMirrorGarbage(meta, live));
    }),
  );
});

describe('what a removal will leave behind', () => {
  const after = withoutTags(live, new Map([['ocp/release', ['alive']]]));
  const made = marks({ releaseTag: 'alive', generation: '7' }, 'alive');
  it('is what hangs on the tags that are to go, also what was made for the stream as it is', () => {
    expect([isPayloadGarbage(made, live), isMirrorGarbage(made, live), fateOfJob(made, live)]).toEqual([false, false, 'keep']);
    expect([isPayloadGarbage(made, after), isMirrorGarbage(made, after), fateOfJob(made, after)]).toEqual([true, true, 'remove']);
  });
  it('is nothing where none goes', () => expect(withoutTags(live, new Map([['ocp/other', ['alive']]]))).toEqual(live));
});
