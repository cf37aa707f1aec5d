import { join } from 'node:path';
import { isAlreadyExists, KubernetesClient } from '../../../activities/kubernetes/client.ts';
import { nodes } from '../../../activities/kubernetes/resources.ts';
import { etcd } from './etcd.ts';
import { kubeApiserver } from './kube-apiserver.ts';
import { kubeControllerManager, kubeScheduler, kwok } from './kube-controllers.ts';
import { kubeCredentials, writeKubeconfig } from './kube-credentials.ts';
import { serving, type Run, type ServerContext } from './server-context.ts';

/**
 * A Kubernetes control plane without containers: the real servers, with kwok in place of kubelets.
 *
 * @returns the path of a kubeconfig that leads straight to its API server
 */
export async function startCluster(context: ServerContext, run: Run): Promise<string> {
  const credentials = kubeCredentials(context.home);
  const { url: etcdUrl } = await serving(etcd(context), run);
  const { url } = await serving(kubeApiserver(context, etcdUrl, credentials), run);
  const kubeconfig = join(credentials.folder, 'kubeconfig');
  writeKubeconfig(kubeconfig, url, credentials);
  run(kubeControllerManager(context, kubeconfig, credentials).process);
  run(kubeScheduler(context, kubeconfig).process);
  await createPlayedNode(KubernetesClient.connect(kubeconfig));
  run(kwok(context, kubeconfig).process);
  return kubeconfig;
}

/**
 * The node whose Pods kwok plays: they become ready, and those of Jobs succeed at once. The taint keeps Pods away
 * that do not ask for it, so that release jobs go to the sandbox, which plays what is inside them.
 */
async function createPlayedNode(client: KubernetesClient): Promise<void> {
  const capacity = { cpu: '64', memory: '256Gi', pods: '1000' };
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'kwok', labels: { type: 'kwok', 'kubernetes.io/hostname': 'kwok' }, annotations: { 'kwok.x-k8s.io/node': 'fake' } },
    spec: { taints: [{ key: 'kwok.x-k8s.io/node', value: 'fake', effect: 'NoSchedule' }] },
    status: { capacity, allocatable: capacity },
  };
  try {
    await client.create(nodes, node);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
