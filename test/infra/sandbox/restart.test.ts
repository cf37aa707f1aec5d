import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { imageStreams, jobs, prowJobs } from '../../../activities/kubernetes/resources.ts';
import type { ImageStream, Job, ProwJob } from '../../../domain/payload/kinds.ts';
import { digestOf } from '../../../infra/oci/image.ts';
import { Registry } from '../../../infra/sandbox/images/registry.ts';
import { testStack } from '../../support/stack.ts';
import { eventually } from '../../support/wait.ts';
import { changeStream, createProwJob, createStream, dockerImage, giveOrders, newest, readStream, streamWhen } from './played.ts';

const stack = testStack();
const entry = fileURLToPath(new URL('../../../infra/sandbox/main.ts', import.meta.url));
let running: ChildProcess | undefined;
afterAll(() => kill());

function start(): ChildProcess {
  running = spawn(process.execPath, [entry], {
    env: { ...process.env, ...stack.env(), WAYBILL_SANDBOX_NAMESPACES: '^restart-' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return running;
}

async function started(): Promise<void> {
  const { stdout } = start();
  if (stdout !== null) await once(stdout, 'data');
}

async function kill(): Promise<void> {
  if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
  const gone = once(running, 'exit');
  running.kill('SIGKILL');
  await gone;
}

const tag = '4.20.0-0.test-2026-11-24-010203';

async function startEverything(namespace: string): Promise<{ target: ImageStream; inputs: ImageStream }> {
  await giveOrders(stack, 'prow-rules', [{ job: '.', namespace: `^${namespace}$`, outcomes: ['failure', 'success'], seconds: 2 }]);
  const target = await createStream(stack, namespace, 'release', [{ name: tag }]);
  const inputs = await createStream(
    stack,
    namespace,
    'mirror',
    Array.from({ length: 200 }, (_, index) => dockerImage(`t${index}`, `quay.io/x/y:${index}`)),
  );
  await Promise.all(Array.from({ length: 40 }, (_, index) => createProwJob(stack, namespace, `job-${index}`, `job-${index % 20}`)));
  const script = `oc adm release new --name=${tag} --from-image-stream=mirror --to-image=${stack.registry}/${namespace}/release:${tag}`;
  const container = { name: 'build', image: 'quay.io/x/cli:1', command: ['/bin/bash', '-c', script, ''] };
  const job: Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: tag, namespace },
    spec: { backoffLimit: 3, template: { spec: { restartPolicy: 'Never', containers: [container] } } },
  };
  await eventually('all inputs', async () => (await readStream(stack, inputs)).status?.tags?.length === 200);
  await stack.kubernetes.create(jobs, job);
  return { target, inputs };
}

it('a sandbox that is killed again and again gets everything done, once', async () => {
  const namespace = await stack.freshNamespace('restart');
  await started();
  const whole = startEverything(namespace);
  // Each life is a little longer than the last, so that the ends fall on different lines.
  for (let life = 1; life <= 6; life += 1) {
    await new Promise((resolve) => setTimeout(resolve, life * 60));
    await kill();
    await started();
  }
  const { target, inputs } = await whole;
  const released = await streamWhen(stack, target, 'the release', (stream) => newest(stream, tag) !== undefined);
  expect(released.status?.tags?.[0]?.items).toHaveLength(1);
  expect(await new Registry(stack.registry).head(`${namespace}/release`, tag)).toBe(newest(released, tag)?.image);
  expect((await readStream(stack, inputs)).status?.tags?.every(({ items }) => items?.length === 1)).toBe(true);

  const runs = await eventually('all runs', async () => {
    const { items } = await stack.kubernetes.list<ProwJob>(prowJobs, namespace);
    return items.every(({ status }) => status?.completionTime !== undefined) && items;
  });
  const outcomes = Object.groupBy(runs, ({ spec }) => spec.job);
  for (const ofJob of Object.values(outcomes)) expect(ofJob?.map(({ status }) => status?.state).toSorted()).toEqual(['failure', 'success']);
});

it('a tag that was pointed elsewhere while nobody looked is imported at the next start', async () => {
  const namespace = await stack.freshNamespace('restart');
  await kill();
  await started();
  const created = await createStream(stack, namespace, 's', [dockerImage('a', 'quay.io/x/a:1'), dockerImage('b', 'quay.io/x/b:1')]);
  const before = await streamWhen(stack, created, 'the import', (stream) => newest(stream, 'b') !== undefined);
  await kill();
  await changeStream(stack, created, (stream) => ({
    ...stream,
    spec: { tags: [dockerImage('a', 'quay.io/x/a:2'), ...(stream.spec?.tags ?? []).slice(1)] },
  }));
  await started();
  const after = await streamWhen(stack, created, 'the second import', (stream) => newest(stream, 'a')?.image === digestOf('quay.io/x/a:2'));
  expect(newest(after, 'a')?.generation).toBeGreaterThan(newest(before, 'a')?.generation ?? 0);
  expect(newest(after, 'b')).toEqual(newest(before, 'b'));
});

it('a start on a stream at rest writes nothing', async () => {
  const namespace = await stack.freshNamespace('restart');
  const created = await createStream(stack, namespace, 's', [
    dockerImage('a', 'quay.io/x/a:1'),
    { name: 'tag', from: { kind: 'ImageStreamTag', name: 'a' } },
  ]);
  await kill();
  await started();
  const atRest = await streamWhen(
    stack,
    created,
    'the import',
    (stream) => newest(stream, 'tag') !== undefined && newest(stream, 'a') !== undefined,
  );
  await kill();
  await started();
  const later = await createStream(stack, namespace, 'later', [dockerImage('a', 'quay.io/x/a:1')]);
  await streamWhen(stack, later, 'the later import', (stream) => newest(stream, 'a') !== undefined);
  expect((await stack.kubernetes.get<ImageStream>(imageStreams, namespace, 's'))?.metadata.resourceVersion).toBe(
    atRest.metadata.resourceVersion,
  );
});
