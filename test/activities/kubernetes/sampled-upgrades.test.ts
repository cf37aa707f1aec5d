import { describe, expect, test } from 'vitest';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { prowJobs } from '../../../activities/kubernetes/resources.ts';
import { verificationActivities } from '../../../activities/kubernetes/verification-activities.ts';
import type { PayloadDependencies } from '../../../activities/kubernetes/payload-dependencies.ts';
import { annotation, label } from '../../../domain/payload/annotations.ts';
import { pushImage } from '../../../infra/oci/push.ts';
import { releaseImage } from '../../../infra/sandbox/jobs/release-image.ts';
import { jobDone, noon, releaseCluster } from './release-cluster.ts';

const tag = '4.11.22';
const entry = (name: string) => ({ prowJob: { name } });
const upgrade = { aws: entry('e2e-upgrade-aws'), gcp: entry('e2e-upgrade-gcp'), off: { ...entry('e2e-off'), disabled: true } };

interface Scene {
  previous?: string[];
  config?: object;
  as?: string;
  more?: Partial<PayloadDependencies>;
}

/** A Stable release that is built, its image in the registry, but for the given ones to go with `previous`. */
async function scene({ previous = ['4.11.10', '4.11.1', '4.10.5'], config = {}, as = 'Stable', more = {} }: Scene = {}) {
  const cluster = await releaseCluster(more);
  await cluster.define('e2e-aws', 'e2e-upgrade-aws', 'e2e-upgrade-gcp');
  const text = JSON.stringify({ name: '4-stable', as, to: '4-stable', verify: { aws: entry('e2e-aws') }, upgrade, ...config });
  await cluster.stream('4-stable', {
    annotations: { [annotation.config]: text, [annotation.hasReleases]: 'true' },
    specTags: [cluster.releaseTag(tag, { [annotation.name]: '4-stable' }, '4-stable')],
    tags: [cluster.imported('4-stable', 'other')],
  });
  const image = releaseImage({
    name: tag,
    fromImageStream: 'x/y',
    components: [],
    previous,
    metadata: undefined,
    created: '2025-06-01T00:00:00Z',
  });
  await pushImage(cluster.stack.registry, `${cluster.namespace}/4-stable`, tag, image);
  const id = { namespace: cluster.namespace, tag, target: '4-stable' };
  await releaseActivities(cluster.dependencies).openRelease(id);
  await cluster.job(tag, jobDone);
  const activities = verificationActivities(cluster.dependencies);
  const round = () => activities.planVerificationRound(id, {}, noon);
  const sampled = async () => (await round()).start.filter(({ kind }) => kind === 'upgrade');
  const start = async () => activities.startRuns(id, await sampled());
  return { cluster, round, sampled, start };
}

describe('sampled upgrades', () => {
  test.concurrent('are one for each version, in turn on the platforms that are on', async () => {
    const { sampled } = await scene();
    const runs = await sampled();
    expect(runs.map(({ from }) => from)).toEqual(['4.10.5', '4.11.10', '4.11.1']);
    expect(new Set(runs.map(({ platform }) => platform))).toEqual(new Set(['aws', 'gcp']));
  });

  test.concurrent('become ProwJobs that say what they upgrade from, and are not planned again', async () => {
    const { cluster, sampled, start } = await scene({ previous: ['4.11.10'] });
    const [run] = await sampled();
    expect(await start()).toEqual({ notRun: [], problems: [] });
    const job = await cluster.prowJob(run!.name);
    expect(job?.metadata.name).toBe(`${tag}-upgrade-from-4.11.10-${run?.platform}`);
    expect(job?.spec.job).toBe(`e2e-upgrade-${run?.platform}`);
    expect(job?.metadata.labels).toMatchObject({ [label.verify]: 'true', [label.payload]: tag, [label.capabilityRce]: 'rce' });
    expect(job?.metadata.annotations).toMatchObject({ [annotation.tag]: tag, [annotation.fromTag]: '4.11.10' });
    const env = job?.spec.pod_spec?.containers?.[0]?.env ?? [];
    expect(env).toContainEqual({ name: 'RELEASE_IMAGE_INITIAL', value: 'quay.io/openshift-release-dev/ocp-release:4.11.10-x86_64' });
    expect(env).toContainEqual({ name: 'RELEASE_IMAGE_LATEST', value: `${cluster.publicRepository('4-stable')}:${tag}` });
    expect(await sampled()).toEqual([]);
  });

  test.concurrent('report to the upgrade entry of their platform, also when the ProwJob is gone', async () => {
    const { cluster, round, sampled, start } = await scene({ previous: ['4.10.5'] });
    const [run] = await sampled();
    await start();
    await cluster.runProwJob(run!.name, 'success');
    await round();
    await cluster.client.delete(prowJobs, cluster.prowNamespace, run!.name);
    expect(await sampled()).toEqual([]);
    const results = (await cluster.readPayload(tag)).status?.upgradeJobResults ?? [];
    const own = results.find(({ ciConfigurationName }) => ciConfigurationName === run?.platform);
    expect(own).toMatchObject({ state: 'Success', results: [{ upgradeType: 'upgrade-minor', state: 'Success' }] });
  });

  test.concurrent('are none in an Integration stream, and none without previous versions', async () => {
    expect(await (await scene({ as: '' })).sampled()).toEqual([]);
    expect(await (await scene({ previous: [] })).sampled()).toEqual([]);
  });

  test.concurrent('hold a payload with nothing blocking until each has ended', async () => {
    const { cluster, round, sampled, start } = await scene({ previous: ['4.11.10'], config: { verify: {} } });
    expect((await round()).state.phase).toBe('Ready');
    const [run] = await sampled();
    await start();
    await cluster.runProwJob(run!.name, 'failure');
    expect((await round()).state.phase).toBe('Accepted');
  });

  test.concurrent('a registry that does not answer is a problem, and holds a payload with nothing blocking', async () => {
    const previousVersions = () => Promise.reject(new Error('GET https://registry/v2: 503'));
    const { round } = await scene({ config: { verify: {} }, more: { previousVersions } });
    expect(await round()).toMatchObject({
      state: { phase: 'Ready' },
      start: [],
      problems: [{ verify: 'sampled upgrades', message: 'GET https://registry/v2: 503' }],
    });
  });
});
