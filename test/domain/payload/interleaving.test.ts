import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream, ReleasePayload, TagReference } from '../../../domain/payload/kinds.ts';
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

/** What people do. */
type Deed = 'images' | 'push' | 'accept' | 'reject' | 'withdraw' | 'keep' | 'days';

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
    newest &&
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
    withdraw: () => override(''),
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

/** How often something bad happens, and which of several things: numbers in their turn. When they are used up, always the first, and nothing bad any more. */
interface Course {
  numbers: readonly number[];
  /** one in so many */
  bad: number;
}

class Chance {
  readonly #course: Course;
  #used = 0;
  constructor(course: Course) {
    this.#course = course;
  }
  pick(good: (() => void)[], bad: () => (() => void)[]): (() => void) | undefined {
    const number = this.#course.numbers[this.#used];
    if (number === undefined || good.length === 0) return good[0];
    this.#used += 1;
    const choices = number % this.#course.bad === 0 ? bad() : [];
    const among = choices.length === 0 ? good : choices;
    return among[Math.floor(number / this.#course.bad) % among.length];
  }
}

const inOrder: Course = { numbers: [], bad: 1 };

/** What may go wrong on the way; `losses` need a look of everybody. */
type Trouble = 'faults' | 'losses' | 'gaps' | 'mischief' | 'deletions';

/** Until nothing is left to do, nor to wait for, or so many steps are done. */
function settle(world: PlayedWorld, chance: Chance, troubles: Trouble[], atMost = Infinity): void {
  for (let steps = 0; steps < Math.min(atMost, 5_000); steps += 1) {
    const step = chance.pick(world.steps(), () => troubles.flatMap((trouble) => world[trouble]())) ?? world.nextAlarm();
    if (step === undefined) return;
    step();
  }
  if (atMost > 5_000) throw new Error('the cluster does not come to rest');
}

function settleByLooks(world: PlayedWorld): void {
  for (let round = 0; round < 10; round += 1) {
    const before = world.cluster.version;
    world.lookAtEverything();
    settle(world, new Chance(inOrder), []);
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
    const override = payload.spec.payloadOverride?.override || phase;
    const fits = phase !== 'Pending' && phase !== 'Ready' && (override === phase || phase === 'Failed');
    return fits && (tag === undefined || tag.annotations?.[annotation.phase] === phase) ? [] : [`${name} is ${phase}`];
  });
}

/** The cluster after each deed, each done when it has come to rest. */
function played(fate: Fate, deeds: readonly Deed[], course: Course, troubles: Trouble[] = []): Record<Kind, unknown[]>[] {
  const world = begun(fate);
  const chance = new Chance(course);
  const states: Record<Kind, unknown[]>[] = [];
  for (const [turn, deed] of [undefined, ...deeds].entries()) {
    if (deed !== undefined) act(world, deed, turn - 1);
    settle(world, chance, troubles);
    if (troubles.includes('losses')) settleByLooks(world);
    states.push(timeless(world.cluster.snapshot()));
    expect([...world.cluster.wrongs, ...undecided(world)]).toEqual([]);
  }
  if (!troubles.includes('losses')) expectToRest(world);
  return states;
}

function expectToRest(world: PlayedWorld): void {
  const before = world.cluster.version;
  settleByLooks(world);
  expect(before, 'somebody was not told').toBe(world.cluster.version);
}

/** Deeds that do not wait for anything; each after so many steps. */
function playedInHaste(fate: Fate, deeds: readonly [Deed, steps: number][], course: Course, troubles: Trouble[]): void {
  const world = begun(fate);
  const chance = new Chance(course);
  for (const [turn, [deed, steps]] of deeds.entries()) {
    settle(world, chance, troubles, steps);
    act(world, deed, turn);
  }
  settle(world, chance, troubles);
  expect([...world.cluster.wrongs, ...undecided(world)]).toEqual([]);
  expectToRest(world);
}

/** What a state says of releases and verdicts; a run that was taken away after the verdict has no result, and jobs may be gone. */
function verdictsIn({ imagestreams, payloads }: Record<Kind, unknown[]>) {
  const judged = (payloads as ReleasePayload[]).map(({ metadata, spec, status }) => {
    const { informingJobResults: _, ...said } = status ?? {};
    return { name: metadata.name, spec, said };
  });
  return { imagestreams, judged };
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
const hasty = fc.array(
  fc.tuple(
    fc.constantFrom<Deed>('images', 'push', 'accept', 'reject', 'withdraw', 'accept', 'reject', 'withdraw'),
    fc.oneof(fc.nat(10), fc.nat(150)),
  ),
  { maxLength: 4 },
);
const courses = fc.record({ numbers: fc.array(fc.nat(99_999), { maxLength: 900, size: 'max' }), bad: fc.integer({ min: 2, max: 12 }) });
// Each run plays two clusters; whoever changes a decision asks for hundreds. A failing order is not made shorter: that takes too long.
const runs = { numRuns: Number(process.env['WAYBILL_MODEL_RUNS'] ?? 60), endOnFailure: true };
const timeout = Math.max(60_000, runs.numRuns * 500);

describe('every order ends in the same cluster', () => {
  const holds = (troubles: Trouble[], of: (states: Record<Kind, unknown[]>) => unknown = (state) => state) =>
    fc.assert(
      fc.property(fates, deeds, courses, (fate, done, course) => {
        expect(played(fate, done, course, troubles).map(of)).toEqual(played(fate, done, inOrder).map(of));
      }),
      runs,
    );

  it(
    'when things happen in any order, news come late or twice, and workers die between two writes: then without a look of itself',
    {
      timeout,
    },
    () => holds(['faults']),
  );

  it('when watches begin again on other workers, which know where they were or not: then without a look of itself', { timeout }, () =>
    holds(['faults', 'gaps']),
  );

  it('when news are lost, after everybody has looked again', { timeout }, () => holds(['faults', 'losses']));

  it('when jobs start over or disappear: the same verdicts', { timeout }, () => holds(['faults', 'gaps', 'mischief'], verdictsIn));

  it('when people override and delete before anything is at rest: every tag says what its release was judged', { timeout }, () => {
    fc.assert(
      fc.property(fates, hasty, courses, (fate, done, course) =>
        playedInHaste(fate, done, course, ['faults', 'gaps', 'mischief', 'deletions']),
      ),
      runs,
    );
  });

  it('in which releases of both kinds are made, judged, published and removed', () => {
    const world = begun((name) => !name.endsWith('-aws'));
    settle(world, new Chance(inOrder), []);
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
