import type { Logger } from 'pino';
import type { KubernetesClient, KubernetesObject } from '../activities/kubernetes/client.ts';
import { namespaces } from '../activities/kubernetes/resources.ts';
import type { Settings } from '../infra/settings/settings.ts';

/**
 * Says which namespaces of the settings are not there. They may come later, so nothing is refused for them; the namespace
 * of release jobs must be there, since the lease lies in it.
 */
export async function sayMissingNamespaces(client: KubernetesClient, settings: Settings, log: Logger): Promise<void> {
  const { releaseNamespaces, publishNamespaces, prowNamespace, prowKubeconfig } = settings;
  const wanted = [
    ...(releaseNamespaces === 'labelled' ? [] : releaseNamespaces.map((name) => [name, 'WAYBILL_RELEASE_NAMESPACES'] as const)),
    ...publishNamespaces.map((name) => [name, 'WAYBILL_PUBLISH_NAMESPACES'] as const),
    ...(prowKubeconfig === undefined ? [[prowNamespace, 'WAYBILL_PROW_NAMESPACE'] as const] : []),
  ];
  for (const [name, setting] of wanted) {
    if ((await client.get<KubernetesObject>(namespaces, undefined, name)) !== undefined) continue;
    log.warn({ missing: name }, `there is no namespace ${name}, which ${setting} names: nothing happens in it until it is created`);
  }
}
