import type { KubernetesObject } from '../../../activities/kubernetes/client.ts';
import type { Container } from '../../../domain/payload/kinds.ts';

/** A Pod, as far as its kubelet cares. */
export interface Pod extends KubernetesObject {
  metadata: KubernetesObject['metadata'] & { ownerReferences?: { kind: string; name: string; uid: string }[] };
  spec: { nodeName?: string; restartPolicy?: string; initContainers?: PodContainer[]; containers: PodContainer[] };
  status?: PodStatus;
}

export type PodContainer = Container & { command?: string[]; terminationMessagePolicy?: string };

export interface PodStatus {
  phase?: string;
  startTime?: string;
  conditions?: { type: string; status: string; lastTransitionTime?: string }[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
  [field: string]: unknown;
}

interface ContainerStatus {
  name: string;
  image: string;
  imageID: string;
  ready: boolean;
  started: boolean;
  restartCount: number;
  state: { waiting?: { reason: string; message: string }; running?: { startedAt: string }; terminated?: Terminated };
}

interface Terminated {
  exitCode: number;
  reason: string;
  message?: string;
  startedAt: string;
  finishedAt: string;
}

/** How one container ended. */
export interface ContainerEnd {
  exitCode: number;
  log: string;
  /** what it wrote for the termination message */
  termination?: string;
}

const longestMessage = 2048;

export const isEnded = ({ status }: Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';
export const startedAt = ({ status }: Pod): string | undefined => status?.containerStatuses?.[0]?.state.running?.startedAt;

/** The init container whose turn it is; undefined when all of them have succeeded. */
export function nextInitContainer({ spec, status }: Pod): PodContainer | undefined {
  const succeeded = (name?: string) =>
    status?.initContainerStatuses?.some((each) => each.name === name && each.state.terminated?.exitCode === 0) ?? false;
  return spec.initContainers?.find(({ name }) => !succeeded(name));
}

/** One init container waits for its image, or has ended; those after it, and the others, wait for it. */
export function initStatus(pod: Pod, current: PodContainer, state: { message: string } | ContainerEnd, now: string): PodStatus {
  const waiting = { waiting: { reason: 'PodInitializing', message: '' } };
  const reached = 'exitCode' in state ? { terminated: terminated(current, state, now, now) } : imageMissing(state.message);
  const initContainerStatuses = (pod.spec.initContainers ?? []).map((container) => {
    const known = pod.status?.initContainerStatuses?.find(({ name }) => name === container.name);
    if (container.name === current.name) return { ...statusOf(container), state: reached };
    return known ?? { ...statusOf(container), state: waiting };
  });
  const containerStatuses = pod.spec.containers.map((container) => ({ ...statusOf(container), state: waiting }));
  const failed = 'exitCode' in state && state.exitCode !== 0;
  return {
    phase: failed ? 'Failed' : 'Pending',
    startTime: pod.status?.startTime ?? now,
    conditions: conditions(pod, 'False', now, 'False'),
    initContainerStatuses,
    containerStatuses,
  };
}

const imageMissing = (message: string) => ({ waiting: { reason: 'ErrImagePull', message } });

/** The image of a container cannot be had: the Pod stays Pending. */
export function waitingStatus(pod: Pod, message: string, now: string): PodStatus {
  const containerStatuses = pod.spec.containers.map((container) => ({ ...statusOf(container), state: imageMissing(message) }));
  return { phase: 'Pending', startTime: pod.status?.startTime ?? now, conditions: conditions(pod, 'False', now), containerStatuses };
}

export function runningStatus(pod: Pod, now: string): PodStatus {
  const containerStatuses = pod.spec.containers.map((container) => ({
    ...statusOf(container),
    ready: true,
    started: true,
    state: { running: { startedAt: now } },
  }));
  return { phase: 'Running', startTime: pod.status?.startTime ?? now, conditions: conditions(pod, 'True', now), containerStatuses };
}

/** @param ends one for each container, in their order */
export function endedStatus(pod: Pod, ends: readonly ContainerEnd[], now: string): PodStatus {
  const begun = startedAt(pod) ?? now;
  const containerStatuses = pod.spec.containers.map((container, index) => {
    const end = ends[index] ?? { exitCode: 0, log: '' };
    return { ...statusOf(container), state: { terminated: terminated(container, end, begun, now) } };
  });
  const phase = ends.some(({ exitCode }) => exitCode !== 0) ? 'Failed' : 'Succeeded';
  return { phase, startTime: pod.status?.startTime ?? now, conditions: conditions(pod, 'False', now), containerStatuses };
}

function terminated(
  container: PodContainer,
  { exitCode, log, termination = '' }: ContainerEnd,
  startedAt: string,
  finishedAt: string,
): Terminated {
  const fallback = exitCode !== 0 && container.terminationMessagePolicy === 'FallbackToLogsOnError' ? log : '';
  const message = tail(termination || fallback);
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  return { exitCode, reason, ...(message === '' ? {} : { message }), startedAt, finishedAt };
}

/** What a kubelet keeps of a log as termination message: its end. */
const tail = (log: string) => Buffer.from(log).subarray(-longestMessage).toString('utf8');

function statusOf({ name = '', image = '' }: PodContainer): Omit<ContainerStatus, 'state'> {
  return { name, image, imageID: image, ready: false, started: false, restartCount: 0 };
}

function conditions(pod: Pod, ready: string, now: string, initialized = 'True'): NonNullable<PodStatus['conditions']> {
  const before = pod.status?.conditions ?? [];
  const wanted = [
    ['PodReadyToStartContainers', 'True'],
    ['Initialized', initialized],
    ['ContainersReady', ready],
    ['Ready', ready],
  ] as const;
  const ours = wanted.map(([type, status]) => {
    const known = before.find((each) => each.type === type && each.status === status);
    return known ?? { type, status, lastTransitionTime: now };
  });
  return [...before.filter(({ type }) => !wanted.some(([each]) => each === type)), ...ours];
}
