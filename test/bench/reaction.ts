import type { Job, ProwJob, ReleasePayload } from '../../domain/payload/kinds.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import { imageStreams, jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { namespace, percentile, restMs, type BenchStack } from './bench-stack.ts';
import { benchConfig, createSource, createTarget, importImage, jobNames } from './bench-streams.ts';

const runs = 20;

export interface Reactions {
  prowJobP50: number;
  jobMs: number;
  payloadMs: number;
}

/** Change of a ProwJob, of the release Job, of a payload's override, each to the payload or tag that shows what was done about it. Nothing is played: the changes are ours. */
export async function measureReactions(bench: BenchStack): Promise<Reactions> {
  const [target, source] = ['reaction', 'reaction-input'];
  const config = benchConfig('4.20.0-0.reaction', target, jobNames(runs));
  await createTarget(bench, target, 0);
  await createSource(bench, source, config);
  await importImage(bench, source, `sha256:${'b'.repeat(64)}`);
  const tag = await makeMirror(bench, config.name);
  const toPayload = (holds: (payload: ReleasePayload) => boolean, act: () => Promise<unknown>) =>
    bench
      .timeUntil<ReleasePayload>(releasePayloads, namespace, (payload) => payload.metadata.name === tag && holds(payload), act, restMs)
      .then(({ ms }) => ms);

  await bench.until('the release job is there', async () => (await bench.kubernetes.get<Job>(jobs, 'ci-release', tag)) !== undefined);
  const jobMs = await toPayload(
    (payload) => payloadPhase(payload) === 'Ready',
    () => finishJob(bench, tag),
  );

  const all = () => bench.kubernetes.list<ProwJob>(prowJobs, 'ci', { labelSelector: `release.openshift.io/payload=${tag}` });
  await bench.until('the jobs are there', async () => (await all()).items.length === runs);
  const took: number[] = [];
  for (const { metadata } of (await all()).items.slice(1)) {
    const shown = (payload: ReleasePayload) =>
      payload.status?.blockingJobResults?.some(({ results }) =>
        results?.some(({ coordinates, state }) => coordinates?.name === metadata.name && state === 'Success'),
      ) === true;
    took.push(await toPayload(shown, () => finishRun(bench, metadata.name)));
  }

  const told = ({
    metadata,
    spec,
  }: {
    metadata: { name: string };
    spec?: { tags?: { name: string; annotations?: Record<string, string> }[] };
  }) =>
    metadata.name === target &&
    spec?.tags?.some(({ name, annotations }) => name === tag && annotations?.[annotation.phase] === 'Accepted') === true;
  const override = { spec: { payloadOverride: { override: 'Accepted', reason: 'bench' } } };
  const { ms: payloadMs } = await bench.timeUntil(imageStreams, namespace, told, () =>
    bench.kubernetes.patch(releasePayloads, namespace, tag, override),
  );
  return { prowJobP50: percentile(took, 0.5), jobMs, payloadMs };
}

/** Fills in what image import would: the mirror's repositories and its one image. */
async function makeMirror(bench: BenchStack, config: string): Promise<string> {
  let tag = '';
  await bench.until('the mirror is there', async () => {
    const { items } = await bench.kubernetes.list<ReleasePayload>(releasePayloads, namespace);
    tag = items.find(({ spec }) => spec.payloadCoordinates?.streamName === config)?.metadata.name ?? '';
    const mirror = `reaction-input${tag.slice(config.length)}`;
    if (tag === '' || (await bench.kubernetes.get(imageStreams, namespace, mirror)) === undefined) return false;
    await importImage(bench, mirror, `sha256:${'b'.repeat(64)}`);
    return true;
  });
  return tag;
}

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

async function finishJob(bench: BenchStack, name: string): Promise<void> {
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: now() });
  // The real Job controller has begun it by now, and what it says of that stays.
  await bench.until(
    'the job to be begun',
    async () => (await bench.kubernetes.get<Job>(jobs, 'ci-release', name))?.status?.startTime != null,
  );
  const status = {
    completionTime: now(),
    succeeded: 1,
    active: 0,
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
    conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
  };
  await bench.kubernetes.patch(jobs, 'ci-release', name, { status }, { subresource: 'status' });
}

async function finishRun(bench: BenchStack, name: string): Promise<void> {
  const status = { state: 'success', startTime: now(), completionTime: now(), url: `https://prow.test/${name}`, build_id: '1' };
  await bench.kubernetes
    .patch(prowJobs, 'ci', name, { status }, { subresource: 'status' })
    .catch(() => bench.kubernetes.patch(prowJobs, 'ci', name, { status }));
}
