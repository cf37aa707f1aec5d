import type { ImageStream, Job, ProwJob, ReleasePayload } from '../../../domain/payload/kinds.ts';
import { needsAttention } from '../../../domain/payload/attention.ts';
import {
  forgotten,
  ownersOfDeleted,
  routeImageStream,
  routeJob,
  routeProwJob,
  routeReleasePayload,
  type Owner,
  type Routed,
  type Seen,
} from '../../../domain/payload/routing.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import { payloadPhase } from '../../../domain/payload/phase.ts';
import { rfc3339 } from '../../../domain/payload/tag-name.ts';
import { isUntold } from '../../../domain/payload/untold.ts';
import { kinds, PlayedCluster, type Change, type Kind, type Kinds } from './played-cluster.ts';
import { creation, mirror, release, stream, verification, type Look, type Memory, type Playing } from './played-workflows.ts';

interface Play {
  workflow: string;
  name: string;
  told: boolean;
  look?: Look;
  alarm?: number;
}

type Route = (object: Kinds[Kind], before: Seen | undefined) => Routed;
const routes: Record<Kind, Route> = {
  imagestreams: routeImageStream as Route,
  payloads: ((payload: ReleasePayload, before: Seen | undefined) => routeReleasePayload(payload, before, 0)) as Route,
  jobs: routeJob as Route,
  prowjobs: ((job: ProwJob, before: Seen | undefined) => routeProwJob(job, before)) as Route,
};

type Begin = (playing: Playing, name: string, told: boolean) => Look;
const looks: Record<string, Begin> = { stream, release, mirror, creation, verification };

/** How jobs end: the name of one decides, together with this. */
export type Fate = (name: string) => boolean;

/** A cluster, the world outside that moves on in it, the watches, and the workflows: everything that can happen is one step of a list. */
export class PlayedWorld implements Playing {
  readonly cluster = new PlayedCluster();
  readonly #fate: Fate;
  readonly #plays = new Map<string, Play>();
  readonly #memories = new Map<string, Memory>();
  readonly #seen: Record<Kind, Map<string, Seen>> = { imagestreams: new Map(), payloads: new Map(), jobs: new Map(), prowjobs: new Map() };
  readonly #reached: Record<Kind, number> = { imagestreams: 0, payloads: 0, jobs: 0, prowjobs: 0 };
  readonly #delivered: Record<Kind, number> = { imagestreams: 0, payloads: 0, jobs: 0, prowjobs: 0 };
  #wakes: { kind: Kind; owner: Owner }[] = [];
  now: number;

  constructor(now: number, fate: Fate) {
    this.now = now;
    this.#fate = fate;
  }

  start(workflow: string, name: string): void {
    const id = `${workflow}/${name}`;
    if (!this.#plays.has(id)) this.#plays.set(id, { workflow, name, told: true });
  }

  tell(workflow: string, name: string): void {
    const play = this.#plays.get(`${workflow}/${name}`);
    if (play !== undefined) play.told = true;
  }

  memory(workflow: string, name: string): Memory {
    const id = `${workflow}/${name}`;
    const memory = this.#memories.get(id) ?? { started: [] };
    this.#memories.set(id, memory);
    return memory;
  }

  /** What may happen next, in an order that never changes. */
  steps(): (() => void)[] {
    const changed = kinds.filter((kind) => this.cluster.changes[kind].length > 0);
    return [
      ...[...this.#plays.values()].filter(({ told, look }) => told || look !== undefined).map((play) => () => this.#go(play)),
      ...changed.map((kind) => () => this.#see(kind, this.cluster.changes[kind].shift() as Change)),
      ...this.#wakes.map((wake) => () => {
        this.#wake(wake.owner);
        this.#wakes.splice(this.#wakes.indexOf(wake), 1);
        this.#note(wake.kind);
      }),
      ...this.#outside(),
    ];
  }

  /** What must do no harm: repeated news, and death between two writes, after which the look begins again. */
  faults(): (() => void)[] {
    const changed = kinds.filter((kind) => this.cluster.changes[kind].length > 0);
    const looking = [...this.#plays.values()].filter(({ look }) => look !== undefined);
    return [
      ...changed.map((kind) => () => this.#see(kind, this.cluster.changes[kind][0] as Change)),
      ...this.#wakes.map(
        ({ owner }) =>
          () =>
            this.#wake(owner),
      ),
      ...looking.map((play) => () => {
        delete play.look;
        play.told = true;
      }),
    ];
  }

  /**
   * What may need a look without a word: news that do not reach a workflow that runs, a watch whose version has expired, and
   * one whose worker dies. News that start a workflow are repeated until they arrive, so they are not among them.
   */
  losses(): (() => void)[] {
    const heard = this.#wakes.filter(({ owner }) => this.#plays.has(`${owner.workflow}/${owner.name}`));
    return [...heard.map((wake) => () => void this.#wakes.splice(this.#wakes.indexOf(wake), 1)), ...this.gaps()];
  }

  /** What needs no look: watches that begin again, each from the same version or on another worker. */
  gaps(): (() => void)[] {
    return [
      ...kinds.filter((kind) => this.cluster.changes[kind].length > 1).map((kind) => () => this.#expire(kind)),
      ...kinds.map((kind) => () => this.#beginAgain(kind, this.#delivered[kind] || undefined)),
      ...kinds.map((kind) => () => this.#beginAgain(kind)),
    ];
  }

  /** It lists again, and sees of what changed several times only the end, and nothing of what is gone. */
  #expire(kind: Kind): void {
    const newest = new Map(this.cluster.changes[kind].map((change) => [change.key, change]));
    this.cluster.changes[kind] = [...newest.values()].filter(({ gone }) => gone !== true);
    this.#afterGap(kind);
  }

  /** Another worker lists; it knows at most the version up to which everybody was told. */
  #beginAgain(kind: Kind, from?: number): void {
    this.#wakes = this.#wakes.filter((wake) => wake.kind !== kind);
    const listed = this.cluster
      .list(kind)
      .map((object) => ({ key: object.metadata.name, object, version: Number(object.metadata.resourceVersion) }));
    this.#seen[kind] = new Map(listed.map(({ key, object }) => [key, routes[kind](object, undefined).seen]));
    this.cluster.changes[kind] = [];
    this.#delivered[kind] = from ?? 0;
    this.#reached[kind] = this.#delivered[kind];
    for (const change of listed.filter(({ version }) => from === undefined || version > from)) {
      if (from === undefined) this.#seen[kind].delete(change.key);
      else this.#seen[kind].set(change.key, forgotten);
      this.#route(kind, change);
    }
    if (kind === 'payloads') this.#findUntold();
    this.#reach(kind, this.cluster.version);
    this.#afterGap(kind);
  }

  #findUntold(): void {
    const tags = this.cluster.list('imagestreams').flatMap(({ spec }) => spec?.tags ?? []);
    for (const payload of this.cluster.list('payloads')) {
      const { name, namespace = '' } = payload.metadata;
      const mark = tags.find((tag) => tag.name === name)?.annotations?.[annotation.phase];
      if (needsAttention(payload) || !isUntold(payload, mark, undefined)) continue;
      this.#wakes.push({ kind: 'payloads', owner: { workflow: 'release', namespace, name, start: true, urgent: true } });
    }
  }

  #afterGap(kind: Kind): void {
    const deaf = { imagestreams: 'mirror', payloads: 'release', jobs: 'creation', prowjobs: 'verification' }[kind];
    for (const play of this.#plays.values()) if (play.workflow === deaf) play.told = true;
  }

  /** The time at which somebody wants to look again, when nothing else is left to do. */
  nextAlarm(): (() => void) | undefined {
    const [play] = [...this.#plays.values()]
      .filter(({ alarm }) => alarm !== undefined)
      .toSorted((a, b) => (a.alarm as number) - (b.alarm as number));
    if (play === undefined) return undefined;
    return () => {
      this.now = Math.max(this.now, play.alarm as number);
      delete play.alarm;
      play.told = true;
    };
  }

  /** The reconcile time is over for everybody. */
  lookAtEverything(): void {
    for (const play of this.#plays.values()) {
      play.told = true;
      const memory = this.memory(play.workflow, play.name);
      memory.started = [];
      delete memory.verifying;
    }
  }

  /** An object that people make or change. */
  people<K extends Kind>(kind: K, name: string, change: (object: Kinds[K] | undefined) => Kinds[K]): void {
    const current = this.cluster.get(kind, name);
    if (current === undefined) this.cluster.create(kind, change(undefined));
    else this.cluster.replace(kind, change(current));
  }

  #go(play: Play): void {
    if (play.look === undefined) {
      const { told } = play;
      play.told = false;
      delete play.alarm;
      play.look = (looks[play.workflow] as Begin)(this, play.name, told);
    }
    const { done, value } = play.look.next();
    if (done !== true) return;
    delete play.look;
    if (value === 'again' || (value === 'ended' && play.told && play.workflow === 'release')) play.told = true;
    else if (value === 'ended') this.#plays.delete(`${play.workflow}/${play.name}`);
    else if (typeof value === 'number') play.alarm = value;
  }

  #see(kind: Kind, change: Change): void {
    this.#route(kind, change);
    this.#reach(kind, change.version);
  }

  #route(kind: Kind, { key, object, gone }: Change): void {
    const routed = routes[kind](object, gone === true ? undefined : this.#seen[kind].get(key));
    if (gone === true) this.#seen[kind].delete(key);
    else this.#seen[kind].set(key, routed.seen);
    const isWaiting = (owner: Owner) => this.#wakes.some((other) => other.kind === kind && sameOwner(owner, other.owner));
    for (const owner of gone === true ? ownersOfDeleted(routed) : routed.owners) if (!isWaiting(owner)) this.#wakes.push({ kind, owner });
  }

  #reach(kind: Kind, version: number): void {
    this.#reached[kind] = Math.max(this.#reached[kind], version);
    this.#note(kind);
  }

  /** As soon as everybody was told of what was seen, a later watch may go on there. */
  #note(kind: Kind): void {
    if (!this.#wakes.some((wake) => wake.kind === kind)) this.#delivered[kind] = this.#reached[kind];
  }

  /** Collecting garbage is another story. */
  #wake({ workflow, name, start }: Owner): void {
    if (looks[workflow] === undefined) return;
    if (start) this.start(workflow, name);
    this.tell(workflow, name);
  }

  /** What Prow and people do to jobs: one that runs goes back to the beginning, any of them disappears. */
  mischief(): (() => void)[] {
    const running = this.cluster.list('prowjobs').filter(({ status }) => status?.state === 'pending');
    return [
      ...running.map(
        (run) => () => void this.cluster.replace('prowjobs', { ...run, status: { state: 'triggered', startTime: rfc3339(this.now) } }),
      ),
      ...(['jobs', 'prowjobs'] as const).flatMap((kind) =>
        this.cluster.list(kind).map(
          ({ metadata }) =>
            () =>
              this.cluster.vanish(kind, metadata.name),
        ),
      ),
    ];
  }

  /** People delete payloads that have no verdict yet. */
  deletions(): (() => void)[] {
    const undecided = this.cluster.list('payloads').filter((payload) => ['Pending', 'Ready'].includes(payloadPhase(payload)));
    return undecided.map(
      ({ metadata }) =>
        () =>
          this.cluster.vanish('payloads', metadata.name),
    );
  }

  /** Imports, release jobs and test runs, each a step at a time. */
  #outside(): (() => void)[] {
    const mirrors = this.cluster
      .list('imagestreams')
      .filter(({ metadata, status }) => metadata.annotations?.[annotation.releaseTag] && !status);
    const jobs = this.cluster.list('jobs').filter(({ status }) => status?.completionTime === undefined && !status?.failed);
    const runs = this.cluster.list('prowjobs').filter(({ status }) => status?.completionTime === undefined);
    return [
      ...mirrors.map((made) => () => void this.cluster.replace('imagestreams', imported(made))),
      ...jobs.map((job) => () => this.#advanceJob(job)),
      ...runs.map((run) => () => this.#advanceRun(run)),
    ];
  }

  #advanceJob(job: Job): void {
    const done = { completionTime: rfc3339(this.now), succeeded: 1 };
    const failed = { failed: 4, conditions: [{ type: 'Failed', status: 'True' }] };
    const status = (job.status?.active ?? 0) === 0 ? { active: 1 } : this.#fate(job.metadata.name) ? done : failed;
    this.cluster.replace('jobs', { ...job, status });
  }

  #advanceRun(run: ProwJob): void {
    const at = rfc3339(this.now);
    const url = `https://prow/${run.metadata.name}`;
    const begun = run.status?.state === 'pending';
    const state = this.#fate(run.metadata.name) ? 'success' : 'failure';
    const status = begun ? { ...run.status, state, completionTime: at } : { ...run.status, state: 'pending', url };
    this.cluster.replace('prowjobs', { ...run, status });
  }
}

const sameOwner = (a: Owner, b: Owner) =>
  a.workflow === b.workflow && a.name === b.name && a.namespace === b.namespace && a.start === b.start;

function imported(made: ImageStream): ImageStream {
  const repository = `image-registry:5000/ocp/${made.metadata.name}`;
  const tags = (made.spec?.tags ?? []).map(({ name, from }) => {
    const image = from?.name.split('@')[1] ?? '';
    return {
      tag: name,
      items: [{ created: '2026-01-01T00:00:00Z', dockerImageReference: `${repository}@${image}`, image, generation: 1 }],
    };
  });
  return { ...made, status: { dockerImageRepository: repository, publicDockerImageRepository: repository, tags } };
}
