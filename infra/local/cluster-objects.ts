import { isAlreadyExists, type KubernetesClient } from '../../activities/kubernetes/client.ts';
import { namespaces } from '../../activities/kubernetes/resources.ts';
import type { Settings } from '../settings/settings.ts';

/** Namespaces that the local stack works in; those with releases bear the label by which they can be found. */
export async function ensureNamespaces(client: KubernetesClient, settings: Settings): Promise<void> {
  const { releaseNamespaces, jobNamespace, prowNamespace } = settings;
  const releases = releaseNamespaces === 'labelled' ? ['ocp'] : releaseNamespaces;
  const others = [jobNamespace, prowNamespace, 'sandbox'].filter((name) => !releases.includes(name));
  await Promise.all([
    ...releases.map((name) => ensureNamespace(client, name, { 'waybill.dev/releases': 'true' })),
    ...[...new Set(others)].map((name) => ensureNamespace(client, name, {})),
  ]);
}

async function ensureNamespace(client: KubernetesClient, name: string, labels: Record<string, string>): Promise<void> {
  try {
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
