import { afterAll, beforeAll } from 'vitest';
import { configMaps, events, imageStreams, namespaces, prowJobs } from '../../../activities/kubernetes/resources.ts';
import { isAlreadyExists } from '../../../activities/kubernetes/client.ts';
import type { KubernetesObject } from '../../../activities/kubernetes/client.ts';
import type { ImageStream, ProwJob, TagReference } from '../../../domain/payload/kinds.ts';
import { runSandbox } from '../../../infra/sandbox/sandbox.ts';
import { testStack } from '../../support/stack.ts';
import type { TestStack } from '../../support/stack.ts';
import { eventually } from '../../support/wait.ts';

/** A stack whose sandbox plays in this process for the tests of one file, in the namespaces whose names begin so. */
export function playedStack(prefix: string): TestStack {
  const stack = testStack();
  const stop = new AbortController();
  beforeAll(async () => {
    const log = { info: () => undefined, warn: () => undefined };
    const namespaces = new RegExp(`^${prefix}-`);
    await runSandbox({ client: stack.kubernetes, registry: stack.registry, namespaces, signal: stop.signal, log });
  });
  afterAll(() => stop.abort());
  return stack;
}

/** Gives orders in a ConfigMap that is this test's own, and returns the ConfigMap. */
export async function giveOrders(stack: TestStack, book: string, rules: unknown): Promise<KubernetesObject> {
  const { kubernetes } = stack;
  const sandbox = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sandbox' } };
  await kubernetes.create(namespaces, sandbox).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  const text = typeof rules === 'string' ? rules : JSON.stringify(rules);
  return kubernetes.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: stack.freshName(book), namespace: 'sandbox' },
    data: { 'rules.yaml': text },
  } as KubernetesObject);
}

export const dockerImage = (name: string, image: string): TagReference => ({ name, from: { kind: 'DockerImage', name: image } });

export function createStream({ kubernetes }: TestStack, namespace: string, name: string, tags: TagReference[] = []): Promise<ImageStream> {
  return kubernetes.create<ImageStream>(imageStreams, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace },
    spec: { tags },
  });
}

export async function readStream({ kubernetes }: TestStack, { metadata }: ImageStream): Promise<ImageStream> {
  const stream = await kubernetes.get<ImageStream>(imageStreams, metadata.namespace, metadata.name);
  if (stream === undefined) throw new Error(`${metadata.name} is gone`);
  return stream;
}

/** The stream, as soon as the condition holds. */
export function streamWhen(
  stack: TestStack,
  stream: ImageStream,
  what: string,
  holds: (stream: ImageStream) => boolean,
): Promise<ImageStream> {
  return eventually(what, async () => {
    const current = await readStream(stack, stream);
    return holds(current) && current;
  });
}

/** Changes a stream as a client does: reads, changes, writes, and again when someone was faster. */
export async function changeStream(
  stack: TestStack,
  stream: ImageStream,
  change: (stream: ImageStream) => ImageStream,
): Promise<ImageStream> {
  return eventually('a write without conflict', async () =>
    stack.kubernetes.replace(imageStreams, change(await readStream(stack, stream))),
  );
}

export const newest = (stream: ImageStream, tag: string) => stream.status?.tags?.find((each) => each.tag === tag)?.items?.[0];
export const failureOf = (stream: ImageStream, tag: string) =>
  stream.status?.tags?.find((each) => each.tag === tag)?.conditions?.find(({ type }) => type === 'ImportSuccess');

export function createProwJob(
  { kubernetes }: TestStack,
  namespace: string,
  name: string,
  job: string,
  release = '4.20.0-0.test-1',
): Promise<ProwJob> {
  return kubernetes.create<ProwJob>(prowJobs, {
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata: { name, namespace, labels: { 'release.openshift.io/payload': release } },
    spec: { job, type: 'periodic' },
    status: { state: 'triggered' },
  });
}

export function prowJobWhen(
  { kubernetes }: TestStack,
  { metadata }: ProwJob,
  what: string,
  holds: (job: ProwJob) => boolean,
): Promise<ProwJob> {
  return eventually(what, async () => {
    const job = await kubernetes.get<ProwJob>(prowJobs, metadata.namespace, metadata.name);
    return job !== undefined && holds(job) && job;
  });
}

export async function eventsOf(
  { kubernetes }: TestStack,
  { metadata }: KubernetesObject,
): Promise<{ type: string; reason: string; message: string }[]> {
  const { items } = await kubernetes.list<{ involvedObject: { uid?: string }; type: string; reason: string; message: string }>(
    events,
    metadata.namespace,
  );
  return items.filter(({ involvedObject }) => involvedObject.uid === metadata.uid);
}
