import { abortedMessage, buildFailure } from '../../../domain/payload/build-failure.ts';
import { planAdoption } from '../../../domain/payload/adoption.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import { cliImage } from '../../../domain/payload/cli-image.ts';
import { rejectionDetails, undecidedSince } from '../../../domain/payload/conditions.ts';
import { isStable } from '../../../domain/payload/config.ts';
import type { ImageStream, Phase, ReleasePayload, TagReference } from '../../../domain/payload/kinds.ts';
import { mirrorName, mirrorReadiness, planMirror } from '../../../domain/payload/mirror.ts';
import { payloadPhase } from '../../../domain/payload/phase.ts';
import { publishedRelease, publishSteps, withAlias } from '../../../domain/payload/publish.ts';
import { buildReleaseJob } from '../../../domain/payload/release-job.ts';
import { retention } from '../../../domain/payload/retention.ts';
import { buildStableJob } from '../../../domain/payload/stable-job.ts';
import { gaveWay } from '../../../domain/payload/stream-tags.ts';
import { planStream } from '../../../domain/payload/stream-plan.ts';
import { planVerification } from '../../../domain/payload/verification-plan.ts';
import type { VerificationRun } from '../../../domain/payload/verification-run.ts';
import {
  type Played,
  type Read,
  readStream,
  readRelease,
  prowJobOf,
  runsOf,
  observed,
  phasesOf,
  payloadOf,
  withTags,
  annotated,
  annotateTag,
  jobNamespace,
} from './played-activities.ts';

/*
 * The workflows, played as briefly as they can be: each look reads the level, asks the real decisions, and does what they
 * say. It yields before every write, so that anything may happen there: another's write, a late result, its own death.
 */

/** How a look ended; a number is the time at which to look again though nothing changes. */
export type Outcome = 'ended' | 'waits' | 'again' | number;
export type Look = Generator<void, Outcome>;

/** What of a workflow outlasts its worker. */
export interface Memory {
  /** releases that the stream has started */
  started: string[];
  /** hash of the mirror, once that is complete */
  frozen?: string;
  /** since when the release was undecided when it started its verification */
  verifying?: string;
  /** runs that a round has planned */
  toStart?: VerificationRun[];
}

export interface Playing extends Played {
  /** starts a workflow where none of that name runs */
  start(workflow: string, name: string): void;
  /** tells a workflow that runs */
  tell(workflow: string, name: string): void;
  memory(workflow: string, name: string): Memory;
}

export function* stream(playing: Playing, name: string, told: boolean): Look {
  const { cluster, now } = playing;
  const read = readStream(playing, name);
  if (read === undefined) return 'ended';
  const { source, config, target } = read;
  const phases = phasesOf(cluster, target);
  const plan = planStream({ source, config, target, phases, now });
  if (!plan.usable.ok) return 'waits';
  if (plan.markTarget) {
    yield;
    cluster.replace('imagestreams', annotated(target, { [annotation.hasReleases]: 'true' }));
    return 'again';
  }
  if (plan.adopt !== undefined) {
    const { change } = planAdoption({ source, config }, now);
    yield;
    if (change !== undefined) cluster.replace('imagestreams', withTags(target, change.tags));
    return 'again';
  }
  for (const tag of plan.aborted) yield* abort(playing, tag);
  const due = retention({ source, config, target, phases }, { soft: false, now }).due.map((tag) => tag.name);
  if (due.length > 0) {
    yield;
    cluster.replace(
      'imagestreams',
      withTags(
        target,
        (target.spec?.tags ?? []).filter((tag) => !due.includes(tag.name)),
      ),
    );
    return 'again';
  }
  if (plan.create !== undefined) {
    const { tag, tagReference } = plan.create;
    yield;
    if (!cluster.replace('imagestreams', withTags(target, [...(target.spec?.tags ?? []), tagReference]))) return 'again';
    yield;
    cluster.create('payloads', payloadOf(read, tagReference, now));
    yield;
    playing.start('release', tag);
    return 'again';
  }
  const memory = playing.memory('stream', name);
  const unfinished = [...plan.pending, ...plan.ready];
  for (const tag of unfinished) if (!memory.started.includes(tag)) playing.start('release', tag);
  memory.started = unfinished;
  if (told) for (const tag of plan.pending) playing.tell('release', tag);
  return yield* publish(playing, { source, config, target, phases });
}

function* publish({ cluster }: Playing, read: Read & { phases: Record<string, Phase> }): Look {
  const release = publishedRelease(read);
  const [step] = publishSteps(read);
  if (release === undefined || step?.kind !== 'alias') return 'waits';
  const pointed = withAlias(read.target, step.alias, release);
  if (pointed === undefined) return 'waits';
  yield;
  cluster.replace('imagestreams', withTags(read.target, pointed.tags));
  return 'again';
}

function* abort(playing: Playing, tag: string): Generator<void, void> {
  const { cluster } = playing;
  yield;
  const payload = cluster.get('payloads', tag);
  if (payload !== undefined && payloadPhase(payload) === 'Pending') {
    const releaseCreationJobResult = { ...payload.status?.releaseCreationJobResult, status: 'Failed' as const, message: abortedMessage };
    cluster.replace('payloads', { ...payload, status: { ...payload.status, releaseCreationJobResult } });
    yield* observed(playing, tag);
  }
  const after = cluster.get('payloads', tag);
  if (after !== undefined && after.status?.releaseCreationJobResult?.message !== abortedMessage) return;
  yield;
  annotateTag(cluster, tag, { phase: 'Failed', ...buildFailure(abortedMessage) });
}

export function* release(playing: Playing, name: string): Look {
  const { cluster, now } = playing;
  const read = readRelease(playing, name);
  if (read === undefined) return 'ended';
  const memory = playing.memory('release', name);
  if (cluster.get('payloads', name) === undefined) {
    delete memory.verifying;
    yield;
    cluster.create('payloads', payloadOf(read, read.tag, now));
  }
  let payload = cluster.get('payloads', name) as ReleasePayload;
  if (payloadPhase(payload) === 'Pending' && gaveWay(read.tag)) {
    yield* abort(playing, name);
    return 'ended';
  }
  if (payloadPhase(payload) === 'Pending') {
    const mirror = mirrorName(read.config, read.source, name);
    if (memory.frozen === undefined) return goOn(playing, 'mirror', mirror);
    yield;
    annotateTag(cluster, name, { hash: memory.frozen });
    return goOn(playing, 'creation', name);
  }
  if (payloadPhase(payload) === 'Ready') {
    yield;
    annotateTag(cluster, name, { phase: 'Ready' });
    memory.verifying = verifying(playing, payload, memory.verifying);
  }
  // also one that has its verdict: an override may have come since
  const written = yield* observed(playing, name);
  if (written === undefined) return 'again';
  payload = written;
  const phase = payloadPhase(payload);
  if (phase === 'Ready') {
    memory.verifying = verifying(playing, payload, memory.verifying);
    return 'waits';
  }
  yield;
  const failure = phase === 'Failed' ? buildFailure(payload.status?.releaseCreationJobResult?.message ?? '') : undefined;
  annotateTag(cluster, name, { phase, ...(phase === 'Rejected' ? rejectionDetails(payload) : failure) });
  // a verdict that is withdrawn begins another run
  delete memory.verifying;
  return 'ended';
}

/** Starts the verification of a payload that is undecided for another time than it was. */
function verifying(playing: Playing, payload: ReleasePayload, known: string | undefined): string {
  const since = undecidedSince(payload);
  if (since !== known) playing.start('verification', payload.metadata.name);
  return since;
}

/** A child that runs is told instead. */
function goOn(playing: Playing, workflow: string, name: string): Outcome {
  playing.start(workflow, name);
  playing.tell(workflow, name);
  return 'waits';
}

export function* mirror(playing: Playing, name: string): Look {
  const { cluster } = playing;
  const tagOf = (stream: ImageStream | undefined) => stream?.metadata.annotations?.[annotation.releaseTag];
  const read = cluster
    .list('imagestreams')
    .flatMap(({ spec }) => (spec?.tags ?? []).flatMap((tag) => readRelease(playing, tag.name) ?? []))
    .find(({ config, source, tag }) => mirrorName(config, source, tag.name) === name);
  if (read === undefined) return 'ended';
  if (cluster.get('imagestreams', name) === undefined) {
    const planned = planMirror(read);
    if (!planned.ok) return 'waits';
    yield;
    cluster.create('imagestreams', planned.mirror);
  }
  const made = cluster.get('imagestreams', name) as ImageStream;
  if (!made.status?.dockerImageRepository || !mirrorReadiness(made).ready) return 'waits';
  const tag = tagOf(made) ?? '';
  playing.memory('release', tag).frozen = made.metadata.annotations?.[annotation.hash] ?? '';
  playing.tell('release', tag);
  return 'ended';
}

export function* creation(playing: Playing, name: string): Look {
  const { cluster } = playing;
  const read = readRelease(playing, name);
  const payload = cluster.get('payloads', name);
  if (read === undefined || payload === undefined) {
    playing.tell('release', name);
    return 'ended';
  }
  if (payloadPhase(payload) === 'Pending' && cluster.get('jobs', name) === undefined) {
    const made = cluster.get('imagestreams', mirrorName(read.config, read.source, name)) as ImageStream;
    const image = cliImage({ config: read.config, mirror: made, tag: read.tag });
    if (!image.ok) return 'waits';
    const build = isStable(read.config) ? buildStableJob : buildReleaseJob;
    const job = build({ ...read, mirror: made, jobNamespace, image: image.image, keepManifestList: false, deadlineSeconds: 0 });
    yield;
    cluster.create('jobs', job);
  }
  const after = yield* observed(playing, name);
  if (after === undefined) return 'again';
  if (payloadPhase(after) === 'Pending') return 'waits';
  playing.tell('release', name);
  return 'ended';
}

export function* verification(playing: Playing, name: string): Look {
  const { cluster, now } = playing;
  const read = readRelease(playing, name);
  if (read === undefined) return 'ended';
  const memory = playing.memory('verification', name);
  yield* startRuns(playing, read, memory);
  const existing = runsOf(cluster, name);
  if (cluster.get('payloads', name) === undefined) return 'ended';
  const payload = yield* observed(playing, name, existing);
  if (payload === undefined) return 'again';
  const ready = payloadPhase(payload) === 'Ready';
  const plan = ready ? planVerification({ payload, existing: new Set(existing.map((job) => job.metadata.name)), now }) : undefined;
  memory.toStart = plan?.start ?? [];
  yield* startRuns(playing, read, memory);
  const running = existing.some(({ status }) => status?.completionTime === undefined);
  if (!ready && !running) return 'ended';
  return plan?.retryAt === undefined ? 'waits' : Date.parse(plan.retryAt);
}

/** Once planned they are all started, whatever the verdict is by then. */
function* startRuns({ cluster, now }: Playing, read: Read & { tag: TagReference }, memory: Memory): Generator<void, void> {
  for (const run of memory.toStart ?? []) {
    yield;
    cluster.create('prowjobs', prowJobOf(read, run, now));
  }
  memory.toStart = [];
}
