import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageStream, Phase, TagReference } from '../../../domain/payload/kinds.ts';
import { publishedRelease, publishSteps, withAlias, withRelease, type PublishedStream } from '../../../domain/payload/publish.ts';
import { destinationParts, destinationsOf } from '../../../domain/payload/publish-routing.ts';
import type { StreamSnapshot } from '../../../domain/payload/stream-tags.ts';
import { configName, configOf, releaseTag, sourceOf, stableOf, streamOf, targetOf } from './stream-builder.ts';

const tagAt = (minute: number) => releaseTag(`${configName}-${minute}`, `2024-08-30T11:${String(minute).padStart(2, '0')}:00Z`);
const image = (name: string, of = 'a', more: Partial<TagReference> = {}): TagReference => ({
  name,
  from: { kind: 'DockerImage', name: `quay.example/${name}@sha256:${of}` },
  ...more,
});

function snapshot(phases: Record<number, Phase>, config: Record<string, unknown> = {}): StreamSnapshot {
  const tags = Object.keys(phases).map((minute) => tagAt(Number(minute)));
  return {
    source: sourceOf(),
    config: configOf(config),
    target: targetOf(tags),
    phases: Object.fromEntries(Object.entries(phases).map(([minute, phase]) => [`${configName}-${minute}`, phase])),
  };
}

describe('the published release', () => {
  it.each<[string, Record<number, Phase>, number | undefined]>([
    ['is none where nothing is accepted', { 1: 'Rejected', 2: 'Ready' }, undefined],
    ['is the newest accepted one', { 1: 'Accepted', 3: 'Accepted', 2: 'Accepted', 4: 'Ready', 5: 'Failed' }, 3],
    ['is the one before when the newest is rejected after all', { 1: 'Accepted', 3: 'Rejected' }, 1],
  ])('%s', (_, phases, minute) => {
    expect(publishedRelease(snapshot(phases))).toBe(minute === undefined ? undefined : `${configName}-${minute}`);
  });

  it('of a Stable stream is the newest by age, not the highest version', () => {
    const stream = stableOf('4-stable', ['4.14.9', '4.15.0']);
    const tags = (stream.target.spec?.tags ?? []).map((tag) =>
      tag.name === '4.14.9' ? releaseTag('4.14.9', '2024-02-01T00:00:00Z', { name: '4-stable' }) : tag,
    );
    const target = { ...stream.target, spec: { tags } };
    expect(publishedRelease({ ...stream, target, source: target })).toBe('4.14.9');
  });

  it('may be a pinned one', () => {
    const stream = snapshot({ 1: 'Accepted', 2: 'Accepted' });
    const tags = (stream.target.spec?.tags ?? []).map((tag) => ({
      ...tag,
      annotations: { ...tag.annotations, 'release.openshift.io/keep': '' },
    }));
    expect(publishedRelease({ ...stream, target: { ...stream.target, spec: { tags } } })).toBe(`${configName}-2`);
  });
});

describe('publish steps', () => {
  const steps = (publish: Record<string, unknown>) => publishSteps(snapshot({}, { publish }));

  it('come in the order of their names, without disabled ones and those that say nothing', () => {
    const publish = {
      z: { tagRef: { name: 'latest' } },
      off: { disabled: true, tagRef: { name: 'off' } },
      issues: { verifyIssues: {} },
      a: { imageStreamRef: { name: '4.15', tags: ['cli'], excludeTags: ['etcd'] } },
    };
    expect(steps(publish)).toEqual([
      { entry: 'a', kind: 'stream', namespace: 'ocp', name: '4.15', tags: ['cli'], excludeTags: ['etcd'] },
      { entry: 'z', kind: 'alias', alias: 'latest' },
    ]);
  });
  it('with both kinds are the alias alone', () =>
    expect(steps({ a: { tagRef: { name: 'x' }, imageStreamRef: { name: 'y' } } })).toEqual([{ entry: 'a', kind: 'alias', alias: 'x' }]));
  it('never copy a stream into its own source', () => expect(steps({ a: { imageStreamRef: { name: '4.15-art-latest' } } })).toEqual([]));
});

describe('an alias', () => {
  const target = (...more: TagReference[]) => targetOf([tagAt(1), tagAt(2), ...more]);
  const newest = `${configName}-2`;
  const pointing = (name: string, more: Partial<TagReference> = {}): TagReference => ({
    name: '4.15',
    from: { kind: 'ImageStreamTag', name },
    ...more,
  });

  it('that is missing is added', () => {
    expect(withAlias(target(), '4.15', newest)?.tags.at(-1)).toEqual({
      name: '4.15',
      from: { kind: 'ImageStreamTag', name: newest },
      importPolicy: { importMode: 'PreserveOriginal' },
    });
  });

  it('that points elsewhere is pointed at the release where it stands, and keeps its annotations', () => {
    const before = target(pointing(`${configName}-1`, { annotations: { note: 'ours' }, generation: 3 }));
    expect(withAlias(before, '4.15', newest)?.tags).toEqual([
      tagAt(1),
      tagAt(2),
      pointing(newest, { annotations: { note: 'ours' }, generation: 3, importPolicy: { importMode: 'PreserveOriginal' } }),
    ]);
  });

  it.each<[string, ImageStream, string, string]>([
    ['it points there', target(pointing(newest, { importPolicy: { importMode: 'Legacy' } })), '4.15', newest],
    ['it would point at itself', target(), newest, newest],
    ['the release is gone', target(), '4.15', 'gone'],
  ])('is left alone when %s', (_, stream, alias, release) => expect(withAlias(stream, alias, release)).toBeUndefined());

  it('is pointed again when it names the release in another namespace', () => {
    const elsewhere = pointing(newest, { from: { kind: 'ImageStreamTag', name: newest, namespace: 'other' } });
    expect(withAlias(target(elsewhere), '4.15', newest)?.tags.at(-1)?.from).toEqual({ kind: 'ImageStreamTag', name: newest });
  });
});

describe('a copy of all images', () => {
  const mirror = streamOf('mirror', [image('etcd', 'new'), image('cli', 'new', { annotations: { built: 'here' } }), image('tests', 'new')]);
  const step = { stream: configName, release: 't2', tags: [], excludeTags: ['tests'] };
  const destination = (mark?: string) => {
    const stream = streamOf('4.15', [image('own'), image('cli', 'old', { reference: true }), image('tests', 'old')]);
    const annotations = { other: 'kept', ...(mark === undefined ? {} : { [`release.openshift.io/source-${configName}`]: mark }) };
    return { ...stream, metadata: { ...stream.metadata, annotations } };
  };

  it('replaces tags of the same name whole, keeps the others and excluded ones, sorts, and leaves its mark', () => {
    expect(withRelease(destination('t1'), mirror, step)).toEqual({
      tags: [image('cli', 'new', { annotations: { built: 'here' } }), image('etcd', 'new'), image('own'), image('tests', 'old')],
      annotations: { [`release.openshift.io/source-${configName}`]: 't2' },
    });
  });
  it('is not made again while the mark stands, whatever else was edited', () =>
    expect(withRelease(destination('t2'), mirror, step)).toBeUndefined());
  it('is made again when the mark is taken away', () => expect(withRelease(destination(), mirror, step)).toBeDefined());
  it('takes the first of two tags with one name', () => {
    const twice = streamOf('mirror', [image('cli', 'first'), image('cli', 'second')]);
    expect(withRelease(streamOf('4.15'), twice, step)?.tags).toEqual([image('cli', 'first')]);
  });
});

describe('a copy of selected images', () => {
  const mirror = streamOf('mirror', [image('cli', 'new', { generation: 1 }), image('etcd', 'new'), image('tests', 'new')]);
  const step = (tags: string[], excludeTags: string[] = []) => ({ stream: configName, release: 't2', tags, excludeTags });
  const destination = streamOf('4.15', [image('own'), image('cli', 'old', { annotations: { old: '' } }), image('etcd', 'new')]);

  it('replaces what differs where it stands, adds what is missing at the end, and leaves no mark', () => {
    expect(withRelease(destination, mirror, step(['tests', 'cli', 'etcd']))).toEqual({
      tags: [image('own'), image('cli', 'new', { generation: 1 }), image('etcd', 'new'), image('tests', 'new')],
    });
  });
  it.each<[string, string[], string[]]>([
    ['is the same', ['etcd'], []],
    ['is excluded', ['cli'], ['cli']],
    ['is not in the release', ['none'], []],
  ])('leaves alone what %s', (_, tags, excluded) => expect(withRelease(destination, mirror, step(tags, excluded))).toBeUndefined());
});

describe('publishing twice', () => {
  const names = fc.constantFrom('cli', 'etcd', 'tests', 'own', 'installer');
  const tag = fc.record({ name: names, from: fc.constantFrom(null, image('x', 'a').from!, image('x', 'b').from!) });
  const tags = fc.uniqueArray(tag, { selector: ({ name }) => name });
  const write = (stream: ImageStream, published: PublishedStream): ImageStream => ({
    metadata: { ...stream.metadata, annotations: { ...stream.metadata.annotations, ...published.annotations } },
    apiVersion: stream.apiVersion,
    kind: stream.kind,
    spec: { ...stream.spec, tags: published.tags },
  });

  it('is the same as once, and takes no other tag away', () => {
    fc.assert(
      fc.property(tags, tags, fc.array(names), fc.array(names), (there, released, wanted, excludeTags) => {
        const destination = streamOf('4.15', there);
        const mirror = streamOf('mirror', released);
        const step = { stream: configName, release: 't', tags: wanted, excludeTags };
        const published = withRelease(destination, mirror, step);
        if (published === undefined) return;
        expect(withRelease(write(destination, published), mirror, step)).toBeUndefined();
        const after = new Set(published.tags.map(({ name }) => name));
        for (const { name } of there) expect(after).toContain(name);
      }),
    );
  });

  it('is the same as once for an alias', () => {
    fc.assert(
      fc.property(tags, names, names, (there, alias, release): boolean => {
        const target = streamOf('release', there);
        const published = withAlias(target, alias, release);
        return published === undefined || withAlias(write(target, published), alias, release) === undefined;
      }),
    );
  });
});

describe('destinations', () => {
  const source = (publish: object, text?: string): ImageStream => ({
    ...sourceOf(),
    metadata: {
      ...sourceOf().metadata,
      annotations: { 'release.openshift.io/config': text ?? JSON.stringify({ name: 'x', to: 'release', publish }) },
    },
  });
  it('are the image streams that a config copies to', () => {
    const publish = {
      a: { imageStreamRef: { name: '4.15' } },
      b: { imageStreamRef: { name: '4.15', namespace: 'other', tags: ['cli'] } },
      c: { tagRef: { name: '4.15' } },
      d: { disabled: true, imageStreamRef: { name: 'off' } },
    };
    expect(destinationsOf(source(publish))).toEqual(['ocp/4.15', 'other/4.15']);
  });
  it('of an invalid config are none', () => expect(destinationsOf(source({}, '{'))).toEqual([]));

  const stream = (annotations: Record<string, string>, tags: TagReference[] = []): ImageStream => {
    const plain = streamOf('4.15', tags);
    return { ...plain, metadata: { ...plain.metadata, annotations } };
  };
  it.each<[string, boolean, ImageStream]>([
    ['a mark', true, stream({ 'release.openshift.io/source-x': 't' })],
    ['where a tag points', true, stream({}, [image('cli', 'b')])],
    ['another annotation', false, stream({ note: 'n' }, [image('cli')])],
    ['an annotation of a tag', false, stream({}, [image('cli', 'a', { annotations: { note: '' } })])],
  ])('are told apart by %s: %s', (_, differs, changed) => {
    expect(destinationParts(changed) !== destinationParts(stream({}, [image('cli')]))).toBe(differs);
  });
});
