import { KubernetesClient } from '../activities/kubernetes/client.ts';
import { prowJobs } from '../activities/kubernetes/resources.ts';
import type { Settings } from '../infra/settings/settings.ts';

type Clusters = Pick<Settings, 'kubeconfig' | 'prowKubeconfig'>;

/** The cluster with the streams, and where that is another one the cluster with the ProwJobs. */
export function clusterClient({ kubeconfig, prowKubeconfig }: Clusters, refusal: () => string | undefined): KubernetesClient {
  const elsewhere = prowKubeconfig === undefined ? {} : { [prowJobs.group]: prowKubeconfig };
  return KubernetesClient.connect(kubeconfig, { elsewhere, refusal });
}

/** A client through which nothing is written, whoever uses it. */
export function readOnlyClient(settings: Clusters): KubernetesClient {
  return clusterClient(settings, () => 'this is a dry run');
}
