import { describe, expect, test } from 'vitest';
import { buildActivities } from '../../../activities/kubernetes/build-activities.ts';
import { prowJobs, releasePayloads } from '../../../activities/kubernetes/resources.ts';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { ReleaseNamespaces } from '../../../activities/kubernetes/release-namespaces.ts';
import { verificationActivities } from '../../../activities/kubernetes/verification-activities.ts';
import { annotation, label } from '../../../domain/payload/annotations.ts';
import type { ProwJob, ReleasePayload, TagReference } from '../../../domain/payload/kinds.ts';
import type { VerificationRun } from '../../../domain/payload/verification-run.ts';
import { definition } from '../../support/release-configs.ts';
import { jobDone, noon, noonTag, releaseCluster, streamName, type ReleaseCluster } from './release-cluster.ts';

const entry = (name: string, more: object = {}) => ({ prowJob: { name }, ...more });
const aws = { aws: entry('e2e-aws') };

interface SceneOptions {
  /** older releases of the stream */
  older?: (cluster: ReleaseCluster) => TagReference[];
  defined?: Parameters<ReleaseCluster['define']>;
  config?: object;
}

/** A release that is built and mirrored. */
async function scene(
  verify: object,
  { older = () => [], defined = ['e2e-aws', 'e2e-gcp', 'e2e-upgrade'], config = {} }: SceneOptions = {},
) {
  const cluster = await releaseCluster();
  if (defined.length > 0) await cluster.define(...defined);
  await cluster.source({ ...config, verify });
  await cluster.target([...older(cluster), cluster.releaseTag()]);
  const id = { namespace: cluster.namespace, tag: noonTag, target: 'release' };
  await releaseActivities(cluster.dependencies).openRelease(id);
  await buildActivities(cluster.dependencies).ensureMirror(id);
  const mirror = 'src-2025-06-01-120000';
  await cluster.importInto(
    mirror,
    ['cli', 'etcd'].map((tag) => cluster.imported(mirror, tag)),
  );
  await cluster.job(noonTag, jobDone);
  const activities = verificationActivities(cluster.dependencies);
  const round = (facts = {}, now = noon) => activities.planVerificationRound(id, facts, now);
  const start = async (runs?: VerificationRun[]) => activities.startRuns(id, runs ?? (await round()).start);
  return { cluster, id, activities, round, start };
}

const nameOf = (verify: string, suffix = '') => `${noonTag}-${verify}${suffix}`;
const accepted = (cluster: ReleaseCluster, name: string, created = '2025-05-31T12:00:00Z') =>
  cluster.releaseTag(name, { [annotation.phase]: 'Accepted', [annotation.creationTimestamp]: created });
const results = async (cluster: ReleaseCluster, list: 'blockingJobResults' | 'informingJobResults' = 'blockingJobResults') =>
  (await cluster.readPayload()).status?.[list] ?? [];
const envOf = (job: ProwJob | undefined) =>
  Object.fromEntries((job?.spec.pod_spec?.containers?.[0]?.env ?? []).map(({ name, value }) => [name, value]));

describe('a round', () => {
  test.concurrent('plans the first run of every entry', async () => {
    const { round } = await scene({ ...aws, gcp: entry('e2e-gcp', { optional: true }), off: entry('e2e-off', { disabled: true }) });
    const { state, start, ...rest } = await round();
    expect(state).toMatchObject({ phase: 'Ready', jobs: { total: 2, pending: 2, blocking: 1, blockingDone: 0 } });
    expect(start).toEqual([
      { name: nameOf('aws'), verify: 'aws', kind: 'single', definition: 'e2e-aws', specJob: 'e2e-aws', attempt: 0 },
      { name: nameOf('gcp'), verify: 'gcp', kind: 'single', definition: 'e2e-gcp', specJob: 'e2e-gcp', attempt: 0 },
    ]);
    expect(rest).toEqual({ waitingForRetry: [], running: [], blockingPending: ['aws'] });
  });

  test.concurrent('of a payload that is gone: nothing', async () => {
    const { cluster, round } = await scene(aws);
    await cluster.client.delete(releasePayloads, cluster.namespace, noonTag);
    expect(await round()).toMatchObject({ state: { exists: false }, start: [] });
  });

  test.concurrent('before the build plans nothing', async () => {
    const { cluster, id, activities } = await scene(aws);
    await cluster.client.delete(
      { group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job', namespaced: true },
      cluster.jobNamespace,
      noonTag,
    );
    expect(await activities.planVerificationRound(id, {}, noon)).toMatchObject({ state: { phase: 'Pending' }, start: [] });
  });

  test.concurrent('starts nothing that runs, and says since when it runs', async () => {
    const { cluster, round, start } = await scene(aws);
    await start();
    await cluster.runProwJob(nameOf('aws'), 'pending');
    const since = (await cluster.prowJob(nameOf('aws')))?.metadata.creationTimestamp;
    expect(await round()).toMatchObject({ start: [], running: [{ name: nameOf('aws'), since }], blockingPending: ['aws'] });
  });

  test.concurrent.each([
    ['pending', 'Pending', 'Ready'],
    ['success', 'Success', 'Accepted'],
    ['failure', 'Failure', 'Rejected'],
    ['aborted', 'Aborted', 'Rejected'],
    ['error', 'Error', 'Rejected'],
  ])('records a ProwJob in state %s as %s: the payload is %s', async (state, recorded, phase) => {
    const { cluster, round, start } = await scene(aws);
    await start();
    await cluster.runProwJob(nameOf('aws'), state);
    expect((await round()).state.phase).toBe(phase);
    expect((await results(cluster))[0]?.results).toEqual([
      {
        coordinates: { name: nameOf('aws'), namespace: cluster.prowNamespace, cluster: 'build01' },
        state: recorded,
        startTime: '2025-06-01T12:10:00Z',
        humanProwResultsURL: `https://prow.example.test/${nameOf('aws')}`,
        ...(state === 'pending' ? {} : { completionTime: '2025-06-01T12:30:00Z' }),
      },
    ]);
  });

  test.concurrent('does not count a run that waits for a cluster', async () => {
    const { cluster, round, start } = await scene(aws);
    await start();
    await cluster.client.patch(prowJobs, cluster.prowNamespace, nameOf('aws'), {
      status: { state: 'scheduling', url: null, build_id: null },
    });
    const { start: again } = await round();
    expect(again).toEqual([]);
  });

  test.concurrent('plans retries: the first at once, the next after two minutes', async () => {
    const { cluster, round, start } = await scene({ aws: entry('e2e-aws', { maxRetries: 2 }) });
    await start();
    await cluster.runProwJob(nameOf('aws'), 'failure');
    const ended = Date.UTC(2025, 5, 1, 12, 30);
    const second = await round({}, ended);
    expect(second.start.map(({ name, attempt }) => [name, attempt])).toEqual([[nameOf('aws', '-1'), 1]]);
    await start(second.start);
    await cluster.runProwJob(nameOf('aws', '-1'), 'failure', '2025-06-01T12:40:00Z');
    const at = '2025-06-01T12:42:00.000Z';
    expect(await round({}, Date.UTC(2025, 5, 1, 12, 40))).toMatchObject({
      start: [],
      retryAt: at,
      waitingForRetry: [{ verify: 'aws', at }],
    });
    const third = await round({}, Date.parse(at));
    expect(third.start.map(({ name }) => name)).toEqual([nameOf('aws', '-2')]);
    await start(third.start);
    await cluster.runProwJob(nameOf('aws', '-2'), 'success', '2025-06-01T12:50:00Z');
    expect((await round()).state).toMatchObject({ phase: 'Accepted', jobs: { succeeded: 1 } });
  });

  test.concurrent('counts a run with nothing to test as succeeded, once', async () => {
    const { cluster, round, start } = await scene({ upgrade: entry('e2e-upgrade', { upgrade: true }) });
    const { notRun } = await start();
    const state = (await round({ notRun: notRun.map(({ run }) => run) })).state;
    expect(state).toMatchObject({ phase: 'Accepted', jobs: { succeeded: 1 } });
    const before = await results(cluster);
    await round({ notRun: notRun.map(({ run }) => run) });
    expect(await results(cluster)).toEqual(before);
    expect(await cluster.prowJobNames()).toEqual([]);
  });

  test.concurrent('counts an overdue run as failed; one that ends late after all counts', async () => {
    const { cluster, round, start } = await scene({ ...aws, gcp: entry('e2e-gcp') });
    await start();
    await cluster.runProwJob(nameOf('aws'), 'pending');
    const overdue = [nameOf('aws')];
    expect((await round({ overdue })).state).toMatchObject({ phase: 'Ready', jobs: { failed: 1 } });
    expect((await results(cluster))[0]?.results).toMatchObject([{ state: 'Error' }]);
    await cluster.runProwJob(nameOf('aws'), 'success');
    expect((await round({ overdue })).state).toMatchObject({ jobs: { failed: 0, succeeded: 1 } });
  });

  test.concurrent('P12: async entries are not waited for where nothing blocks', async () => {
    const { cluster, round, start } = await scene({
      gcp: entry('e2e-gcp', { optional: true }),
      slow: entry('e2e-aws', { optional: true, async: true }),
    });
    await start();
    await cluster.runProwJob(nameOf('gcp'), 'failure');
    expect((await round()).state.phase).toBe('Accepted');
  });

  test.concurrent('brings back an entry that somebody removed by hand, with its runs', async () => {
    const { cluster, round, start } = await scene(aws);
    await start();
    await cluster.runProwJob(nameOf('aws'), 'success');
    await round();
    await cluster.changeStatus<ReleasePayload>(releasePayloads, cluster.namespace, noonTag, ({ status = {} }) => ({
      ...status,
      blockingJobResults: [],
      conditions: [],
    }));
    expect((await round()).state.phase).toBe('Accepted');
    expect((await results(cluster))[0]).toMatchObject({ ciConfigurationName: 'aws', state: 'Success', results: [{ state: 'Success' }] });
  });

  test.concurrent('keeps the last state of a run whose ProwJob was collected', async () => {
    const { cluster, round, start } = await scene(aws);
    await start();
    await cluster.runProwJob(nameOf('aws'), 'failure');
    await round();
    await cluster.client.delete(prowJobs, cluster.prowNamespace, nameOf('aws'));
    expect(await round()).toMatchObject({ state: { phase: 'Rejected' }, start: [] });
  });

  test.concurrent('starts a ProwJob again that was deleted by hand before it ended', async () => {
    const { cluster, round, start } = await scene(aws);
    await start();
    await cluster.runProwJob(nameOf('aws'), 'pending');
    await round();
    await cluster.client.delete(prowJobs, cluster.prowNamespace, nameOf('aws'));
    const { start: again, running } = await round();
    expect([again.map(({ name }) => name), running]).toEqual([[nameOf('aws')], []]);
    await start(again);
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws')]);
  });
});

describe('a started run', () => {
  test.concurrent('is a ProwJob that says what it tests', async () => {
    const declared = definition('e2e-aws', ['IMAGE_FORMAT', 'IMAGE_ETCD', 'RELEASE_IMAGE_INITIAL']);
    const { cluster, start } = await scene(aws, {
      defined: [{ ...declared, labels: { stays: 'behind' }, annotations: { stays: 'behind' } }],
    });
    expect(await start()).toEqual({ notRun: [], problems: [] });
    const job = await cluster.prowJob(nameOf('aws'));
    expect(job?.metadata.labels).toEqual({
      'created-by-prow': 'true',
      'prow.k8s.io/type': 'periodic',
      'prow.k8s.io/job': 'e2e-aws',
      'prow.k8s.io/context': '',
      'prow.k8s.io/refs.org': 'scene',
      'prow.k8s.io/refs.repo': 'release',
      'prow.k8s.io/refs.base_ref': 'main',
      [label.capabilityRce]: 'rce',
      [label.verify]: 'true',
      [label.payload]: noonTag,
    });
    expect(job?.metadata.annotations).toEqual({
      [annotation.prowJob]: 'e2e-aws',
      [annotation.prowContext]: '',
      [annotation.source]: `${cluster.namespace}/src`,
      [annotation.tag]: noonTag,
      [annotation.architecture]: 'amd64',
    });
    expect(job?.spec).toMatchObject({ type: 'periodic', agent: 'kubernetes', cluster: 'build01', job: 'e2e-aws', report: true });
    expect('cron' in (job?.spec ?? {})).toBe(false);
    const mirror = cluster.publicRepository('src-2025-06-01-120000');
    const pullSpec = `${cluster.publicRepository('release')}:${noonTag}`;
    expect(envOf(job)).toEqual({
      IMAGE_FORMAT: `${mirror}:\${component}`,
      IMAGE_ETCD: `${mirror}:etcd`,
      RELEASE_IMAGE_INITIAL: pullSpec,
      RELEASE_IMAGE_LATEST: pullSpec,
      OPENSHIFT_INSTALL_AWS_PUBLIC_ONLY: 'false',
    });
    expect(job?.spec.pod_spec?.containers?.[0]?.args).toEqual(['--target=test', '--multi-stage-param=RELEASE_CONTROLLER_JOB=true']);
    expect(['triggered', 'pending']).toContain(job?.status?.state);
  });

  test.concurrent('of an aggregated entry is its sample, and who judges it', async () => {
    const aggregated = { aws: entry('e2e-aws', { aggregatedProwJob: { prowJob: { name: 'aggregator' }, analysisJobCount: 3 } }) };
    const { cluster, round, start } = await scene(aggregated, { defined: ['e2e-aws', 'aggregator'] });
    await start();
    const analysis = [0, 1, 2].map((index) => nameOf('aws', `-analysis-${index}`));
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws', '-aggregator'), ...analysis].toSorted());
    const [judge, sample] = [await cluster.prowJob(nameOf('aws', '-aggregator')), await cluster.prowJob(analysis[0] ?? '')];
    expect(judge?.metadata.labels).toMatchObject({ [label.aggregator]: noonTag, [label.verify]: 'true' });
    expect(judge?.spec.job).toBe('aws-aggregator');
    expect(envOf(judge)).toMatchObject({
      PAYLOAD_TAG: noonTag,
      VERIFICATION_JOB_NAME: 'e2e-aws',
      JOB_START_TIME: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(sample?.metadata.labels?.[label.analysis]).toBe(noonTag);
    expect(label.verify in (sample?.metadata.labels ?? {})).toBe(false);
    for (const name of analysis) await cluster.runProwJob(name, 'success');
    await cluster.runProwJob(nameOf('aws', '-aggregator'), 'success');
    // P22: the sample's results are recorded.
    expect((await round()).state).toMatchObject({ phase: 'Accepted', jobs: { total: 2, succeeded: 2 } });
    expect((await results(cluster, 'informingJobResults'))[0]?.results).toHaveLength(3);
  });

  test.concurrent('started by two at once is started once', async () => {
    const { cluster, activities, id, round } = await scene({ ...aws, gcp: entry('e2e-gcp') });
    const { start } = await round();
    const answers = await Promise.all([1, 2, 3].map(() => activities.startRuns(id, start)));
    expect(answers).toEqual([1, 2, 3].map(() => ({ notRun: [], problems: [] })));
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws'), nameOf('gcp')]);
  });

  test.concurrent('that is there already and ours counts as started, even when it ended', async () => {
    const { cluster, round, start } = await scene(aws);
    const { start: runs } = await round();
    await start(runs);
    await cluster.runProwJob(nameOf('aws'), 'failure');
    const before = await cluster.prowJob(nameOf('aws'));
    expect(await start(runs)).toEqual({ notRun: [], problems: [] });
    expect(await cluster.prowJob(nameOf('aws'))).toEqual(before);
  });

  test.concurrent('in whose place a foreign ProwJob lies is a problem', async () => {
    const { cluster, start } = await scene(aws);
    const foreign = {
      apiVersion: 'prow.k8s.io/v1',
      kind: 'ProwJob',
      metadata: { name: nameOf('aws'), namespace: cluster.prowNamespace },
      spec: { job: 'x', type: 'periodic' },
    };
    await cluster.client.create<ProwJob>(prowJobs, foreign);
    expect(await start()).toEqual({
      notRun: [],
      problems: [{ verify: 'aws', message: `ProwJob ${cluster.prowNamespace}/${nameOf('aws')} exists and belongs to another release` }],
    });
  });
});

describe('P15: one that can not be started does not stop the others', () => {
  test.concurrent.each<[string, SceneOptions['defined'] & object, string]>([
    ['no job of that name', ['e2e-aws'], 'the prow job bad is not valid: no job with that name'],
    [
      'the default cluster',
      ['e2e-aws', { ...definition('bad'), cluster: 'default' }],
      'the prowjob bad is not valid: the jobs cluster must be set to a value that is not default, was "default"',
    ],
    [
      'no cluster',
      ['e2e-aws', { name: 'bad', agent: 'kubernetes' }],
      'the prowjob bad is not valid: the jobs cluster must be set to a value that is not default, was ""',
    ],
  ])('%s', async (_case, defined, message) => {
    const { cluster, start } = await scene({ a: entry('bad'), aws: entry('e2e-aws'), z: entry('bad', { optional: true }) }, { defined });
    const { problems } = await start();
    expect(problems).toEqual([
      { verify: 'a', message },
      { verify: 'z', message },
    ]);
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws')]);
  });

  test.concurrent('what the API server refuses', async () => {
    const bad = { ...definition('bad'), max_concurrency: -1 };
    const { cluster, start } = await scene({ a: entry('bad'), aws: entry('e2e-aws') }, { defined: ['e2e-aws', bad] });
    expect((await start()).problems).toEqual([
      { verify: 'a', message: expect.stringMatching(/^the prow job bad is not valid: .*max_concurrency/) },
    ]);
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws')]);
  });

  test.concurrent('no definitions at all', async () => {
    const { start } = await scene(aws, { defined: [] });
    expect((await start()).problems).toEqual([
      { verify: 'aws', message: 'the prow job e2e-aws is not valid: no prow jobs have been defined' },
    ]);
  });

  test.concurrent('a release whose source is gone starts nothing and says why; one that is gone starts nothing', async () => {
    const { cluster, activities, id, round } = await scene(aws);
    const { start } = await round();
    await cluster.client.delete(
      { group: 'image.openshift.io', version: 'v1', plural: 'imagestreams', kind: 'ImageStream', namespaced: true },
      cluster.namespace,
      'src',
    );
    expect(await activities.startRuns(id, start)).toEqual({
      notRun: [],
      problems: [{ verify: 'aws', message: `the source stream ${cluster.namespace}/src of ${noonTag} is gone or has no release config` }],
    });
    expect(await activities.startRuns({ ...id, tag: 'none' }, start)).toEqual({ notRun: [], problems: [] });
  });
});

describe('an upgrade', () => {
  const upgrade = (more: object = {}) => ({ upgrade: entry('e2e-upgrade', { upgrade: true, ...more }) });
  const earlier = `${streamName}-2025-05-31-120000`;

  test.concurrent('P8: with nothing to upgrade from is not run, and says so', async () => {
    const { cluster, start } = await scene({ ...upgrade(), ...aws });
    const { notRun, problems } = await start();
    expect(problems).toEqual([]);
    expect(notRun.map(({ run, reason }) => [run.verify, reason])).toEqual([
      ['upgrade', `nothing to upgrade from (no accepted release of ${streamName}), counted as succeeded`],
    ]);
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws')]);
  });

  test.concurrent('starts from the newest accepted release of the stream', async () => {
    const older = (cluster: ReleaseCluster) => [
      accepted(cluster, `${streamName}-2025-05-30-120000`, '2025-05-30T12:00:00Z'),
      accepted(cluster, earlier),
      cluster.releaseTag(`${streamName}-2025-06-01-090000`, {
        [annotation.phase]: 'Rejected',
        [annotation.creationTimestamp]: '2025-06-01T09:00:00Z',
      }),
    ];
    const { cluster, start } = await scene(upgrade(), { older });
    expect(await start()).toEqual({ notRun: [], problems: [] });
    const job = await cluster.prowJob(nameOf('upgrade'));
    expect(job?.metadata.annotations?.[annotation.fromTag]).toBe(earlier);
    expect(envOf(job)).toMatchObject({
      RELEASE_IMAGE_INITIAL: `${cluster.publicRepository('release')}:${earlier}`,
      RELEASE_IMAGE_LATEST: `${cluster.publicRepository('release')}:${noonTag}`,
    });
  });

  const candidate = { upgradeFromRelease: { candidate: { stream: 'nightly', version: '4.19' } } };
  const other = '4.19.0-0.nightly';
  async function withCandidate(tags: (cluster: ReleaseCluster) => TagReference[]) {
    const one = await scene(upgrade(candidate), { older: tags });
    await one.cluster.source({ name: other }, { name: 'src-4.19' });
    return one;
  }

  test.concurrent('starts from the newest accepted release of the stream that it names', async () => {
    const tag = `${other}-2025-05-29-120000`;
    const { cluster, start } = await withCandidate((cluster) => [
      cluster.releaseTag(tag, { [annotation.phase]: 'Accepted', [annotation.name]: other }, 'src-4.19'),
    ]);
    expect(await start()).toEqual({ notRun: [], problems: [] });
    expect((await cluster.prowJob(nameOf('upgrade')))?.metadata.annotations?.[annotation.fromTag]).toBe(tag);
  });

  test.concurrent('from a stream that has nothing accepted yet is not run', async () => {
    const { start } = await withCandidate(() => []);
    expect((await start()).notRun.map(({ reason }) => reason)).toEqual([
      `nothing to upgrade from (no accepted release of ${other} that fits), counted as succeeded`,
    ]);
  });

  test.concurrent('from a stream that does not exist is a problem', async () => {
    const { start } = await scene(upgrade(candidate));
    expect(await start()).toEqual({
      notRun: [],
      problems: [
        {
          verify: 'upgrade',
          message: `failed to get latest tag in stream ${other}: no release configuration exists with the requested name`,
        },
      ],
    });
  });

  test.concurrent('from the minor version before starts from the highest of any Stable stream in any release namespace', async () => {
    const stable = await releaseCluster();
    const version = (name: string) => ({
      ...stable.releaseTag(name, { [annotation.phase]: 'Accepted', [annotation.name]: '4-stable' }, '4-stable'),
      generation: 1,
    });
    await stable.stream('4-stable', {
      annotations: { [annotation.config]: JSON.stringify({ name: '4-stable', as: 'Stable' }), [annotation.hasReleases]: 'true' },
      specTags: [version('4.19.2'), version('4.19.10'), version('4.18.30')],
      tags: [stable.imported('4-stable', '4.19.10')],
    });
    const { cluster, id, round } = await scene(upgrade({ upgradeFrom: 'PreviousMinor' }));
    const releaseNamespaces = new ReleaseNamespaces(cluster.client, [cluster.namespace, stable.namespace]);
    const { startRuns } = verificationActivities({ ...cluster.dependencies, releaseNamespaces });
    expect(await startRuns(id, (await round()).start)).toEqual({ notRun: [], problems: [] });
    const job = await cluster.prowJob(nameOf('upgrade'));
    expect(job?.metadata.annotations?.[annotation.fromTag]).toBe('4.19.10');
    expect(envOf(job)['RELEASE_IMAGE_INITIAL']).toBe(`${stable.publicRepository('4-stable')}:4.19.10`);
  });

  test.concurrent('from an official release that no update service knows is a problem of its entry alone', async () => {
    const official = { upgradeFromRelease: { release: { version: '4.19', channel: 'stable', architecture: 'amd64' } } };
    const { cluster, start } = await scene({ ...upgrade(official), ...aws });
    expect((await start()).problems).toEqual([
      { verify: 'upgrade', message: expect.stringContaining('no update service knows channel stable-4.19') },
    ]);
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws')]);
  });
});
