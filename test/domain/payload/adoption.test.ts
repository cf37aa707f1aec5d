import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planAdoption } from '../../../domain/payload/adoption.ts';
import type { ImageStream, TagReference } from '../../../domain/payload/kinds.ts';
import { configOf, streamOf } from './stream-builder.ts';

const now = Date.UTC(2026, 10, 25, 12, 30, 15, 900);
const config = configOf({ name: '4-stable', as: 'Stable' });
const prefix = 'release.openshift.io/';
const from = { kind: 'DockerImage', name: 'quay.example/release:x' };

const keyed = (annotations: Record<string, string>) =>
  Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value]));
const tag = (name: string, annotations?: Record<string, string>): TagReference => ({
  name,
  from,
  ...(annotations === undefined ? {} : { annotations: keyed(annotations) }),
});
const own = (name: string, phase = 'Accepted') => tag(name, { name: '4-stable', source: 'ocp/4-stable', phase });
const stream = (...tags: TagReference[]): ImageStream => streamOf('4-stable', tags);
const plan = (...tags: TagReference[]) => planAdoption({ source: stream(...tags), config }, now);
const identity = { name: '4-stable', source: 'ocp/4-stable', creationTimestamp: '2026-11-25T12:30:15Z', phase: 'Pending' };

describe('a tag of a Stable stream', () => {
  it('core P21: that is a version becomes a release, with the time in UTC, and keeps what else it says', () => {
    const { change } = plan({ ...tag('4.5.1', { mirrorImages: 'true' }), importPolicy: { importMode: 'PreserveOriginal' }, generation: 3 });
    expect(change).toEqual({
      adopted: ['4.5.1'],
      tags: [
        {
          name: '4.5.1',
          from,
          generation: 3,
          importPolicy: { importMode: 'PreserveOriginal' },
          annotations: keyed({ mirrorImages: 'true', ...identity }),
        },
      ],
    });
  });

  it('becomes one beside others, which are not touched', () => {
    const others = [own('4.5.0'), tag('4.5'), tag('latest', { keep: '' })];
    const { change } = plan(...others, tag('4.6.0-rc.1'), tag('4.5.1'));
    expect(change?.adopted).toEqual(['4.6.0-rc.1', '4.5.1']);
    expect(change?.tags.slice(0, 3)).toEqual(others);
    expect(change?.tags[3]?.annotations).toEqual(keyed(identity));
  });

  it.each([
    ['an alias', tag('4.5')],
    ['a name', tag('latest')],
    ['a version with a leading v', tag('v4.5.1')],
    ['a version with a leading zero', tag('4.05.1')],
    ['a tag of another stream', tag('4.5.1', { source: 'ocp/other' })],
    ['a tag that was judged before', tag('4.5.1', { phase: 'Accepted' })],
    ['a failed next', tag('next', { phase: 'Failed' })],
    ['a next of somebody', tag('next', { source: 'ocp/other' })],
  ])('is left alone: %s', (_name, one) => {
    expect(plan(one)).toEqual({});
  });
});

describe('the tag next', () => {
  it('becomes the version after the highest one, in whatever phase that is, and nothing else changes', () => {
    const next = { ...tag('next', { note: 'mine', mirrorImages: '' }), reference: true, generation: 9, importPolicy: { scheduled: false } };
    const others = [own('4.5.2', 'Failed'), own('4.5.10', 'Rejected'), own('4.5.9')];
    const { change } = plan(...others, next, tag('4.4.0'));
    expect(change).toEqual({
      adopted: ['4.5.11'],
      tags: [
        ...others,
        {
          name: '4.5.11',
          from,
          reference: true,
          importPolicy: { scheduled: false },
          annotations: keyed({ ...identity, rewrite: 'true', mirrorImages: '' }),
        },
        tag('4.4.0'),
      ],
    });
  });

  it.each([
    [
      'an alias, another name, and a release of another stream',
      [tag('4.9'), tag('x'), tag('4.9.0', { source: 'ocp/other', phase: 'Accepted' })],
    ],
    ['nothing', []],
  ])('fails where there is no version, but %s', (_name, others: TagReference[]) => {
    const { change } = plan(tag('next', { note: 'mine' }), ...others);
    expect(change).toEqual({
      adopted: [],
      tags: [
        tag('next', {
          note: 'mine',
          phase: 'Failed',
          reason: 'NoExistingTags',
          message: 'The next tag requires at least one existing semantic version tag in this image stream.',
        }),
        ...others,
      ],
    });
  });

  it('counts versions that wait to be adopted, and takes no name that is there', () => {
    const taken = tag('4.5.2', { source: 'ocp/other' });
    expect(plan(own('4.5.0'), tag('4.5.1'), taken, tag('next')).change?.adopted).toEqual(['4.5.3']);
  });

  it('that can not be numbered says why, and keeps no other tag waiting', () => {
    const { change, problem } = plan(own('4.5.0-alpha'), tag('next'), tag('4.4.1'));
    expect(problem).toBe('the version 4.5.0-alpha cannot be incremented, no numeric prerelease portions: tag the version you mean');
    expect(change?.adopted).toEqual(['4.4.1']);
    expect(plan(own('4.5.0-alpha'), tag('next')).change).toBeUndefined();
  });
});

describe('whatever the tags are', () => {
  const name = fc.constantFrom('4.5.0', '4.5.1', '4.6.0-rc.1', '4.6.0-alpha', 'next', 'latest', '4.5', 'v4.5.1');
  const annotation = fc.constantFrom(undefined, '', 'ocp/4-stable', 'ocp/other');
  const phase = fc.constantFrom(undefined, 'Pending', 'Accepted', 'Failed');
  const tags = fc
    .uniqueArray(fc.record({ name, source: annotation, phase, keep: fc.boolean() }), { selector: (one) => one.name })
    .map((list) =>
      list.map((one) =>
        tag(one.name, {
          ...(one.source !== undefined && { source: one.source, name: '4-stable' }),
          ...(one.phase !== undefined && { phase: one.phase }),
          ...(one.keep && { keep: '' }),
        }),
      ),
    );
  const isForeign = ({ annotations }: TagReference) =>
    Boolean(annotations?.[`${prefix}source`]) || Boolean(annotations?.[`${prefix}phase`]);

  it('adoption comes to rest, and what it made is not adopted again', () => {
    fc.assert(
      fc.property(tags, (before) => {
        let current = before;
        for (let step = 0; step < 3; step += 1) current = plan(...current).change?.tags ?? current;
        expect(plan(...current).change).toBeUndefined();
      }),
    );
  });

  it('adoption never touches a tag that somebody claimed or judged, adds none and takes none away', () => {
    fc.assert(
      fc.property(tags, (before) => {
        const after = plan(...before).change?.tags ?? before;
        expect(after).toHaveLength(before.length);
        expect(after.filter((_, index) => isForeign(before[index]!))).toEqual(before.filter(isForeign));
        expect(new Set(after.map((one) => one.name)).size).toBe(after.length);
      }),
    );
  });
});
