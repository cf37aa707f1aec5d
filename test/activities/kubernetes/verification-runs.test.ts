import { describe, expect, test } from 'vitest';
import { prowJobs } from '../../../activities/kubernetes/resources.ts';
import { ReleaseNamespaces } from '../../../activities/kubernetes/release-namespaces.ts';
import { verificationActivities } from '../../../activities/kubernetes/verification-activities.ts';
import { annotation, label } from '../../../domain/payload/annotations.ts';
import type { ProwJob, TagReference } from '../../../domain/payload/kinds.ts';
import { definition } from '../../support/release-configs.ts';
import { noonTag, releaseCluster, streamName, type ReleaseCluster } from './release-cluster.ts';
import { accepted, aws, entry, envOf, nameOf, results, verificationScene, type SceneOptions } from './verification-scene.ts';

describe('a started run', () => {
  test.concurrent('is a ProwJob that says what it tests', async () => {
    const declared = definition('e2e-aws', ['IMAGE_FORMAT', 'IMAGE_ETCD', 'RELEASE_IMAGE_INITIAL']);
    const { cluster, start } = await verificationScene(aws, {
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
    const { cluster, round, start } = await verificationScene(aggregated, { defined: ['e2e-aws', 'aggregator'] });
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
    const { cluster, activities, id, round } = await verificationScene({ ...aws, gcp: entry('e2e-gcp') });
    const { start } = await round();
    const answers = await Promise.all([1, 2, 3].map(() => activities.startRuns(id, start)));
    expect(answers).toEqual([1, 2, 3].map(() => ({ notRun: [], problems: [] })));
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws'), nameOf('gcp')]);
  });

  test.concurrent('that is there already and ours counts as started, even when it ended', async () => {
    const { cluster, round, start } = await verificationScene(aws);
    const { start: runs } = await round();
    await start(runs);
    await cluster.runProwJob(nameOf('aws'), 'failure');
    const before = await cluster.prowJob(nameOf('aws'));
    expect(await start(runs)).toEqual({ notRun: [], problems: [] });
    expect(await cluster.prowJob(nameOf('aws'))).toEqual(before);
  });

  test.concurrent('in whose place a foreign ProwJob lies is a problem', async () => {
    const { cluster, start } = await verificationScene(aws);
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
    const { cluster, start } = await verificationScene(
      { a: entry('bad'), aws: entry('e2e-aws'), z: entry('bad', { optional: true }) },
      { defined },
    );
    const { problems } = await start();
    expect(problems).toEqual([
      { verify: 'a', message },
      { verify: 'z', message },
    ]);
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws')]);
  });

  test.concurrent('what the API server refuses', async () => {
    const bad = { ...definition('bad'), max_concurrency: -1 };
    const { cluster, start } = await verificationScene({ a: entry('bad'), aws: entry('e2e-aws') }, { defined: ['e2e-aws', bad] });
    expect((await start()).problems).toEqual([
      { verify: 'a', message: expect.stringMatching(/^the prow job bad is not valid: .*max_concurrency/) },
    ]);
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws')]);
  });

  test.concurrent('no definitions at all', async () => {
    const { start } = await verificationScene(aws, { defined: [] });
    expect((await start()).problems).toEqual([
      { verify: 'aws', message: 'the prow job e2e-aws is not valid: no prow jobs have been defined' },
    ]);
  });

  test.concurrent('a release whose source is gone starts nothing and says why; one that is gone starts nothing', async () => {
    const { cluster, activities, id, round } = await verificationScene(aws);
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
    const { cluster, start } = await verificationScene({ ...upgrade(), ...aws });
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
    const { cluster, start } = await verificationScene(upgrade(), { older });
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
    const one = await verificationScene(upgrade(candidate), { older: tags });
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
    const { start } = await verificationScene(upgrade(candidate));
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
    const { cluster, id, round } = await verificationScene(upgrade({ upgradeFrom: 'PreviousMinor' }));
    const releaseNamespaces = new ReleaseNamespaces(cluster.client, [cluster.namespace, stable.namespace]);
    const { startRuns } = verificationActivities({ ...cluster.dependencies, releaseNamespaces });
    expect(await startRuns(id, (await round()).start)).toEqual({ notRun: [], problems: [] });
    const job = await cluster.prowJob(nameOf('upgrade'));
    expect(job?.metadata.annotations?.[annotation.fromTag]).toBe('4.19.10');
    expect(envOf(job)['RELEASE_IMAGE_INITIAL']).toBe(`${stable.publicRepository('4-stable')}:4.19.10`);
  });

  test.concurrent('from an official release that no update service knows is a problem of its entry alone', async () => {
    const official = { upgradeFromRelease: { release: { version: '4.19', channel: 'stable', architecture: 'amd64' } } };
    const { cluster, start } = await verificationScene({ ...upgrade(official), ...aws });
    expect((await start()).problems).toEqual([
      { verify: 'upgrade', message: expect.stringContaining('no update service knows channel stable-4.19') },
    ]);
    expect(await cluster.prowJobNames()).toEqual([nameOf('aws')]);
  });
});
