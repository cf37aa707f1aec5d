import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { namespaces } from '../../activities/kubernetes/resources.ts';
import { loadSettings, type Settings } from '../../infra/settings/settings.ts';
import type { StackUnderTest } from './local-stack.ts';

/** The local stack of this run, as a test uses it. */
export interface TestStack extends StackUnderTest {
  kubernetes: KubernetesClient;
  /** a name that no other test has: `prefix-1f3a9c` */
  freshName: (prefix: string) => string;
  /** creates a namespace that no other test has, and returns its name */
  freshNamespace: (prefix: string, labels?: Record<string, string>) => Promise<string>;
  /** settings that lead to this stack; `env` adds to them or overrules them */
  settings: (env?: NodeJS.ProcessEnv) => Settings;
  /** the same as environment variables, for processes that a test starts */
  env: () => Record<string, string>;
}

/** Connects to the stack that serves this test run. Only tests of the project `stack` have one. */
export function testStack(): TestStack {
  const stack = inject('stack');
  const kubernetes = KubernetesClient.connect(stack.kubeconfig);
  const freshName = (prefix: string) => `${prefix}-${randomBytes(3).toString('hex')}`;
  const env = () => ({
    WAYBILL_HOME: stack.home,
    WAYBILL_TEMPORAL_ADDRESS: stack.temporal,
    WAYBILL_KUBECONFIG: stack.kubeconfig,
    WAYBILL_REGISTRY: stack.registry,
    WAYBILL_STORAGE_URL: stack.storageUrl,
    WAYBILL_STORAGE_ENDPOINT: stack.storageEndpoint,
  });
  return {
    ...stack,
    kubernetes,
    freshName,
    async freshNamespace(prefix, labels = {}) {
      const name = freshName(prefix);
      await kubernetes.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
      return name;
    },
    settings: (more = {}) => loadSettings({ ...env(), ...more }),
    env,
  };
}
