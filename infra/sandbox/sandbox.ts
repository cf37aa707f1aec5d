import type { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { playImageImport } from './images/image-import.ts';
import { playKubelet } from './jobs/kubelet.ts';
import type { Log } from './loop/log.ts';
import { playProw } from './prow/prow.ts';
import { Registry } from './images/registry.ts';
import { Rules } from './orders/rules.ts';
import { playUpdateService } from './update-service/update-service.ts';

export interface SandboxOptions {
  client: KubernetesClient;
  /** `host:port` of the local registry, plain HTTP */
  registry: string;
  /** Where to play; everywhere when absent. */
  namespaces?: RegExp | undefined;
  /** of the update service; 0 for any free one */
  updateServicePort?: number;
  signal: AbortSignal;
  log: Log;
}

/**
 * Plays the systems that a machine without OpenShift and Prow lacks (docs/sandbox.md). Resolves when all of them
 * follow the cluster; they go on until the signal aborts. May be killed at any moment and started again.
 */
export async function runSandbox({
  client,
  registry: host,
  namespaces,
  updateServicePort: port = 0,
  signal,
  log,
}: SandboxOptions): Promise<void> {
  const rules = new Rules({ client, signal, log });
  await rules.start();
  const registry = new Registry(host);
  const plays = (key: string) => namespaces?.test(key.slice(0, key.indexOf('/'))) ?? true;
  const options = { client, rules, plays, registry, signal, log };
  await Promise.all([playImageImport(options), playKubelet(options), playProw(options), playUpdateService({ rules, port, signal, log })]);
}
