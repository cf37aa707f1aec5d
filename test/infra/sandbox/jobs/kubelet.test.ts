import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { jobs, pods } from '../../../../activities/kubernetes/resources.ts';
import type { ImageStream, Job } from '../../../../domain/payload/kinds.ts';
import { buildAlternateMirrorJob, buildReleaseJob } from '../../../../domain/payload/release-job.ts';
import { parseReleaseConfig } from '../../../../domain/payload/config.ts';
import { Registry } from '../../../../infra/sandbox/images/registry.ts';
import type { Pod } from '../../../../infra/sandbox/jobs/pod-status.ts';
import { eventually } from '../../../support/wait.ts';
import { changeStream, createStream, dockerImage, giveOrders, newest, playedStack, readStream, streamWhen } from '../played.ts';

const stack = playedStack('jobs');
const tag = '4.20.0-0.test-2026-11-24-010203';

async function releaseIn(
  namespace: string,
  { alternate = 'quay.io/somewhere/else', inputs = [dockerImage('cli', 'quay.io/x/cli:1'), dockerImage('oc', 'quay.io/x/oc:1')] } = {},
) {
  const made = await Promise.all([
    createStream(stack, namespace, 'release', [{ name: tag }]),
    createStream(stack, namespace, 'mirror', inputs),
  ]);
  const known = (stream: ImageStream) =>
    stream.status?.publicDockerImageRepository !== undefined &&
    (stream.spec?.tags ?? []).every(({ from, name }) => from == null || newest(stream, name) !== undefined);
  const [target, mirror] = await Promise.all(made.map((stream) => streamWhen(stack, stream, 'its import', known)));
  const parsed = parseReleaseConfig(
    JSON.stringify({
      name: '4.20.0-0.test',
      to: 'release',
      referenceMode: 'source',
      alternateImageRepository: alternate,
      alternateImageRepositorySecretName: 'push',
    }),
  );
  if (!parsed.ok || target === undefined || mirror === undefined) throw new Error('no release');
  return {
    tag: { name: tag },
    config: parsed.config,
    mirror,
    target,
    jobNamespace: namespace,
    image: `${mirror.status?.dockerImageRepository}:cli`,
    keepManifestList: true,
    deadlineSeconds: 600,
  };
}

const isEnded = ({ status }: Job) =>
  status?.conditions?.some(({ type, status: value }) => /^(Complete|Failed)$/.test(type) && value === 'True') === true;

async function ended(job: Job, withinMs?: number): Promise<Job> {
  await stack.kubernetes.create(jobs, job);
  const look = async () => {
    const current = await stack.kubernetes.get<Job>(jobs, job.metadata.namespace, job.metadata.name);
    return current !== undefined && isEnded(current) && current;
  };
  return eventually('the end of the job', look, withinMs);
}

const podsOf = async ({ metadata }: Job) =>
  (await stack.kubernetes.list<Pod>(pods, metadata.namespace, { labelSelector: `batch.kubernetes.io/job-name=${metadata.name}` })).items;
const terminations = (all: Pod[]) => all.map(({ status }) => status?.containerStatuses?.[0]?.state.terminated);

/** A job of one try, so that a failure need not wait for the next one. */
const once = (job: Job): Job => ({ ...job, spec: { ...job.spec, backoffLimit: 0 } });

it.concurrent('a release job pushes a release image, and the tag appears', async () => {
  const namespace = await stack.freshNamespace('jobs');
  const facts = await releaseIn(namespace);
  const job = await ended(buildReleaseJob(facts));
  expect(job.status?.completionTime).toBeDefined();

  const image = newest(await readStream(stack, facts.target), tag)?.image;
  const registry = new Registry(stack.registry);
  const manifest = await registry.manifest(`${namespace}/release`, tag);
  expect(manifest?.digest).toBe(image);
  const { config, layers } = JSON.parse(String(manifest?.bytes)) as { config: { digest: string }; layers: { digest: string }[] };
  const blob = async (digest = '') =>
    Buffer.from(await (await fetch(`http://${stack.registry}/v2/${namespace}/release/blobs/${digest}`)).arrayBuffer());
  expect(JSON.parse(String(await blob(config.digest)))).toMatchObject({ config: { Labels: { 'io.openshift.release': tag } } });
  const layer = gunzipSync(await blob(layers[0]?.digest)).toString();
  expect(layer).toContain('release-manifests/image-references');
  expect(layer).toContain(newest(facts.mirror, 'oc')?.dockerImageReference);
  expect(layer).toContain('cincinnati-metadata-v0');
});

it.concurrent('the same inputs make the same image, also when the job runs again', async () => {
  const namespace = await stack.freshNamespace('jobs');
  const facts = await releaseIn(namespace);
  await ended(buildReleaseJob(facts));
  const first = newest(await readStream(stack, facts.target), tag);
  const again = buildReleaseJob(facts);
  await ended({ ...again, metadata: { ...again.metadata, name: 'again' } });
  expect((await readStream(stack, facts.target)).status?.tags?.find((each) => each.tag === tag)?.items).toEqual([first]);
});

it.concurrent('a mirror job copies the payload inside the local registry', async () => {
  const namespace = await stack.freshNamespace('jobs');
  const facts = await releaseIn(namespace, { alternate: `${stack.registry}/${namespace}-alternate/copy` });
  await ended(buildReleaseJob(facts));
  const job = await ended(buildAlternateMirrorJob(facts));
  expect(job.status?.succeeded).toBe(1);
  const image = newest(await readStream(stack, facts.target), tag)?.image;
  expect(await new Registry(stack.registry).head(`${namespace}-alternate/copy`, tag)).toBe(image);
});

it.concurrent('a mirror job to another registry succeeds, and its log says that nothing was sent', async () => {
  const namespace = await stack.freshNamespace('jobs');
  const facts = await releaseIn(namespace);
  await ended(buildReleaseJob(facts));
  const job = await ended(buildAlternateMirrorJob(facts));
  const [pod] = await podsOf(job);
  expect(pod?.metadata.annotations?.['sandbox.waybill.dev/log']).toContain(
    `sandbox: quay.io/somewhere/else:${tag} is not in the local registry, nothing was sent`,
  );
});

it.concurrent('a mirror job fails when the payload is not there', async () => {
  const namespace = await stack.freshNamespace('jobs');
  const job = await ended(once(buildAlternateMirrorJob(await releaseIn(namespace))));
  const [termination] = terminations(await podsOf(job));
  expect(termination).toMatchObject({ exitCode: 1, reason: 'Error' });
  expect(termination?.message).toContain('manifest unknown');
});

it.concurrent('a job fails as ordered, try by try, with the ordered message', async () => {
  const namespace = await stack.freshNamespace('jobs');
  const here = { namespace: `^${namespace}$`, seconds: 0, skipBackoff: true };
  await giveOrders(stack, 'job-rules', [
    { ...here, job: `^${tag}$`, outcomes: ['failure', 'success'], message: 'error: the registry is full' },
    { ...here, job: '^never$', outcomes: ['failure'] },
  ]);
  const facts = await releaseIn(namespace);
  const succeeded = await ended(buildReleaseJob(facts));
  expect(succeeded.status).toMatchObject({ failed: 1, succeeded: 1 });
  expect(
    terminations(await podsOf(succeeded))
      .map((each) => each?.message)
      .toSorted(),
  ).toEqual(['error: the registry is full', undefined]);

  const never = buildReleaseJob(facts);
  const failed = await ended({ ...never, metadata: { ...never.metadata, name: 'never' } }, 50_000);
  expect(failed.status?.conditions?.find(({ type }) => type === 'Failed')?.reason).toBe('BackoffLimitExceeded');
  expect(await podsOf(failed)).toHaveLength(4);
});

it.concurrent('a job whose image is not in its stream waits, and runs as soon as it is', async () => {
  const namespace = await stack.freshNamespace('jobs');
  const facts = await releaseIn(namespace, { inputs: [dockerImage('oc', 'quay.io/x/oc:1')] });
  const job = buildReleaseJob(facts);
  await stack.kubernetes.create(jobs, job);
  const waiting = await eventually('the waiting Pod', async () =>
    (await podsOf(job)).find(({ status }) => status?.containerStatuses?.[0]?.state.waiting !== undefined),
  );
  expect(waiting.status).toMatchObject({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull' } } }] });
  await changeStream(stack, facts.mirror, (stream) => ({
    ...stream,
    spec: { tags: [...(stream.spec?.tags ?? []), dockerImage('cli', 'quay.io/x/cli:1')] },
  }));
  await streamWhen(stack, facts.target, 'the release', (stream) => newest(stream, tag) !== undefined);
});

it.concurrent('a job with another command succeeds, a Pod of no job runs until it is deleted', async () => {
  const namespace = await stack.freshNamespace('jobs');
  const spec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] };
  const job = await ended({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'other', namespace }, spec: { template: { spec } } });
  expect(job.status?.succeeded).toBe(1);
  await stack.kubernetes.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'server', namespace }, spec });
  await eventually(
    'the running Pod',
    async () => (await stack.kubernetes.get<Pod>(pods, namespace, 'server'))?.status?.phase === 'Running',
  );
  await stack.kubernetes.delete(pods, namespace, 'server');
  expect(await eventually('the end of the Pod', async () => (await stack.kubernetes.get(pods, namespace, 'server')) === undefined)).toBe(
    true,
  );
});
