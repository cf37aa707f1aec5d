import pLimit from 'p-limit';
import { annotation, label } from '../../domain/payload/annotations.ts';
import type { Verification } from '../../domain/payload/config.ts';
import { isFinished } from '../../domain/payload/job-state.ts';
import type { ImageStream, ProwJob, ReleasePayload } from '../../domain/payload/kinds.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import { buildProwJob, validateDefinition } from '../../domain/payload/prow-job.ts';
import { releasePullSpec } from '../../domain/payload/pull-spec.ts';
import { missingUpgradeRuns, officialPullSpec } from '../../domain/payload/sampled-upgrades.ts';
import { planVerification } from '../../domain/payload/verification-plan.ts';
import type { UpgradeSource } from '../../domain/payload/upgrade-source.ts';
import type { VerificationRun } from '../../domain/payload/verification-run.ts';
import type { PayloadActivities, StartedRuns, VerificationRound } from '../contract.ts';
import { fullConfig } from './art-verification.ts';
import { isAlreadyExists, KubernetesError } from './client.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { observePayload } from './payload-observer.ts';
import { payloadState } from './payload-state.ts';
import type { Definitions } from './prow-definitions.ts';
import { awaitedOf } from './release-activities.ts';
import { readRelease, type ReadRelease } from './release-reader.ts';
import { imageStreams, prowJobs } from './resources.ts';
import { UpgradeSamples } from './sampled-upgrades.ts';
import { UpgradeSources } from './upgrade-sources.ts';

type VerificationActivities = Pick<PayloadActivities, 'planVerificationRound' | 'startRuns'>;

/** ProwJobs created at once by one activity. */
const createdAtOnce = 16;

/** What the `verification` workflow asks of the cluster. */
export function verificationActivities(dependencies: PayloadDependencies): VerificationActivities {
  const { client, definitions, prowNamespace } = dependencies;
  const samples = new UpgradeSamples(dependencies);
  return {
    async planVerificationRound(release, facts, now): Promise<VerificationRound> {
      const observed = await observePayload(dependencies, release, facts, (current) => awaitedOf(dependencies, samples, release, current));
      if (observed === undefined)
        return { state: payloadState(undefined), start: [], waitingForRetry: [], running: 0, blockingPending: [] };
      const { payload, prowJobs: existing } = observed;
      const names = new Set(existing.map(({ metadata }) => metadata.name));
      const isReady = payloadPhase(payload) === 'Ready';
      const plan = isReady ? planVerification({ payload, existing: names, now }) : { start: [], waitingForRetry: [] };
      const sample = isReady ? await samples.of(release, payload) : { ok: true as const, runs: [] };
      const upgrades = sample.ok ? missingUpgradeRuns(payload, sample.runs, new Set([...names, ...recordedUpgrades(payload)])) : [];
      return {
        state: payloadState(payload),
        ...plan,
        start: [...plan.start, ...upgrades],
        ...runningOf(payload, existing, facts.overdueIfBegunBy),
        blockingPending: blockingPendingOf(payload),
        ...(sample.ok ? {} : { problems: [{ verify: 'sampled upgrades', message: sample.message }] }),
      };
    },

    async startRuns(release, runs): Promise<StartedRuns> {
      const read = await readRelease(client, release);
      if (read.kind !== 'read')
        return { notRun: [], problems: read.kind === 'gone' ? [] : runs.map(({ verify }) => ({ verify, message: read.problem.message })) };
      const mirror = await client.get<ImageStream>(imageStreams, read.source.metadata.namespace, read.mirror);
      const full = await fullConfig(dependencies, read);
      const context: RunContext = {
        release: full.ok ? { ...read, config: full.config } : read,
        ...(full.ok ? {} : { incomplete: full.message }),
        definitions: await definitions.load((known) =>
          runs.every(({ definition }) => validateDefinition(known.get(definition), definition, true) === undefined),
        ),
        mirrorRepository: mirror?.status?.publicDockerImageRepository,
        upgradeSources: new UpgradeSources(dependencies, read),
      };
      const limit = pLimit(createdAtOnce);
      const started = await Promise.all(runs.map((run) => limit(() => startRun(context, run))));
      return {
        notRun: started.flatMap((one) => (one.kind === 'not-run' ? [{ run: one.run, reason: one.reason }] : [])),
        problems: started.flatMap((one) => (one.kind === 'problem' ? [{ verify: one.verify, message: one.message }] : [])),
      };
    },
  };

  async function startRun(context: RunContext, run: VerificationRun): Promise<StartedRun> {
    const built = await buildRun(context, run);
    if (built.kind !== 'job') return built;
    try {
      await client.create(prowJobs, built.job);
      return { kind: 'started' };
    } catch (error) {
      if (isAlreadyExists(error)) return adopt(built.job, run);
      if (error instanceof KubernetesError && error.reason === 'Invalid')
        return problem(run, `the prow job ${run.specJob} is not valid: ${error.message}`);
      throw error;
    }
  }

  /** A ProwJob of this name is ours when it says the same release and source; anything else is in our way. */
  async function adopt(wanted: ProwJob, run: VerificationRun): Promise<StartedRun> {
    const existing = await client.get<ProwJob>(prowJobs, prowNamespace, run.name);
    const same =
      existing?.metadata.labels?.[label.payload] === wanted.metadata.labels?.[label.payload] &&
      existing?.metadata.annotations?.[annotation.source] === wanted.metadata.annotations?.[annotation.source];
    return same || existing === undefined
      ? { kind: 'started' }
      : problem(run, `ProwJob ${prowNamespace}/${run.name} exists and belongs to another release`);
  }

  async function buildRun(context: RunContext, run: VerificationRun): Promise<{ kind: 'job'; job: ProwJob } | StartedRun> {
    const definition = context.definitions.get(run.definition);
    const invalid = validateDefinition(definition, run.definition, context.definitions.size > 0);
    if (invalid !== undefined || definition === undefined)
      return problem(run, invalid ?? `the prow job ${run.definition} is not valid: no job with that name`);
    const { release, mirrorRepository, incomplete } = context;
    const isSample = run.kind === 'upgrade';
    const entry = isSample ? undefined : release.config.verify[run.verify];
    if (!isSample && entry === undefined && incomplete !== undefined) return problem(run, incomplete);
    const from = isSample ? sampledSource(run, dependencies.architecture) : await fromRelease(context, run.verify, entry);
    if (from.kind === 'error') return problem(run, from.message);
    if (from.kind === 'none') return { kind: 'not-run', run, reason: `nothing to upgrade from (${from.reason}), counted as succeeded` };
    const built = buildProwJob({
      run,
      tag: release.tag.name,
      namespace: prowNamespace,
      source: `${release.source.metadata.namespace}/${release.source.metadata.name}`,
      definition,
      entry: {
        upgrade: isSample || entry?.upgrade === true,
        multiJobAnalysis: entry?.multiJobAnalysis === true,
        prowJobName: entry?.prowJob?.name ?? run.definition,
      },
      pullSpec: releasePullSpec(release),
      ...(from.kind === 'found' ? { from: { tag: from.tag, pullSpec: from.pullSpec } } : {}),
      ...(mirrorRepository === undefined ? {} : { mirrorRepository }),
      architecture: dependencies.architecture,
      clusterGroups: dependencies.clusterGroups,
      schedulerEnabled: false,
      now: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    });
    if (built.kind === 'error') return problem(run, built.message);
    return built.kind === 'job' ? built : { kind: 'not-run', run, reason: `${built.reason}, counted as succeeded` };
  }
}

interface RunContext {
  release: ReadRelease;
  /** why nothing is known of entries that the stream itself does not define */
  incomplete?: string;
  definitions: Definitions;
  mirrorRepository: string | undefined;
  upgradeSources: UpgradeSources;
}

type StartedRun =
  | { kind: 'started' }
  | { kind: 'not-run'; run: VerificationRun; reason: string }
  | { kind: 'problem'; verify: string; message: string };

const problem = ({ verify }: VerificationRun, message: string): StartedRun => ({ kind: 'problem', verify, message });

function sampledSource({ from: tag = '' }: VerificationRun, architecture: string): UpgradeSource {
  return { kind: 'found', tag, pullSpec: officialPullSpec(tag, architecture) };
}

async function fromRelease(
  { upgradeSources }: RunContext,
  verify: string,
  entry: Verification | undefined,
): Promise<UpgradeSource | { kind: 'not-asked' }> {
  return entry?.upgrade === true ? upgradeSources.of(verify, entry) : { kind: 'not-asked' };
}

/** Runs of upgrade entries whose ProwJob may be gone. */
function recordedUpgrades({ status }: ReleasePayload): string[] {
  const runs = (status?.upgradeJobResults ?? []).flatMap(({ results }) => (results ?? []).filter(isFinished));
  return runs.flatMap(({ coordinates }) => coordinates?.name ?? []);
}

/** ProwJobs whose run has not ended, whatever state they are in: one that Prow never schedules is late too. */
function runningOf(
  { status }: ReleasePayload,
  existing: readonly ProwJob[],
  overdueIfBegunBy = 0,
): Pick<VerificationRound, 'running' | 'nextOverdue'> {
  const entries = [...(status?.blockingJobResults ?? []), ...(status?.informingJobResults ?? []), ...(status?.upgradeJobResults ?? [])];
  const ended = new Set(entries.flatMap(({ results }) => (results ?? []).filter(isFinished).map(({ coordinates }) => coordinates?.name)));
  const running = existing.filter((job) => !ended.has(job.metadata.name) && job.status?.completionTime === undefined);
  const begun = running.map(({ metadata }) => metadata.creationTimestamp ?? '').filter((at) => Date.parse(at) > overdueIfBegunBy);
  const [nextOverdue] = begun.toSorted();
  return { running: running.length, ...(nextOverdue === undefined ? {} : { nextOverdue }) };
}

function blockingPendingOf({ status }: ReleasePayload): string[] {
  const undecided = (status?.blockingJobResults ?? []).filter(({ state }) => state !== 'Success' && state !== 'Failure');
  return undecided.map(({ ciConfigurationName }) => ciConfigurationName);
}
