import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageStream, Phase, TagReference } from '../../../domain/payload/kinds.ts';
import { inputHash } from '../../../domain/payload/input-hash.ts';
import { planStream, type StreamFacts } from '../../../domain/payload/stream-plan.ts';
import { configName, configOf, digest, imported, referenceSource, releaseTag, sourceOf, streamOf, targetOf } from './stream-builder.ts';

const now = Date.UTC(2024, 7, 30, 12, 0, 0);
const hash = inputHash(sourceOf());
const newTag = `${configName}-2024-08-30-120000`;
const old = (minutes: number, more: Record<string, string> = {}) => {
  const at = new Date(now - minutes * 60_000).toISOString().slice(0, 19);
  return releaseTag(`${configName}-${at.replace('T', '-').replaceAll(':', '')}`, `${at}Z`, more);
};

interface Row extends Partial<Omit<StreamFacts, 'config' | 'phases'>> {
  config?: Record<string, unknown>;
  tags?: [tag: TagReference, phase?: Phase][];
}

function plan({ config, tags = [], ...facts }: Row = {}) {
  const phases = Object.fromEntries(tags.flatMap(([tag, phase]) => (phase ? [[tag.name, phase]] : [])));
  return planStream({ source: sourceOf(), config: configOf(config), target: targetOf(tags.map(([tag]) => tag)), phases, now, ...facts });
}

describe('a new release', () => {
  it('is made of new images, with the annotations of its identity and no hash yet', () => {
    expect(plan()).toStrictEqual({
      usable: { ok: true },
      markTarget: false,
      hash,
      create: {
        tag: newTag,
        tagReference: {
          name: newTag,
          annotations: {
            'release.openshift.io/name': configName,
            'release.openshift.io/source': 'ocp/4.15-art-latest',
            'release.openshift.io/creationTimestamp': '2024-08-30T12:00:00Z',
            'release.openshift.io/phase': 'Pending',
          },
          importPolicy: { importMode: 'PreserveOriginal' },
        },
      },
      pending: [],
      aborted: [],
      ready: [],
    });
  });

  it('takes the next free second when its name is taken', () => {
    const taken = [newTag, `${configName}-2024-08-30-120001`].map((name): [TagReference] => [{ name }]);
    const { create } = plan({ tags: taken });
    expect(create?.tag).toBe(`${configName}-2024-08-30-120002`);
    expect(create?.tagReference.annotations?.['release.openshift.io/creationTimestamp']).toBe('2024-08-30T12:00:02Z');
  });

  it.each(['Ready', 'Accepted', 'Rejected', 'Failed'] as const)('is not made while a %s release has the same images', (phase) => {
    expect(
      plan({
        tags: [
          [old(10), 'Accepted'],
          [old(20, { hash }), phase],
        ],
      }),
    ).toMatchObject({ hash });
    expect(
      plan({
        tags: [
          [old(10), 'Accepted'],
          [old(20, { hash }), phase],
        ],
      }).create,
    ).toBeUndefined();
  });

  const strangers: [string, TagReference][] = [
    ['another source', old(10, { hash, source: 'ocp/other' })],
    ['another config name', old(10, { hash, name: 'other' })],
    ['no annotations', { name: 'alias' }],
  ];
  it.each(strangers)('is made although the images are in a tag of: %s', (_name, tag) => {
    expect(plan({ tags: [[tag, 'Pending']] })).toMatchObject({ create: { tag: newTag }, pending: [], ready: [] });
  });

  it.each(['Pending', 'Ready', 'Accepted', 'Rejected', 'Failed'] as const)(
    'P10: is not made of the images of a pinned %s release',
    (phase) => {
      expect(plan({ tags: [[old(10, { hash, keep: '' }), phase]] })).not.toHaveProperty('create');
    },
  );

  it('core 52: of a reference stream refers to the external payload', () => {
    const config = { name: '4.18.0-0.nightly', referenceRelease: { pullRepository: 'quay.example/dev' } };
    const reference = plan({ source: referenceSource(), config, now: Date.UTC(2025, 0, 15, 12) }).create?.tagReference;
    expect(reference).toMatchObject({
      reference: true,
      from: { kind: 'DockerImage', name: 'quay.example/dev:rc_payload__4.18.0-0.nightly-2025-01-15-120000' },
    });
  });

  it('core 53: of a normal stream refers to nothing', () => {
    const withoutConfig: ImageStream = { ...sourceOf(), spec: referenceSource().spec! };
    for (const source of [sourceOf(), withoutConfig]) expect(plan({ source }).create?.tagReference).not.toHaveProperty('from');
  });
});

describe('a hold', () => {
  it('audit 31: lasts while the stream is locked, before anything else', () => {
    const source = sourceOf();
    source.metadata.annotations = { ...source.metadata.annotations, 'release.openshift.io/mode': 'locked' };
    const locked = plan({ source, tags: [[old(1), 'Pending']] });
    expect([locked.create, locked.pending]).toEqual([undefined, [old(1).name]]);
    expect(locked.hold).toEqual({
      reason: 'locked',
      message: `Release ${configName} is locked by release.openshift.io/mode on ocp/4.15-art-latest, will not launch new tags`,
    });
    source.metadata.annotations['release.openshift.io/mode'] = 'open';
    expect(plan({ source }).create).toBeDefined();
  });

  it('lasts while a release is pending', () => {
    const pending = old(1);
    expect(plan({ tags: [[pending, 'Pending']] }).hold).toEqual({
      reason: 'pending',
      message: `Release ${configName} is still building ${pending.name}, will not launch new tags`,
    });
  });

  const ready: [TagReference, Phase][] = [
    [old(500), 'Ready'],
    [old(600), 'Ready'],
    [old(700), 'Accepted'],
  ];
  it('lasts while there are as many unready releases as allowed', () => {
    expect(plan({ config: { maxUnreadyReleases: 2 }, tags: ready }).hold).toEqual({
      reason: 'maxUnready',
      message: `Release ${configName} at max 2 unready releases, will not launch new tags`,
    });
  });
  it.each([3, 0, -1])('does not come from a limit of %i', (maxUnreadyReleases) => {
    expect(plan({ config: { maxUnreadyReleases }, tags: ready }).create).toBeDefined();
  });

  it('ends with the interval since the newest release, whatever became of it', () => {
    expect(plan({ config: { minCreationIntervalSeconds: 21_600 }, tags: [[old(61.5), 'Rejected']] }).hold).toEqual({
      reason: 'interval',
      message: `Release ${configName} last tag ${old(61.5).name} created 1h1m30s ago (less than minimum interval 6h0m0s), will not launch new tags`,
      until: '2024-08-30T16:58:30Z',
    });
  });
  it.each([
    ['the interval is over', { minCreationIntervalSeconds: 3600 }, old(60)],
    ['the interval is negative', { minCreationIntervalSeconds: -5 }, old(0.1)],
    ['the newest has no readable time', { minCreationIntervalSeconds: 3600 }, old(1, { creationTimestamp: 'soon' })],
  ])('is none when %s', (_name, config, tag) => {
    expect(plan({ config, tags: [[tag, 'Accepted']] }).create).toBeDefined();
  });

  it('is none when the images are not new', () => {
    expect(plan({ config: { minCreationIntervalSeconds: 3600 }, tags: [[old(1, { hash }), 'Ready']] })).not.toHaveProperty('hold');
  });
});

describe('releases that go on', () => {
  it('are listed newest first; all pending ones but the first give way', () => {
    const [newest, middle, oldest] = [old(1), old(2), old(3)] as const;
    const [ready, olderReady] = [old(4), old(5)] as const;
    expect(plan({ tags: [[olderReady, 'Ready'], [oldest, 'Pending'], [newest], [ready, 'Ready'], [middle, 'Pending']] })).toMatchObject({
      pending: [newest.name, middle.name, oldest.name],
      aborted: [middle.name, oldest.name],
      ready: [ready.name, olderReady.name],
    });
  });

  it('have the phase of their annotation while no payload is known', () => {
    const tag = old(1, { phase: 'Ready' });
    expect(plan({ tags: [[tag]] })).toMatchObject({ ready: [tag.name], pending: [] });
    expect(plan({ tags: [[tag, 'Accepted']] })).toMatchObject({ ready: [], pending: [] });
  });

  it('leave out a release that gave way before, although its payload is still pending', () => {
    const aborted = old(2, { phase: 'Failed', reason: 'Aborted' });
    expect(
      plan({
        tags: [
          [old(1), 'Pending'],
          [aborted, 'Pending'],
        ],
      }),
    ).toMatchObject({ pending: [old(1).name], aborted: [] });
  });

  it('P10: include a pinned release, which is built and verified as any other, and counts as one', () => {
    const pinned = old(1, { keep: 'yes' });
    expect(plan({ tags: [[pinned, 'Ready']] }).ready).toEqual([pinned.name]);
    expect(plan({ tags: [[pinned, 'Pending']] }).pending).toEqual([pinned.name]);
    expect(plan({ tags: [[pinned, 'Ready']], config: { maxUnreadyReleases: 1 } }).hold?.reason).toBe('maxUnready');
    expect(plan({ tags: [[pinned, 'Accepted']], config: { minCreationIntervalSeconds: 600 } }).hold?.reason).toBe('interval');
  });

  it('never see a new release beside a pending one', () => {
    const phase = fc.constantFrom<Phase | undefined>('Pending', 'Ready', 'Accepted', 'Rejected', 'Failed', undefined);
    const tag = fc.record({ minutes: fc.integer({ min: 1, max: 5000 }), phase, keep: fc.boolean(), same: fc.boolean() });
    fc.assert(
      fc.property(
        fc.uniqueArray(tag, { selector: ({ minutes }) => minutes }),
        fc.integer({ min: -1, max: 3 }),
        fc.integer({ min: -1, max: 9000 }),
        (list, maxUnreadyReleases, minCreationIntervalSeconds) => {
          const tags = list.map(({ minutes, phase: of, keep, same }): [TagReference, Phase?] => {
            const one = old(minutes, { ...(keep && { keep: '' }), ...(same && { hash }) });
            return of === undefined ? [one] : [one, of];
          });
          const made = plan({ tags, config: { maxUnreadyReleases, minCreationIntervalSeconds } });
          expect(made.create !== undefined && made.pending.length > 0).toBe(false);
          expect(made.create !== undefined && made.hold !== undefined).toBe(false);
          expect(made.aborted).toEqual(made.pending.slice(1));
        },
      ),
    );
  });
});

describe('a stream', () => {
  it('asks for the mark on its target', () => {
    expect(plan({ target: streamOf('release') })).toMatchObject({ markTarget: true, create: { tag: newTag } });
  });

  const nothing = { markTarget: false, hash: '', pending: [], aborted: [], ready: [] };
  const unusable: [string, Row, object][] = [
    [
      'no public repository',
      { source: streamOf('s', [], { tags: [imported('a', digest('a'))] }) },
      { why: 'image stream ocp/s has no public image repository yet' },
    ],
    ['no imported tag', { source: sourceOf([]) }, { why: 'image stream ocp/4.15-art-latest has no imported tag yet' }],
    ['no target', { target: undefined }, { why: 'the output release image stream ocp/release does not exist', terminal: true }],
    ['end of life', { config: { endOfLife: true } }, { why: `release ${configName} has reached its end of life` }],
  ];
  it.each(unusable)('does nothing with %s', (_name, row, why) => {
    const config = configOf(row.config);
    const facts: StreamFacts = { source: sourceOf(), target: targetOf([old(1)]), phases: {}, now, ...row, config };
    expect(planStream(facts)).toStrictEqual({ ...nothing, usable: { ok: false, ...why } });
  });

  it('of reference inputs needs neither a repository nor imports', () => {
    expect(plan({ source: referenceSource(), config: { referenceRelease: { pullRepository: 'q' } } }).usable).toEqual({ ok: true });
  });

  describe('that is Stable', () => {
    const stable = (tags: TagReference[], status = tags.map(({ name }) => imported(name, digest('c')))) => {
      const stream = { ...sourceOf(), spec: { tags }, status: { publicDockerImageRepository: 'r', tags: status } };
      return plan({ source: stream, target: stream, config: { as: 'Stable' } });
    };
    const pushed = (minutes: number): TagReference => ({ ...old(minutes), generation: 1 });

    it('is given its releases and makes none: the newest is built first, the others say what they wait for', () => {
      const made = stable([pushed(2), pushed(1)]);
      const [newest, older] = [old(1).name, old(2).name];
      const why = `${newest} is newer and is built first`;
      expect(made).toMatchObject({ hash: '', pending: [newest], aborted: [] });
      expect(made.waiting).toEqual([{ for: `the build of ${older}`, why, about: { release: older } }]);
      for (const absent of ['create', 'hold', 'adopt']) expect(made).not.toHaveProperty(absent);
    });

    it('says of a hundred at most what each waits for, and of the others how many they are', () => {
      const { waiting = [] } = stable(Array.from({ length: 1_000 }, (_, index) => pushed(index + 1)));
      expect([waiting.length, waiting.at(-1)]).toEqual([
        101,
        { for: 'the builds of 899 older releases', why: 'newer ones are built first' },
      ]);
    });

    it('adopts what people put there, and waits for more', () => {
      expect(stable([{ name: '4.15.1' }, { name: 'latest' }])).toMatchObject({ adopt: ['4.15.1'], pending: [] });
      expect(stable([{ name: 'latest' }]).waiting).toEqual([{ for: 'new tags', why: 'every tag that is a version is a release already' }]);
    });

    it('of releases adopted at once builds the highest version first', () => {
      const at = '2024-08-30T11:00:00Z';
      const adopted = ['4.5.9', '4.5.10', '4.5.10-rc.1'].map((name) => ({ ...releaseTag(name, at), generation: 1 }));
      expect(stable(adopted).pending).toEqual(['4.5.10']);
    });
  });
});
