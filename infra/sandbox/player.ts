import type { KubernetesClient } from '../../activities/kubernetes/client.ts';
import type { Log } from './loop/log.ts';
import type { Rules } from './orders/rules.ts';

/** What every played system is given. */
export interface PlayerOptions {
  client: KubernetesClient;
  rules: Rules;
  /** Whether to play for the object `namespace/name`. */
  plays: (key: string) => boolean;
  signal: AbortSignal;
  log: Log;
}
