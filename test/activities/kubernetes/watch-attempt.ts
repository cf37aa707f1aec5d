import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import { noopMetricMeter } from '@temporalio/common';
import { afterAll } from 'vitest';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import { watchActivities, type WatchDependencies } from '../../../activities/kubernetes/watch.ts';
import type { Wake } from '../../../activities/wake.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import { eventually } from '../../support/wait.ts';
import type { ReleaseCluster } from './release-cluster.ts';

type Versions = Record<string, string>;

const attempts: AbortController[] = [];
afterAll(() => attempts.forEach((attempt) => attempt.abort()));

/** One attempt of the activity, and what it does. */
export interface Attempt {
  woken: string[];
  /** workflow types all of whose running workflows were woken, and `collector` */
  running: string[];
  beats: Versions[];
  done: Promise<void>;
  stop: () => Promise<void>;
  hears: (owner: string) => Promise<unknown>;
}

/** A Wake that only writes down; `failing` makes it fail that many times first. */
export function watching(
  cluster: ReleaseCluster,
  resource: string,
  options: { from?: Versions; toldUpTo?: Versions; failing?: number; dependencies?: Partial<WatchDependencies> } = {},
): Attempt {
  const [woken, running, beats]: [string[], string[], Versions[]] = [[], [], []];
  let failures = options.failing ?? 0;
  const wake: Wake = {
    async owner({ workflow, namespace, name, start }) {
      if ((failures -= 1) >= 0) throw new Error('no connection');
      woken.push(`${start ? 'start ' : ''}${workflow} ${namespace}/${name}`);
    },
    running: async (workflow) => void running.push(workflow),
    collector: async () => void running.push('collector'),
  };
  const { client, jobNamespace, prowNamespace, releaseNamespaces } = cluster.dependencies;
  const activities = watchActivities({
    client,
    wake,
    releaseNamespaces,
    jobNamespace,
    prowNamespace,
    graph: { namespace: 'graphs', architecture: 'amd64' },
    jobConfigMap: `${prowNamespace}/job-config`,
    ...options.dependencies,
  });
  const cancel = new AbortController();
  attempts.push(cancel);
  const silent = () => undefined;
  const log = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };
  const heartbeat = (versions: Versions) => void beats.push({ ...versions });
  const info = { heartbeatDetails: options.from } as Info;
  const context = new Context(info, new Promise<never>(() => undefined), cancel.signal, heartbeat, undefined, log, noopMetricMeter, {});
  const toldUpTo = options.toldUpTo === undefined ? {} : { toldUpTo: options.toldUpTo };
  const done = asyncLocalStorage.run(context, () => activities.watchResource({ cluster: 'test', resource, ...toldUpTo }));
  done.catch(silent);
  const stop = async () => {
    cancel.abort();
    await done;
  };
  return {
    woken,
    running,
    beats,
    done,
    stop,
    hears: (owner) => eventually(`${owner} among ${woken.join(', ')}`, () => woken.includes(owner)),
  };
}

/** A change that decides nothing. */
export const labelled = (cluster: ReleaseCluster, name: string) =>
  cluster.client.patch<ImageStream>(imageStreams, cluster.namespace, name, { metadata: { labels: { any: 'change' } } });
/** A change of the release config. */
export const touch = (cluster: ReleaseCluster, name: string) =>
  cluster.client.patch<ImageStream>(imageStreams, cluster.namespace, name, {
    metadata: { annotations: { [annotation.config]: JSON.stringify({ name, to: 'release', message: 'changed' }) } },
  });
