import { setTimeout as pause } from 'node:timers/promises';
import { isAlreadyExists } from '../../../activities/kubernetes/client.ts';
import type { KubernetesClient, KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { nodes } from '../../../activities/kubernetes/resources.ts';
import type { Resource } from '../../../activities/kubernetes/resources.ts';
import type { Log } from '../loop/log.ts';
import { untilItWorks } from '../loop/retry.ts';

/** The Node whose kubelet is played here. It is not kwok's: it has no annotation for it. */
export const nodeName = 'sandbox';

const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true };
const leaseNamespace = 'kube-node-lease';
const fieldManager = 'waybill-sandbox';
/** The controller manager calls a node lost after 50 s without a sign of life. */
const heartbeatMs = 10_000;
const leaseSeconds = 40;
const resources = { cpu: '1000', memory: '4Ti', 'ephemeral-storage': '4Ti', pods: '10000' };

/** Registers the Node, ready at once, and keeps it so by its lease until the signal aborts. */
export async function keepNode(client: KubernetesClient, signal: AbortSignal, log: Log): Promise<void> {
  await untilItWorks('register the Node', () => register(client).then(() => renewLease(client)), { signal, log });
  void heartbeat(client, signal, log);
}

async function register(client: KubernetesClient): Promise<void> {
  const labels = { 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
  const node: KubernetesObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, labels } };
  await client.create(nodes, node).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  const now = seconds();
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'SandboxReady',
    message: 'the sandbox plays the kubelet',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const status = { capacity: resources, allocatable: resources, conditions: [ready], nodeInfo };
  await client.patch(nodes, undefined, nodeName, { status }, { subresource: 'status' });
}

const nodeInfo = {
  architecture: 'amd64',
  operatingSystem: 'linux',
  kubeletVersion: 'sandbox',
  kubeProxyVersion: '',
  containerRuntimeVersion: 'sandbox://0',
  osImage: 'sandbox',
  kernelVersion: '',
  bootID: '',
  machineID: '',
  systemUUID: '',
};

async function heartbeat(client: KubernetesClient, signal: AbortSignal, log: Log): Promise<void> {
  for (;;) {
    await pause(heartbeatMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    // A node that was lost meanwhile, or deleted by hand, is registered again.
    await renewLease(client)
      .then(() => keepReady(client))
      .catch((error: unknown) => log.warn({ error: String(error) }, 'no heartbeat'));
  }
}

async function keepReady(client: KubernetesClient): Promise<void> {
  const node = await client.get<KubernetesObject & { status?: { conditions?: { type: string; status: string }[] } }>(
    nodes,
    undefined,
    nodeName,
  );
  const ready = node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  if (!ready) await register(client);
}

async function renewLease(client: KubernetesClient): Promise<void> {
  const renewTime = new Date().toISOString().replace(/Z$/, '000Z');
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: nodeName, namespace: leaseNamespace },
    spec: { holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime },
  };
  await client.patch(leases, leaseNamespace, nodeName, lease, { fieldManager });
}

const seconds = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
