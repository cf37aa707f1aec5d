import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream, TagReference } from '../../../domain/payload/kinds.ts';
import { payloadPhase } from '../../../domain/payload/phase.ts';
import { rfc3339 } from '../../../domain/payload/tag-name.ts';
import type { Kind } from './played-cluster.ts';
import { PlayedWorld, type Fate } from './played-world.ts';

/*
 * A model of a release-controller's cluster against the real decisions: whoever is woken by a change reads the level and
 * applies its plan, in any order that there is. fast-check prints seed and path of an order that ends elsewhere.
 */

const begin = Date.parse('2026-01-10T00:00:00Z');
const [hour, day] = [3_600_000, 24 * 3_600_000];
const nightly = '4.20.0-0.nightly';
const periodic = (job: string) => ({ prowJob: { name: job } });
const configs: Record<string, object> = {
  'art-latest': {
    name: nightly,
    to: 'release',
    expires: '72h',
    verify: {
      aws: { ...periodic('periodic-aws'), maxRetries: 3 },
      gcp: { ...periodic('periodic-gcp'), optional: true },
      agg: { ...periodic('periodic-agg'), aggregatedProwJob: { analysisJobCount: 2 } },
    },
    publish: { latest: { tagRef: { name: 'latest' } } },
  },
  stable: { name: '4-stable', as: 'Stable', verify: { upgrade: periodic('periodic-upgrade') } },
};

function imageStream(name: string, tags: TagReference[], status: ImageStream['status'] = {}): ImageStream {
  const config = configs[name];
  const annotations = config === undefined ? {} : { [annotation.config]: JSON.stringify(config) };
  const places = { dockerImageRepository: `image-registry:5000/ocp/${name}`, publicDockerImageRepository: `registry/ocp/${name}` };
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace: 'ocp', annotations },
    spec: { tags },
    status: { ...places, ...status },
  };
}

const imagesOf = (letter: string) =>
  ['cli', 'etcd'].map((tag) => {
    const image = `sha256:${(tag === 'cli' ? letter : 'e').repeat(64)}`;
    return { tag, items: [{ created: '', dockerImageReference: `quay/art/${tag}@${image}`, image, generation: 1 }] };
  });

/** Releases from long ago: seven accepted ones that expired, one of them kept, and rejected and failed ones older than all. */
const oldTags: TagReference[] = ['Failed', 'Rejected', ...Array.from({ length: 7 }, () => 'Accepted')].map((phase, index) => {
  const at = rfc3339(begin - (30 - index) * day);
  const values = {
    name: nightly,
    source: 'ocp/art-latest',
    creationTimestamp: at,
    phase,
    hash: `old-${index}`,
    ...(index === 3 && { keep: 'yes' }),
  };
  const annotations = Object.fromEntries(Object.entries(values).map(([key, value]) => [`release.openshift.io/${key}`, value]));
  return { name: `${nightly}-old-${index}`, annotations };
});

/** A version that people push, and its image. */
function pushed(stable: ImageStream, version: string): ImageStream {
  const item = { created: '', dockerImageReference: `quay/ocp@${version}`, image: `sha256:${version}`, generation: 1 };
  return {
    ...stable,
    spec: {
      tags: [...(stable.spec?.tags ?? []), { name: version, generation: 1, from: { kind: 'DockerImage', name: `quay/ocp:${version}` } }],
    },
    status: { ...stable.status, tags: [...(stable.status?.tags ?? []), { tag: version, items: [item] }] },
  };
}

/** What people do, each when the cluster has come to rest. */
type Deed = 'images' | 'push' | 'accept' | 'reject' | 'keep' | 'days';

function begun(fate: Fate): PlayedWorld {
  const world = new PlayedWorld(begin, fate);
  world.people('imagestreams', 'release', () => imageStream('release', oldTags));
  world.people('imagestreams', 'stable', () => pushed(pushed(imageStream('stable', []), '4.19.1'), '4.19.2'));
  world.people('imagestreams', 'art-latest', () => imageStream('art-latest', [], { tags: imagesOf('a') }));
  // each of them ran before: what is lost is news, not the list that begins a watch
  world.start('stream', 'stable');
  world.start('stream', 'art-latest');
  return world;
}

function act(world: PlayedWorld, deed: Deed, turn: number): void {
  world.now += hour;
  const newest =
    [...world.cluster.list('payloads')].toSorted((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1))[0]?.metadata.name ?? '';
  const override = (verdict: string) =>
    world.people('payloads', newest, (payload) => ({ ...payload!, spec: { ...payload!.spec, payloadOverride: { override: verdict } } }));
  const deeds: Record<Deed, () => void> = {
    images: () =>
      world.people('imagestreams', 'art-latest', (source) => ({
        ...source!,
        status: { ...source!.status, tags: imagesOf('abcdf'[turn + 1]!) },
      })),
    push: () => world.people('imagestreams', 'stable', (stable) => pushed(stable!, `4.19.${turn + 3}`)),
    accept: () => override('Accepted'),
    reject: () => override('Rejected'),
    keep: () =>
      world.people('imagestreams', 'release', (target) => {
        const tags = target!.spec?.tags?.map((tag) =>
          tag.name === newest ? { ...tag, annotations: { ...tag.annotations, [annotation.keep]: 'yes' } } : tag,
        );
        return { ...target!, spec: { ...target!.spec, tags: tags ?? [] } };
      }),
    days: () => {
      world.now += 4 * day;
      world.lookAtEverything();
    },
  };
  deeds[deed]();
}

/** Which of several things happens: numbers in their turn; when they are used up, always the first, and nothing bad any more. */
class Chance {
  readonly #numbers: readonly number[];
  #used = 0;
  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }
  pick(good: (() => void)[], bad: () => (() => void)[]): (() => void) | undefined {
    const number = this.#numbers[this.#used];
    if (number === undefined || good.length === 0) return good[0];
    this.#used += 1;
    const all = [...good, ...bad()];
    return all[number % all.length];
  }
}

interface Course {
  numbers: readonly number[];
  faults: boolean;
  losses: boolean;
}

/** Until nothing is left to do, nor to wait for. */
function settle(world: PlayedWorld, chance: Chance, { faults, losses }: Course): void {
  for (let steps = 0; steps < 5_000; steps += 1) {
    const bad = () => [...(faults ? world.faults() : []), ...(losses ? world.losses() : [])];
    const step = chance.pick(world.steps(), bad) ?? world.nextAlarm();
    if (step === undefined) return;
    step();
  }
  throw new Error('the cluster does not come to rest');
}

function settleByLooks(world: PlayedWorld, chance: Chance): void {
  for (let round = 0; round < 10; round += 1) {
    const before = world.cluster.version;
    world.lookAtEverything();
    settle(world, chance, { numbers: [], faults: false, losses: false });
    if (world.cluster.version === before) return;
  }
  throw new Error('looking again changes the cluster for ever');
}

/** Releases at rest that have no verdict, whose tag does not say it, or that do not follow the override that people set. */
function undecided({ cluster }: PlayedWorld): string[] {
  const tags = cluster.list('imagestreams').flatMap(({ spec }) => spec?.tags ?? []);
  return cluster.list('payloads').flatMap((payload) => {
    const { name } = payload.metadata;
    const phase = payloadPhase(payload);
    const tag = tags.find((each) => each.name === name);
    const override = payload.spec.payloadOverride?.override ?? phase;
    const fits = phase !== 'Pending' && phase !== 'Ready' && (override === phase || phase === 'Failed');
    return fits && (tag === undefined || tag.annotations?.[annotation.phase] === phase) ? [] : [`${name} is ${phase}`];
  });
}

/** The cluster after each deed. */
function played(fate: Fate, deeds: readonly Deed[], course: Course): Record<Kind, unknown[]>[] {
  const world = begun(fate);
  const chance = new Chance(course.numbers);
  const states: Record<Kind, unknown[]>[] = [];
  for (const [turn, deed] of [undefined, ...deeds].entries()) {
    if (deed !== undefined) act(world, deed, turn - 1);
    settle(world, chance, course);
    if (course.losses) settleByLooks(world, new Chance([]));
    states.push(timeless(world.cluster.snapshot()));
    expect([...world.cluster.wrongs, ...undecided(world)]).toEqual([]);
  }
  const before = world.cluster.version;
  settleByLooks(world, new Chance([]));
  expect(course.losses ? before : world.cluster.version, 'somebody was not told').toBe(before);
  return states;
}

const timeKeys = new Set(['startTime', 'completionTime', 'lastTransitionTime', 'creationTimestamp']);
const timeless = <T>(state: T): T =>
  JSON.parse(JSON.stringify(state, (key, value: unknown) => (timeKeys.has(key) ? undefined : value))) as T;

const fates = fc.integer().map((seed): Fate => (name) => {
  let mixed = seed;
  for (const letter of name) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193) ^ (mixed >>> 13);
  return Math.abs(mixed % 10) < 7;
});
const deeds = fc.array(fc.constantFrom<Deed>('images', 'push', 'accept', 'reject', 'keep', 'days'), { maxLength: 4 });
const numbers = fc.array(fc.nat(9_999), { maxLength: 600, size: 'max' });
// Each run plays two clusters; whoever changes a decision asks for hundreds. A failing order is not made shorter: that takes too long.
const runs = { numRuns: Number(process.env['WAYBILL_MODEL_RUNS'] ?? 100), endOnFailure: true };
const inOrder: Course = { numbers: [], faults: false, losses: false };

describe('every order ends in the same cluster', () => {
  it('when things happen in any order, news come late or twice, and workers die between two writes: then without a look of itself', () => {
    fc.assert(
      fc.property(fates, deeds, numbers, (fate, done, chosen) => {
        expect(played(fate, done, { numbers: chosen, faults: true, losses: false })).toEqual(played(fate, done, inOrder));
      }),
      runs,
    );
  }, 60_000);

  it('when news are lost, after everybody has looked again', () => {
    fc.assert(
      fc.property(fates, deeds, numbers, (fate, done, chosen) => {
        expect(played(fate, done, { numbers: chosen, faults: true, losses: true })).toEqual(played(fate, done, inOrder));
      }),
      runs,
    );
  }, 60_000);

  it('in which releases of both kinds are made, judged, published and removed', () => {
    const world = begun((name) => !name.endsWith('-aws'));
    settle(world, new Chance([]), inOrder);
    const tags = (stream: string) => world.cluster.get('imagestreams', stream)?.spec?.tags?.map(({ name }) => name);
    const phases = world.cluster.list('payloads').map((payload) => [payload.metadata.name, payloadPhase(payload)]);
    const release = `${nightly}-2026-01-10-000000`;
    expect(Object.fromEntries(phases)).toEqual({ [release]: 'Accepted', '4.19.1': 'Accepted', '4.19.2': 'Accepted' });
    expect(tags('release')).toEqual([...[3, 5, 6, 7, 8].map((old) => `${nightly}-old-${old}`), release, 'latest']);
    const runsOf = (verify: string) =>
      world.cluster.list('prowjobs').filter(({ metadata }) => metadata.name.startsWith(`${release}-${verify}`));
    expect(['aws', 'gcp', 'agg'].map((verify) => runsOf(verify).length)).toEqual([2, 1, 3]);
  });
});
