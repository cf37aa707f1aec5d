import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageStreams, jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { isHalfWritten } from '../../domain/payload/attention.ts';
import { inputHash } from '../../domain/payload/input-hash.ts';
import type { CiConfiguration, Phase, TagReference } from '../../domain/payload/kinds.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { expectContinuable } from '../support/hand-back.ts';
import { ObjectLog } from '../support/object-log.ts';
import {
  conditionsWhen,
  endedRun,
  mirrorOf,
  putMirror,
  putPayload,
  putProwJob,
  putReleaseJob,
  recordedRun,
  recordedTag,
  releaseOf,
  type RecordedRelease,
  type RecordedStream,
} from '../support/recorded-cluster.ts';
import { buildPlant, type ReleasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';
import { testStack } from '../support/stack.ts';

/*
 * A cluster in which release-controller was stopped in the middle of the day, written by hand: Waybill goes on from there.
 */

let plant: ReleasePlant;

beforeAll(async () => {
  const { freshName, home, kubernetes, env } = testStack();
  plant = await buildPlant(freshName('taken'), { home, kubernetes, env: env() }, { scenes: 1, patienceMs: 180_000 });
  await plant.sandbox.start();
}, 120_000);
afterAll(() => plant?.stop());

const target = 'release';
const blocking = (name: string, maxRetries = 0): CiConfiguration => ({
  ciConfigurationName: name,
  ciConfigurationJobName: `take-over-${name}`,
  ...(maxRetries > 0 ? { maxRetries } : {}),
});

const streams = {
  nightly: {
    source: '4.20-art-latest',
    config: { name: '4.20.0-0.nightly', to: target, verify: { aws: { prowJob: { name: 'take-over-aws' } } } },
  },
  ci: {
    source: '4.20',
    config: {
      name: '4.20.0-0.ci',
      to: target,
      verify: {
        aws: { prowJob: { name: 'take-over-aws' } },
        gcp: { maxRetries: 2, prowJob: { name: 'take-over-gcp' } },
        azure: { prowJob: { name: 'take-over-azure' } },
        metal: { prowJob: { name: 'take-over-metal' } },
        agg: { prowJob: { name: 'take-over-agg' }, aggregatedProwJob: { analysisJobCount: 2 } },
      },
    },
  },
  older: {
    source: '4.19-art-latest',
    config: { name: '4.19.0-0.nightly', to: target, verify: { aws: { prowJob: { name: 'take-over-aws' } } } },
  },
} satisfies Record<string, RecordedStream>;

/** Each in another state; of one stream, at most one is being built. */
const releases = {
  /** its tag was written, and nothing else */
  tagged: releaseOf(streams.nightly, '2026-02-01-000000'),
  /** the oldest, so that the others do not go for their age */
  accepted: releaseOf(streams.nightly, '2026-01-27-000000'),
  rejected: releaseOf(streams.nightly, '2026-01-30-000000'),
  failed: releaseOf(streams.nightly, '2026-01-29-000000'),
  aborted: releaseOf(streams.nightly, '2026-01-28-000000'),
  /** its job runs */
  building: releaseOf(streams.older, '2026-02-01-000100'),
  /** one job succeeded, one failed, one runs, one was never started */
  verifying: releaseOf(streams.ci, '2026-02-01-000200'),
  /** release-payload-controller had written one of two conditions */
  halfAccepted: releaseOf(streams.ci, '2026-01-26-000200'),
  halfRejected: releaseOf(streams.ci, '2026-01-26-000300'),
  /** it failed, and does not count as failed yet */
  halfFailed: releaseOf(streams.ci, '2026-01-26-000400'),
  /** accepted, while an informing job runs */
  outlasted: releaseOf(streams.ci, '2026-01-26-000500'),
  legacyRejected: releaseOf(streams.ci, '2026-02-03-000200'),
  legacyFailed: releaseOf(streams.ci, '2026-02-02-000200'),
} satisfies Record<string, RecordedRelease>;

/** Old releases that only their annotations tell of: the oldest ones, so that retention has nothing to remove. */
const legacy = Array.from({ length: 900 }, (_, index) =>
  releaseOf(streams.older, new Date(Date.UTC(2025, 0, 1, index)).toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '')),
);
/** Old releases with a payload, whose annotation was left at Pending. */
const finished = Array.from({ length: 100 }, (_, index) =>
  releaseOf(streams.older, new Date(Date.UTC(2025, 5, 1, index)).toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '')),
);

async function recordCluster(scene: ReleaseScene): Promise<void> {
  for (const { config, source } of Object.values(streams)) {
    await scene.createStream(config, { source });
    await scene.imported(source, 1);
  }
  const hashes = await Promise.all(
    Object.values(streams).map(async ({ source }) => [source, inputHash(await scene.stream(source))] as const),
  );
  const hashOf = ({ source }: RecordedStream) => Object.fromEntries(hashes)[source] ?? '';
  const tag = (release: RecordedRelease, phase: Phase, marks: Record<string, string> = {}) => recordedTag(scene, release, phase, marks);
  const { tagged, accepted, rejected, failed, aborted, building, verifying, legacyRejected, legacyFailed } = releases;
  const { halfAccepted, halfRejected, halfFailed, outlasted } = releases;
  const tags: TagReference[] = [
    ...legacy.map((release) => tag(release, 'Accepted', { hash: `sha256:${release.tag}` })),
    ...finished.map((release) => tag(release, 'Pending', { hash: `sha256:${release.tag}` })),
    tag(legacyFailed, 'Failed', { hash: 'sha256:1', reason: 'CreateReleaseFailed', message: 'Could not create the release image' }),
    tag(legacyRejected, 'Rejected', { hash: 'sha256:2', verify: '{"aws":{"state":"Failed","url":"/x/1"}}' }),
    tag(aborted, 'Failed', { hash: 'sha256:3', reason: 'Aborted', message: 'Multiple releases were found simultaneously running.' }),
    ...[halfFailed, halfRejected, halfAccepted, outlasted, failed, rejected, accepted].map((release) =>
      tag(release, 'Pending', { hash: `sha256:${release.tag}` }),
    ),
    tag(tagged, 'Pending'),
    tag(building, 'Pending', { hash: hashOf(building) }),
    tag(verifying, 'Pending', { hash: hashOf(verifying) }),
  ];
  await scene.change(target, (current) => ({
    ...current,
    metadata: { ...current.metadata, annotations: { [annotation.hasReleases]: 'true' } },
    spec: { ...current.spec, tags },
  }));

  const plain = { blocking: [blocking('aws')] };
  const aws = (state: 'Success' | 'Failure') => ({ aws: { state } });
  const ran = ({ tag: name }: RecordedRelease, state: 'Success' | 'Failure') => ({
    aws: { state, runs: [recordedRun(scene, `${name}-aws`, state, '5')] },
  });
  await Promise.all(
    finished.map((release) =>
      putPayload(scene, release, { ...plain, conditions: conditionsWhen.accepted, creation: 'Success', results: aws('Success') }),
    ),
  );
  await putPayload(scene, accepted, { ...plain, conditions: conditionsWhen.accepted, creation: 'Success', results: aws('Success') });
  await putPayload(scene, rejected, { ...plain, conditions: conditionsWhen.rejected, creation: 'Success', results: aws('Failure') });
  await putPayload(scene, failed, { ...plain, conditions: conditionsWhen.failed, creation: 'Failed' });
  await putPayload(scene, aborted, { ...plain, conditions: conditionsWhen.pending, creation: 'Unknown' });

  await putPayload(scene, halfAccepted, {
    ...plain,
    conditions: conditionsWhen.halfAccepted,
    creation: 'Success',
    results: ran(halfAccepted, 'Success'),
  });
  await putPayload(scene, halfRejected, {
    ...plain,
    conditions: conditionsWhen.bothVerdicts,
    creation: 'Success',
    results: ran(halfRejected, 'Failure'),
  });
  await putPayload(scene, halfFailed, { ...plain, conditions: conditionsWhen.halfFailed, creation: 'Failed' });
  await recordOutlasting(scene, outlasted);

  await putPayload(scene, building, { ...plain, conditions: conditionsWhen.pending, creation: 'Unknown' });
  await putMirror(scene, building, hashOf(building));
  await scene.until('the mirror to be served', async () => (await scene.stream(mirrorOf(building))).status?.dockerImageRepository);
  await putReleaseJob(scene, building);
  await recordVerification(scene, verifying, hashOf(verifying));
}

/** Its verdict is there, and one of its jobs is not over. */
async function recordOutlasting(scene: ReleaseScene, release: RecordedRelease): Promise<void> {
  await putPayload(scene, release, {
    conditions: conditionsWhen.accepted,
    creation: 'Success',
    blocking: [blocking('aws')],
    informing: [blocking('gcp')],
    results: {
      aws: { state: 'Success', runs: [recordedRun(scene, `${release.tag}-aws`, 'Success', '3')] },
      gcp: { state: 'Pending', runs: [recordedRun(scene, `${release.tag}-gcp`, 'Pending', '4')] },
    },
  });
  await putProwJob(scene, release, { name: '-aws', job: 'take-over-aws', status: endedRun('success', '3') });
  await putProwJob(scene, release, { name: '-gcp', job: 'take-over-gcp', status: { state: 'triggered' } });
}

async function recordVerification(scene: ReleaseScene, release: RecordedRelease, hash: string): Promise<void> {
  const aggregator = 'agg-release-openshift-release-analysis-aggregator';
  await putMirror(scene, release, hash);
  await putPayload(scene, release, {
    conditions: conditionsWhen.ready,
    creation: 'Success',
    blocking: [
      { ciConfigurationName: 'agg', ciConfigurationJobName: aggregator },
      blocking('aws'),
      blocking('azure'),
      blocking('gcp', 2),
      blocking('metal'),
    ],
    informing: [{ ciConfigurationName: 'agg', ciConfigurationJobName: 'take-over-agg', analysisJobCount: 2 }],
    results: {
      aws: { state: 'Success', runs: [recordedRun(scene, `${release.tag}-aws`, 'Success', '1')] },
      gcp: { state: 'Pending', runs: [recordedRun(scene, `${release.tag}-gcp`, 'Failure', '2')] },
    },
  });
  await putProwJob(scene, release, { name: '-aws', job: 'take-over-aws', status: endedRun('success', '1') });
  await putProwJob(scene, release, { name: '-gcp', job: 'take-over-gcp', status: endedRun('failure', '2') });
  // Nobody has recorded these yet.
  await putProwJob(scene, release, { name: '-azure', job: 'take-over-azure', status: { state: 'triggered' } });
  await putProwJob(scene, release, { name: '-agg-analysis-0', job: 'take-over-agg', kind: 'analysis', status: { state: 'triggered' } });
}

it(
  'Given a cluster that release-controller has left, when Waybill starts, then it finishes what was begun and changes no name',
  { timeout: 300_000 },
  async () => {
    const scene = await plant.scene();
    await recordCluster(scene);
    const before = (await scene.stream(target)).spec?.tags ?? [];
    const log = new ObjectLog(scene.kubernetes);
    await log.follow(prowJobs, plant.prowNamespace);
    await log.follow(jobs, plant.jobNamespace);
    await log.follow(releasePayloads, scene.namespace);
    await log.follow(imageStreams, scene.namespace);
    const { tagged, building, verifying, halfAccepted, halfRejected, halfFailed, outlasted } = releases;

    await plant.worker.start();

    for (const release of [tagged, building, verifying]) await scene.phase(release.config, release.tag, 'Accepted');
    for (const release of [releases.accepted, finished[0], finished[99]])
      if (release !== undefined) await tagSays(scene, release, 'Accepted');
    await tagSays(scene, releases.rejected, 'Rejected');
    await tagSays(scene, releases.failed, 'Failed');
    await tagSays(scene, halfAccepted, 'Accepted');
    await tagSays(scene, halfRejected, 'Rejected');
    await tagSays(scene, halfFailed, 'Failed');
    const tookIn = await scene.payloadWhen(
      outlasted.tag,
      'to have the last result',
      ({ status }) => status?.informingJobResults?.[0]?.state === 'Success',
    );
    expect(payloadPhase(tookIn)).toBe('Accepted');
    log.stop();

    const after = (await scene.stream(target)).spec?.tags ?? [];
    expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
    for (const release of [...legacy, releases.legacyFailed, releases.legacyRejected, releases.aborted])
      expect(after.find(({ name }) => name === release.tag)).toEqual(before.find(({ name }) => name === release.tag));
    expect(log.deleted).toEqual([]);
    expect(log.repeated()).toEqual([]);
    const names = (release: RecordedRelease, ...suffixes: string[]) => suffixes.map((suffix) => `${release.tag}${suffix}`);
    const runs = ['-agg-aggregator', '-agg-analysis-0', '-agg-analysis-1', '-aws', '-azure', '-gcp', '-gcp-1', '-metal'];
    expect(log.names('ProwJob')).toEqual(
      [...names(building, '-aws'), ...names(verifying, ...runs), ...names(tagged, '-aws'), ...names(outlasted, '-aws', '-gcp')].toSorted(),
    );
    expect(log.names('Job')).toEqual([building.tag, tagged.tag].toSorted());
    const settled = [halfAccepted, halfRejected, halfFailed, outlasted];
    for (const { tag } of settled) expect(isHalfWritten(await scene.payload(tag))).toBe(false);
    const untouched = [...finished, ...settled, releases.accepted, releases.rejected, releases.failed, releases.aborted];
    expect(log.names('ReleasePayload')).toEqual([...untouched, tagged, building, verifying].map(({ tag }) => tag).toSorted());
    expect(log.names('ImageStream')).toEqual(
      [target, ...Object.values(streams).map(({ source }) => source), ...[tagged, building, verifying].map(mirrorOf)].toSorted(),
    );
    // What was given up is not built after all; now its payload says so, too.
    expect(payloadPhase(await scene.payload(releases.aborted.tag))).toBe('Failed');
    // A hundred releases that were over have nobody woken.
    expect(await releaseWorkflows(scene)).toEqual(
      [tagged, building, verifying, releases.aborted, ...settled].map(({ tag }) => tag).toSorted(),
    );

    await plant.worker.kill();
    for (const { config, source, tag } of [tagged, building]) await expectContinuable(scene, config, source, tag);
  },
);

/** Tags of all releases that ever had a workflow. */
async function releaseWorkflows({ namespace, plant: { temporal } }: ReleaseScene): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of temporal.workflow.list({ query: "WorkflowType = 'release'" })) ids.push(workflowId);
  const prefix = workflowIds.release(namespace, '');
  return [...new Set(ids.flatMap((id) => (id.startsWith(prefix) ? [id.slice(prefix.length)] : [])))].toSorted();
}

function tagSays(scene: ReleaseScene, { config, tag }: RecordedRelease, phase: Phase): Promise<boolean> {
  const says = async () => (await scene.tag(config, tag)).annotations?.[annotation.phase] === phase;
  return scene.until(`tag ${tag} to say ${phase}`, says);
}
