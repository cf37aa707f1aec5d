import { describe, expect, it } from 'vitest';
import { imageStreams, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { annotation, label } from '../../domain/payload/annotations.ts';
import type { ImageStream, ProwJob, TagReference } from '../../domain/payload/kinds.ts';
import { buildReleasePayload } from '../../domain/payload/payload-spec.ts';
import { parseReleaseConfig } from '../../domain/payload/config.ts';
import { pushImage } from '../../infra/oci/push.ts';
import { releaseImage } from '../../infra/sandbox/jobs/release-image.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { definition } from '../support/release-configs.ts';
import { releasePlant } from '../support/release-plant.ts';
import type { ReleaseScene } from '../support/release-scene.ts';

const plant = releasePlant();
const timeout = 120_000;
const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

/** ProwJobs of a periodic, the oldest first. */
async function runsOf(scene: ReleaseScene, job: string): Promise<ProwJob[]> {
  const { items } = await scene.kubernetes.list<ProwJob>(prowJobs, plant().prowNamespace, { labelSelector: `${label.verify}=true` });
  const own = items.filter(({ metadata, spec }) => spec.job === job && metadata.labels?.[label.payload] === undefined);
  return own.toSorted((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1));
}

const ended = (run: ProwJob | undefined) => run?.status?.completionTime !== undefined;

describe.concurrent('periodics', () => {
  it(
    'Given an accepted release, when periodics are configured, then each runs for it at its time, and goes with the config',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = { name: `4-stable-${scene.id}`, as: 'Stable' };
      const tag = '4.20.1';
      await acceptedRelease(scene, config, tag);

      const [soak, daily] = [`${scene.id}-soak`, `${scene.id}-daily`];
      await scene.defineJobs([definition(soak), { ...definition(daily), labels: { team: 'scene' } }], 'periodics');
      const periodic = {
        soak: { interval: '24h', prowJob: { name: soak } },
        daily: { cron: '0 3 * * *', prowJob: { name: daily } },
        timeless: { prowJob: { name: soak } },
      };
      const configure = (more: object) =>
        scene.kubernetes.patch(imageStreams, scene.namespace, config.name, {
          metadata: { annotations: { [annotation.config]: JSON.stringify({ ...config, ...more }) } },
        });
      await configure({ periodic });

      const first = await scene.until('the first run of the interval', async () => (await runsOf(scene, soak)).find(ended));
      expect(first.metadata.annotations).toMatchObject({ [annotation.tag]: tag, [annotation.source]: `${scene.namespace}/${config.name}` });
      await scene.eventSaying(config.name, 'periodic timeless: must specify a cron or interval');
      await scene.waitingFor('stream', config.name, 'runs of timeless');

      const schedule = (entry: string) => plant().temporal.schedule.getHandle(workflowIds.periodic(scene.namespace, config.name, entry));
      expect(await runsOf(scene, daily)).toEqual([]);
      await schedule('daily').trigger();
      const triggered = await scene.until('the run of the cron time', async () => (await runsOf(scene, daily)).find(ended));
      expect(triggered.metadata.labels).toMatchObject({ team: 'scene' });
      // too early for the interval: it counts from the run that there was
      await schedule('soak').trigger();
      const { every, offset } = await scene.until('the next time of the interval', async () => {
        const { info, spec } = await schedule('soak').describe();
        return info.recentActions.length === 2 && info.runningActions.length === 0 && spec.intervals?.[0];
      });
      // by its creation where it had not begun yet when that was worked out
      const startedAt = Date.parse(first.status?.startTime ?? '') % every;
      expect(Math.abs(startedAt - offset)).toBeLessThanOrEqual(2_000);
      expect(await runsOf(scene, soak)).toHaveLength(1);
      expect((await schedule('soak').describe()).info.numActionsTaken).toBe(2);

      await configure({});
      await scene.until('the schedules to go', async () => {
        const left = await Promise.all(
          ['soak', 'daily'].map((entry) =>
            schedule(entry)
              .describe()
              .catch(() => undefined),
          ),
        );
        return left.every((one) => one === undefined);
      });
    },
  );

  it(
    'Given a job that runs, when the worker is killed and the next time comes, then that waits and nothing is doubled',
    { timeout },
    async () => {
      const scene = await plant().scene();
      const config = { name: `4-stable-${scene.id}`, as: 'Stable' };
      await acceptedRelease(scene, config, '4.20.1');
      const job = `${scene.id}-soak`;
      await scene.defineJobs([definition(job)], 'periodics');
      await scene.orderProwJobs([{ job: `^${job}$`, seconds: 86_400 }]);
      const periodic = { soak: { interval: '24h', prowJob: { name: job } } };
      await scene.kubernetes.patch(imageStreams, scene.namespace, config.name, {
        metadata: { annotations: { [annotation.config]: JSON.stringify({ ...config, periodic }) } },
      });
      await scene.until('the run', async () => (await runsOf(scene, job))[0]);
      await plant().worker.kill();
      await plant().worker.start();
      const schedule = plant().temporal.schedule.getHandle(workflowIds.periodic(scene.namespace, config.name, 'soak'));
      const firing = async (number: number) => (await schedule.describe()).info.recentActions[number - 1]?.action.workflow.workflowId;
      const first = await scene.until('the firing', () => firing(1));
      await plant().temporal.workflow.getHandle(first).result();
      // a trigger is left out as long as the schedule has not heard of the end
      const next = await scene.until('the next firing', async () => (await firing(2)) ?? (await schedule.trigger(), undefined));
      await scene.until('the next firing to wait', async () =>
        (await scene.waiting(next)).find(({ why }) => why.includes('has not ended')),
      );
      expect(await runsOf(scene, job)).toHaveLength(1);
    },
  );
});

describe.concurrent('sampled upgrades', () => {
  it('Given a Stable release that is built, then upgrades to it are tested and recorded, and do not hold it', { timeout }, async () => {
    const scene = await plant().scene();
    const stream = `4-stable-${scene.id}`;
    const tag = '4.20.7';
    const jobs = ['own', 'upgrade-aws', 'upgrade-gcp'].map((name) => `${scene.id}-${name}`);
    const [own, aws, gcp] = jobs as [string, string, string];
    await scene.defineJobs(jobs.map((name) => definition(name)));
    await scene.orderProwJobs([{ job: `^${aws}$`, outcomes: ['failure'] }]);
    const text = JSON.stringify({
      name: stream,
      as: 'Stable',
      verify: { own: { prowJob: { name: own } } },
      upgrade: { aws: { prowJob: { name: aws } }, gcp: { prowJob: { name: gcp } } },
    });
    const previous = ['4.20.6', '4.20.5', '4.19.30'];
    const repository = `${scene.namespace}/${stream}`;
    const registry = plant().settings['WAYBILL_REGISTRY'] ?? '';
    await pushImage(
      registry,
      repository,
      tag,
      releaseImage({ name: tag, fromImageStream: repository, components: [], previous, metadata: undefined, created: now() }),
    );

    await buildStable(scene, stream, tag, text, `${registry}/${repository}:${tag}`);
    const payload = await scene.payloadWhen(tag, 'to have its upgrades', ({ status }) => {
      const results = (status?.upgradeJobResults ?? []).flatMap((entry) => entry.results ?? []);
      return results.length === previous.length && results.every(({ completionTime }) => completionTime != null);
    });
    const types = (payload.status?.upgradeJobResults ?? []).flatMap(({ results }) => (results ?? []).map((run) => run.upgradeType));
    expect(types.toSorted()).toEqual(['upgrade', 'upgrade', 'upgrade-minor']);
    await scene.payloadWhen(tag, 'to be accepted', ({ status }) =>
      (status?.conditions ?? []).some(({ type, status: holds }) => type === 'PayloadAccepted' && holds === 'True'),
    );
    const upgrades = (await scene.prowJobs(tag)).filter(({ metadata }) => metadata.name.includes('upgrade-from'));
    expect(upgrades.map(({ metadata }) => metadata.annotations?.[annotation.fromTag]).toSorted()).toEqual(previous.toSorted());
  });
});

/** A Stable stream with one release that was accepted long ago. */
async function acceptedRelease(scene: ReleaseScene, config: { name: string }, tag: string): Promise<void> {
  const own = {
    name: config.name,
    source: `${scene.namespace}/${config.name}`,
    creationTimestamp: '2025-06-01T12:00:00Z',
    phase: 'Accepted',
  };
  const annotations = Object.fromEntries(Object.entries(own).map(([key, value]) => [`release.openshift.io/${key}`, value]));
  await plant().ensure(imageStreams, {
    ...stableStream(scene, config.name, [{ name: tag, from: { kind: 'DockerImage', name: 'quay.io/scene/release:1' }, annotations }]),
    metadata: {
      namespace: scene.namespace,
      name: config.name,
      annotations: { [annotation.hasReleases]: 'true', [annotation.config]: JSON.stringify(config) },
    },
  });
}

function stableStream(scene: ReleaseScene, name: string, tags: TagReference[]): ImageStream {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace: scene.namespace, name, annotations: { [annotation.hasReleases]: 'true' } },
    spec: { lookupPolicy: { local: false }, tags },
  };
}

/** A Stable stream with one release whose image is there, as after its build. */
async function buildStable(scene: ReleaseScene, name: string, tag: string, text: string, image: string): Promise<void> {
  const parsed = parseReleaseConfig(text);
  if (!parsed.ok) throw new Error(parsed.error);
  const source = stableStream(scene, name, [
    {
      name: tag,
      from: { kind: 'DockerImage', name: image },
      annotations: {
        [annotation.name]: name,
        [annotation.source]: `${scene.namespace}/${name}`,
        [annotation.creationTimestamp]: now(),
        [annotation.phase]: 'Pending',
      },
    },
  ]);
  const { prowNamespace, jobNamespace } = plant();
  const payload = buildReleasePayload({ config: parsed.config, tag, target: source, jobNamespace, prowNamespace });
  const created = await scene.kubernetes.create(releasePayloads, payload);
  const condition = { type: 'PayloadCreated', status: 'True' as const, reason: 'PayloadCreated', message: '', lastTransitionTime: now() };
  const releaseCreationJobResult = {
    status: 'Success' as const,
    coordinates: { namespace: jobNamespace, name: tag },
    message: 'Release creation Job completed',
  };
  await scene.kubernetes.replaceStatus(releasePayloads, { ...created, status: { conditions: [condition], releaseCreationJobResult } });
  await plant().ensure(imageStreams, {
    ...source,
    metadata: { ...source.metadata, annotations: { ...source.metadata.annotations, [annotation.config]: text } },
  });
}
