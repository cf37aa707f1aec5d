import { annotation, label } from '../../domain/payload/annotations.ts';
import { isStable, type Periodic, type ReleaseConfig } from '../../domain/payload/config.ts';
import type { ImageStream, ProwJob, TagReference } from '../../domain/payload/kinds.ts';
import { mirrorName } from '../../domain/payload/mirror.ts';
import { dueness, latestRun, periodicsMark, readPeriodic, startedAt, uuidOf, type PeriodicTimes } from '../../domain/payload/periodic.ts';
import { buildPeriodicJob } from '../../domain/payload/periodic-job.ts';
import { validateDefinition } from '../../domain/payload/prow-job.ts';
import { releasePullSpec } from '../../domain/payload/pull-spec.ts';
import { isReferenceReleaseTag } from '../../domain/payload/reference-release.ts';
import { effectivePhase, ownTags } from '../../domain/payload/stream-tags.ts';
import { streamUsable } from '../../domain/payload/stream-usable.ts';
import type { Problem, StreamId } from '../contract.ts';
import type { PeriodicActivities, PeriodicId, PeriodicOutcome } from '../periodic-contract.ts';
import type { PeriodicSchedules, WantedPeriodic } from '../periodic-schedules.ts';
import { isAlreadyExists, KubernetesError } from './client.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { imageStreams, prowJobs } from './resources.ts';
import { phasesOf, readStream, type ReadStream } from './stream-reader.ts';
import { UpgradeSources } from './upgrade-sources.ts';

/** Why a run can not begin now. */
class NotStarted extends Error {
  readonly problem: Problem;
  constructor(message: string, reason = 'PeriodicNotRun') {
    super(message);
    this.problem = { reason, message };
  }
}

/** What runs again and again beside releases: its schedules, and the ProwJobs that they start. */
export function periodicActivities(dependencies: PayloadDependencies, schedules: PeriodicSchedules): PeriodicActivities {
  const { client, prowNamespace } = dependencies;
  return {
    async reconcilePeriodics(stream, known, now) {
      const { wanted, problems } = await wantedPeriodics(dependencies, stream);
      for (const each of wanted) await schedules.ensure(each, now);
      const names = wanted.map(({ id }) => id.entry);
      for (const entry of known) if (!names.includes(entry)) await schedules.remove({ ...idOf(stream), entry });
      return { names, problems };
    },

    async startPeriodic(id, firing, now) {
      const read = await readDriven(dependencies, id);
      if (read.kind === 'gone') return { kind: 'gone' };
      // until it is known what the entry says, it waits no longer than a cron time does
      if (read.kind === 'invalid')
        return blocked(new NotStarted(`the ${annotation.config} annotation for ${id.name} is invalid: ${read.message}`), false);
      const { config } = read;
      const periodic = config.periodic[id.entry];
      if (periodic === undefined || config.endOfLife) return { kind: 'gone' };
      const wanted = readPeriodic(config, id.entry, periodic);
      if (!wanted.ok) return { kind: 'gone' };
      const again = wanted.times.kind === 'interval';
      try {
        return await startRun(id, { ...read, periodic, job: wanted.job, times: wanted.times }, uuidOf(firing), now);
      } catch (error) {
        if (error instanceof NotStarted) return blocked(error, again);
        throw error;
      }
    },

    placePeriodic: (id, intervalMs, nextAt) => schedules.place(id, intervalMs, nextAt),

    async removePeriodic(id) {
      await schedules.remove(id);
    },
  };

  async function startRun(id: PeriodicId, due: DuePeriodic, name: string, now: number): Promise<PeriodicOutcome> {
    const { source, config, target, job, times } = due;
    const usable = streamUsable(source, target, config);
    if (!usable.ok || target === undefined) throw new NotStarted(usable.ok ? `there is no ImageStream ${config.to}` : usable.why);
    const existing = await client.get<ProwJob>(prowJobs, prowNamespace, name);
    if (existing !== undefined) return started(existing, times);
    const latest = latestRun(await runsOf(dependencies, job), job, keyOf(id));
    const turn = dueness(times, latest, now);
    if (turn.kind === 'active') return { kind: 'active', run: turn.run, again: times.kind === 'interval' };
    if (turn.kind === 'early' && times.kind === 'interval') return { kind: 'early', next: { intervalMs: times.ms, at: turn.at } };
    const built = await buildRun(due, target, name, now);
    try {
      return started(await client.create(prowJobs, built), times);
    } catch (error) {
      if (isAlreadyExists(error)) return started(built, times);
      if (error instanceof KubernetesError && error.reason === 'Invalid')
        throw new NotStarted(`the prow job ${job} is not valid: ${error.message}`, 'ProwJobInvalid');
      throw error;
    }
  }

  async function buildRun(
    { source, config, periodic, job }: DuePeriodic,
    target: ImageStream,
    name: string,
    now: number,
  ): Promise<ProwJob> {
    const definitions = await dependencies.definitions.load((known) => known.has(job));
    const definition = definitions.get(job);
    const invalid = validateDefinition(definition, job, definitions.size > 0);
    if (invalid !== undefined || definition === undefined) throw new NotStarted(invalid ?? `there is no job ${job}`, 'ProwJobInvalid');
    const tag = await newestAccepted(source, config, target);
    const mirror = mirrorName(config, source, tag.name);
    const mirrored = await client.get<ImageStream>(imageStreams, source.metadata.namespace, mirror);
    const repository = mirrored?.status?.publicDockerImageRepository;
    const from = await fromRelease({ source, config, target, tag, mirror }, job, periodic);
    const built = buildPeriodicJob({
      name,
      tag: tag.name,
      namespace: prowNamespace,
      source: `${source.metadata.namespace}/${source.metadata.name}`,
      definition,
      pullSpec: releasePullSpec({ target, tag, config }),
      upgrade: periodic.upgrade,
      ...(from === undefined ? {} : { from }),
      ...(repository === undefined ? {} : { mirrorRepository: repository }),
      reference: isReferenceReleaseTag(tag, config),
      architecture: dependencies.architecture,
      now: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
    });
    if (built.kind === 'job') return built.job;
    throw new NotStarted(`failed to add release env to periodic ${job}: ${built.kind === 'error' ? built.message : built.reason}`);
  }

  async function newestAccepted(source: ImageStream, config: ReleaseConfig, target: ImageStream): Promise<TagReference> {
    const phases = await phasesOf(client, source, target);
    const tag = ownTags({ source, config, target, phases }).find((one) => effectivePhase(one, phases) === 'Accepted');
    if (tag === undefined) throw new NotStarted(`no accepted tags found for release ${config.name}`);
    return tag;
  }

  async function fromRelease(release: Parameters<typeof sourcesOf>[0], job: string, periodic: Periodic) {
    if (!periodic.upgrade) return undefined;
    const { upgradeFromRelease } = periodic;
    const upgradeFrom = periodic.upgradeFrom || (isStable(release.config) ? 'PreviousPatch' : 'PreviousMinus1');
    const found = await sourcesOf(release).of(job, { upgradeFrom, ...(upgradeFromRelease && { upgradeFromRelease }) });
    if (found.kind === 'found') return { tag: found.tag, pullSpec: found.pullSpec };
    const why = found.kind === 'error' ? found.message : found.reason;
    throw new NotStarted(`failed to get previous release spec and tag for release ${release.config.name} tag ${release.tag.name}: ${why}`);
  }

  function sourcesOf(release: ConstructorParameters<typeof UpgradeSources>[1]): UpgradeSources {
    return new UpgradeSources(dependencies, release);
  }
}

type Reading = Pick<PayloadDependencies, 'client' | 'prowNamespace' | 'releaseNamespaces'>;

export interface WantedPeriodics {
  /** in the order of their names */
  wanted: WantedPeriodic[];
  /** entries that can have no schedule, and why */
  problems: { entry: string; message: string }[];
}

/** The schedules that a stream's config asks for; reads only. */
export async function wantedPeriodics(dependencies: Reading, stream: StreamId): Promise<WantedPeriodics> {
  const read = await readDriven(dependencies, stream);
  const result: WantedPeriodics = { wanted: [], problems: [] };
  if (read.kind !== 'read' || periodicsMark(read.config) === '') return result;
  const entries = Object.entries(read.config.periodic).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [entry, periodic] of entries) {
    const wanted = readPeriodic(read.config, entry, periodic);
    if (!wanted.ok) {
      result.problems.push({ entry, message: wanted.error });
      continue;
    }
    const latest = latestRun(await runsOf(dependencies, wanted.job), wanted.job, keyOf(stream));
    const latestStart = latest === undefined ? {} : { latestStart: startedAt(latest) };
    result.wanted.push({ id: { ...idOf(stream), entry }, times: wanted.times, ...latestStart });
  }
  return result;
}

/** A stream that is driven by somebody else is none of ours. */
async function readDriven({ client, releaseNamespaces }: Reading, stream: StreamId): Promise<ReadStream> {
  const [read, isOurs] = await Promise.all([readStream(client, stream), releaseNamespaces.drives(stream.namespace, stream.name)]);
  return isOurs ? read : { kind: 'gone' };
}

/** Prow cuts the label where the name is too long, so what comes is looked at again. */
async function runsOf({ client, prowNamespace }: Reading, job: string): Promise<ProwJob[]> {
  const short = job.length <= 63 ? `,${annotation.prowJob}=${job}` : '';
  return (await client.list<ProwJob>(prowJobs, prowNamespace, { labelSelector: `${label.verify}=true${short}` })).items;
}

interface DuePeriodic {
  source: ImageStream;
  config: ReleaseConfig;
  target: ImageStream | undefined;
  periodic: Periodic;
  /** name of the job definition */
  job: string;
  times: PeriodicTimes;
}

const keyOf = ({ namespace, name }: StreamId) => `${namespace}/${name}`;
const idOf = ({ namespace, name }: StreamId): StreamId => ({ namespace, name });
const blocked = ({ problem }: NotStarted, again: boolean): PeriodicOutcome => ({ kind: 'blocked', problem, again });

function started(job: ProwJob, times: PeriodicTimes): PeriodicOutcome {
  const tag = job.metadata.annotations?.[annotation.tag] ?? '';
  const next = times.kind === 'interval' ? { next: { intervalMs: times.ms, at: startedAt(job) + times.ms } } : {};
  return { kind: 'started', run: job.metadata.name, tag, ...next };
}
