import type { KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { testStack } from '../../support/stack.ts';

export type ConfigMap = KubernetesObject & { data?: Record<string, string> };

/** A ConfigMap with data. */
export const configMap = (namespace: string, name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name },
  data,
});

/** A client, and a namespace that no other test has. */
export async function freshNamespace() {
  const stack = testStack();
  return { client: stack.kubernetes, namespace: await stack.freshNamespace('client') };
}
