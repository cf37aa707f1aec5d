import { expect, it } from 'vitest';
import { jobs, pods } from '../../../../activities/kubernetes/resources.ts';
import { imageLabels } from '../../../../activities/image-labels.ts';
import { annotation } from '../../../../domain/payload/annotations.ts';
import { parseReleaseConfig } from '../../../../domain/payload/config.ts';
import type { Job } from '../../../../domain/payload/kinds.ts';
import { cliTag, learnedCliImage } from '../../../../domain/payload/learned-cli-image.ts';
import { buildStableJob } from '../../../../domain/payload/stable-job.ts';
import { pushImage } from '../../../../infra/oci/push.ts';
import type { Pod } from '../../../../infra/sandbox/jobs/pod-status.ts';
import { releaseImage } from '../../../../infra/sandbox/jobs/release-image.ts';
import { eventually } from '../../../support/wait.ts';
import { changeStream, createStream, dockerImage, giveOrders, newest, playedStack, streamWhen } from '../played.ts';

const stack = playedStack('init');
const cli = `quay.io/x/cli@sha256:${'c'.repeat(64)}`;

/** A rewrite job of a Stable release whose image is imported and whose mirror is empty. */
async function rewriteIn(namespace: string) {
  const contents = { name: '4.20.0-rc.1', fromImageStream: 'a/b', previous: [], metadata: undefined, created: '2026-11-25T12:00:00Z' };
  const image = releaseImage({ ...contents, components: [{ name: 'cli', image: cli }] });
  await pushImage(stack.registry, `${namespace}-incoming/release`, 'x', image);
  const [made, empty] = await Promise.all([
    createStream(stack, namespace, 'stable', [dockerImage('4.20.1', `${stack.registry}/${namespace}-incoming/release:x`)]),
    createStream(stack, namespace, '4.20.1'),
  ]);
  const target = await streamWhen(stack, made, 'the import', (stream) => newest(stream, '4.20.1') !== undefined);
  const mirror = await streamWhen(stack, empty, 'its place', ({ status }) => status?.dockerImageRepository !== undefined);
  const parsed = parseReleaseConfig(JSON.stringify({ name: 'stable', as: 'Stable', referenceMode: 'source' }));
  if (!parsed.ok) throw new Error(parsed.error);
  const job = buildStableJob({
    tag: { name: '4.20.1', generation: 1, annotations: { [annotation.rewrite]: 'true' } },
    config: parsed.config,
    mirror,
    target,
    jobNamespace: namespace,
    image: `${mirror.status?.dockerImageRepository}:cli`,
    keepManifestList: false,
    deadlineSeconds: 600,
  });
  return { job, mirror, target };
}

const podsOf = async ({ metadata }: Job) =>
  (await stack.kubernetes.list<Pod>(pods, metadata.namespace, { labelSelector: `batch.kubernetes.io/job-name=${metadata.name}` })).items;
const podWhen = (job: Job, what: string, holds: (pod: Pod) => boolean) => eventually(what, async () => (await podsOf(job)).find(holds));
const initStates = ({ status }: Pod) =>
  (status?.initContainerStatuses ?? []).map(({ name, state }) => [name, state.terminated?.exitCode ?? state.waiting?.reason]);

it.concurrent('init containers run in their order: the release names its oc, and the others wait until that can be pulled', async () => {
  const namespace = await stack.freshNamespace('init');
  const { job, mirror, target } = await rewriteIn(namespace);
  await stack.kubernetes.create(jobs, job);
  const waiting = await podWhen(job, 'the Pod that waits for oc', (pod) => initStates(pod)[1]?.[1] === 'ErrImagePull');
  expect(initStates(waiting)).toEqual([
    ['image-cli', 0],
    ['mirror', 'ErrImagePull'],
  ]);
  expect(waiting.status).toMatchObject({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }] });
  expect(learnedCliImage([waiting])).toBe(cli);

  await changeStream(stack, mirror, (stream) => ({
    ...stream,
    spec: { ...stream.spec, tags: [...(stream.spec?.tags ?? []), cliTag(cli)] },
  }));
  await eventually('the end of the job', async () => (await stack.kubernetes.get<Job>(jobs, namespace, '4.20.1'))?.status?.completionTime);
  const rewritten = await streamWhen(stack, target, 'the new image', (stream) => (stream.status?.tags?.[0]?.items ?? []).length === 2);
  expect(await imageLabels(`${stack.registry}/${namespace}/stable@${newest(rewritten, '4.20.1')?.image}`)).toEqual({
    'io.openshift.release': '4.20.1',
  });
  expect(initStates((await podsOf(job))[0]!)).toEqual([
    ['image-cli', 0],
    ['mirror', 0],
  ]);
});

it.concurrent('an init container fails as ordered, with its exit code, and the Pod with it', async () => {
  const namespace = await stack.freshNamespace('init');
  await giveOrders(stack, 'job-rules', [
    {
      job: '^4.20.1$',
      namespace: `^${namespace}$`,
      container: 'image-cli',
      outcomes: ['failure'],
      exitCode: 7,
      message: 'error: no such image',
    },
  ]);
  const { job } = await rewriteIn(namespace);
  await stack.kubernetes.create(jobs, { ...job, spec: { ...job.spec, backoffLimit: 0 } });
  const failed = await podWhen(job, 'the failed Pod', ({ status }) => status?.phase === 'Failed');
  expect(initStates(failed)).toEqual([
    ['image-cli', 7],
    ['mirror', 'PodInitializing'],
  ]);
  expect(failed.metadata.annotations?.['sandbox.waybill.dev/log']).toBe('error: no such image');
});
