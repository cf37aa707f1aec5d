import { isConflict } from '../../../activities/kubernetes/client.ts';
import { imageStreams, pods } from '../../../activities/kubernetes/resources.ts';
import { parseImageReference } from '../../../domain/payload/image-reference.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import { durationOf } from '../orders/duration.ts';
import { runContainer } from './oc.ts';
import { endedStatus, initStatus, isEnded, nextInitContainer, runningStatus, startedAt, waitingStatus } from './pod-status.ts';
import type { ContainerEnd, Pod, PodContainer, PodStatus } from './pod-status.ts';
import type { PlayerOptions } from '../player.ts';
import { Reflector, keyOf, revisionOf } from '../loop/reflector.ts';
import type { Registry } from '../images/registry.ts';
import { outcomeOf } from '../orders/rule-schema.ts';
import type { JobRule } from '../orders/rule-schema.ts';
import { keepNode, nodeName } from './sandbox-node.ts';
import { internalRegistry } from '../images/stream-names.ts';
import { statusTag } from '../images/stream-status.ts';
import { WorkQueue } from '../loop/work-queue.ts';

const podsAtOnce = 8;
const shortestMs = 1_000;
const longestMs = 2_000;
const pullRetryMs = 2_000;
/** Longer than the longest pause between the tries of a Job. */
const longAgoMs = 3_600_000;
const jobNameLabel = 'batch.kubernetes.io/job-name';
const logAnnotation = 'sandbox.waybill.dev/log';

/**
 * Plays the kubelet of the Node `sandbox`: its Pods go Pending, Running, Succeeded or Failed, and the commands of release
 * jobs are really carried out, at the end of their time. A process that is killed half-way runs them again.
 */
export async function playKubelet({ client, rules, plays, registry, signal, log }: PlayerOptions & { registry: Registry }): Promise<void> {
  const firstSeen = new Map<string, bigint>();
  const runningSince = new Map<string, number>();
  const queue = new WorkQueue({ name: 'kubelet', work: advance, concurrency: podsAtOnce, concerns: plays, signal, log });
  const store = new Reflector<Pod>({ client, signal, log, resource: pods, fieldSelector: `spec.nodeName=${nodeName}`, onChange });

  function onChange(key: string, pod: Pod | undefined, before: Pod | undefined): void {
    if (pod === undefined) for (const known of [firstSeen, runningSince]) known.delete(key);
    else if (before?.metadata.uid !== pod.metadata.uid) firstSeen.set(key, revisionOf(pod));
    if (pod !== undefined) queue.add(key);
  }

  async function advance(key: string): Promise<number | undefined> {
    const pod = store.get(key);
    if (pod === undefined) return undefined;
    if (pod.metadata.deletionTimestamp !== undefined) return remove(pod);
    if (isEnded(pod)) return undefined;
    const init = nextInitContainer(pod);
    try {
      if (init !== undefined) return await initialize(key, pod, init);
      return await (startedAt(pod) === undefined ? start(key, pod) : finish(key, pod));
    } catch (error) {
      if (!isConflict(error)) throw error;
      const fresh = await client.get<Pod>(pods, pod.metadata.namespace, pod.metadata.name);
      if (fresh !== undefined) store.put(fresh);
      return 0;
    }
  }

  async function remove({ metadata }: Pod): Promise<undefined> {
    await client.delete(pods, metadata.namespace, metadata.name, {
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
      gracePeriodSeconds: 0,
    });
  }

  /** Init containers take no time of their own; each begins when the one before it has succeeded. */
  async function initialize(key: string, pod: Pod, container: PodContainer): Promise<number | undefined> {
    const missing = await missingImage([container]);
    const waits = pod.status?.initContainerStatuses?.some(({ state }) => state.waiting?.message === missing) ?? false;
    if (missing !== undefined) {
      if (!waits) await write(pod, initStatus(pod, container, { message: missing }, now()));
      return pullRetryMs;
    }
    const rule = await ruleOf(key, pod);
    const ordered = rule?.container === container.name ? orderedFailure(pod, rule) : undefined;
    const end = ordered ?? (await runContainer(container, { client, registry, namespace: pod.metadata.namespace ?? '' }));
    await write(pod, initStatus(pod, container, end, finishedAt(rule)), end.exitCode === 0 ? '' : end.log);
    return undefined;
  }

  async function start(key: string, pod: Pod): Promise<number | undefined> {
    const missing = await missingImage(pod.spec.containers);
    if (missing !== undefined) {
      const waits = pod.status?.containerStatuses?.some(({ state }) => state.waiting?.message === missing) ?? false;
      if (!waits) await write(pod, waitingStatus(pod, missing, now()));
      return pullRetryMs;
    }
    runningSince.set(key, Date.now());
    await write(pod, runningStatus(pod, now()));
    return undefined;
  }

  /** An image inside the cluster is pulled from its stream: the tag must be there. */
  async function missingImage(containers: readonly PodContainer[]): Promise<string | undefined> {
    for (const { image = '' } of containers) {
      const reference = parseImageReference(image);
      if (reference?.registry !== internalRegistry || reference.tag === '') continue;
      const stream = await client.get<ImageStream>(imageStreams, reference.namespace, reference.name);
      if ((statusTag(stream ?? nothing, reference.tag)?.items ?? []).length === 0)
        return `rpc error: code = NotFound desc = reading manifest ${reference.tag} in ${reference.repository}: manifest unknown`;
    }
    return undefined;
  }

  async function ruleOf(key: string, { metadata }: Pod): Promise<JobRule | undefined> {
    const jobName = metadata.labels?.[jobNameLabel];
    if (jobName === undefined) return undefined;
    return (await rules.of('job-rules', firstSeen.get(key) ?? 0n)).find(
      (each) => each.job.test(jobName) && (each.namespace?.test(metadata.namespace ?? '') ?? true),
    );
  }

  /** What is no part of a Job runs for ever. */
  async function finish(key: string, pod: Pod): Promise<number | undefined> {
    const jobName = pod.metadata.labels?.[jobNameLabel];
    if (jobName === undefined) return undefined;
    const rule = await ruleOf(key, pod);
    const since = runningSince.get(key) ?? Date.parse(startedAt(pod) ?? '');
    const delayMs = since + (rule?.seconds === undefined ? durationOf(jobName, shortestMs, longestMs) : rule.seconds * 1000) - Date.now();
    if (delayMs > 0) return delayMs;
    const ends = await endsOf(pod, rule);
    await write(pod, endedStatus(pod, ends, finishedAt(rule)), ends.map(({ log: text }) => text).join('\n'));
    return undefined;
  }

  async function endsOf(pod: Pod, rule: JobRule | undefined): Promise<ContainerEnd[]> {
    const ordered = rule?.container === undefined ? orderedFailure(pod, rule) : undefined;
    if (ordered !== undefined) return pod.spec.containers.map(() => ordered);
    const ends: ContainerEnd[] = [];
    const namespace = pod.metadata.namespace ?? '';
    for (const container of pod.spec.containers) ends.push(await runContainer(container, { client, registry, namespace }));
    return ends;
  }

  /** Each Pod of a Job is one try. */
  function orderedFailure(pod: Pod, rule: JobRule | undefined): ContainerEnd | undefined {
    const earlier = [...store.keys()]
      .map(store.get)
      .filter((other) => other !== undefined && sameJob(other, pod) && isEnded(other) && keyOf(other) !== keyOf(pod));
    if (rule === undefined || outcomeOf(rule.outcomes, earlier.length) !== 'failure') return undefined;
    return { exitCode: rule.exitCode, log: rule.message ?? 'error: the sandbox was ordered to fail' };
  }

  async function write({ metadata }: Pod, status: PodStatus, text = ''): Promise<void> {
    const annotations = text === '' ? {} : { annotations: { [logAnnotation]: text } };
    const patch = { metadata: { resourceVersion: metadata.resourceVersion, ...annotations }, status };
    store.put(await client.patch<Pod>(pods, metadata.namespace, metadata.name, patch, { subresource: 'status' }));
  }

  await keepNode(client, signal, log);
  await store.start();
  rules.onChange((book) => {
    if (book === 'job-rules') for (const key of store.keys()) queue.add(key);
  });
}

const nothing: ImageStream = { apiVersion: '', kind: '', metadata: { name: '' } };
const jobOf = ({ metadata }: Pod) => metadata.ownerReferences?.find(({ kind }) => kind === 'Job')?.uid;
const sameJob = (a: Pod, b: Pod) => jobOf(a) !== undefined && jobOf(a) === jobOf(b);
const finishedAt = (rule: JobRule | undefined) => (rule?.skipBackoff === true ? now(Date.now() - longAgoMs) : now());
const now = (ms = Date.now()) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
