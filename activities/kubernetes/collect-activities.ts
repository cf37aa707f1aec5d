import {
  fateOfJob,
  isDue,
  isMirrorGarbage,
  isPayloadGarbage,
  liveStreams,
  streamsWithReleases,
  type LiveStreams,
} from '../../domain/payload/garbage.ts';
import type { ImageStream, Job, ObjectMeta } from '../../domain/payload/kinds.ts';
import type { CollectActivities, Collected } from '../collect-contract.ts';
import { isConflict, type KubernetesClient } from './client.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { imageStreams, jobs, releasePayloads, type Resource } from './resources.ts';

/** Objects removed by one activity. */
const removedAtOnce = 200;

type Dependencies = Pick<PayloadDependencies, 'client' | 'releaseNamespaces' | 'jobNamespace'>;

interface Listed {
  payloads: ObjectMeta[];
  jobs: ObjectMeta[];
  streams: ObjectMeta[];
}

export interface Candidates extends Listed {
  live: LiveStreams;
}

/** What hangs on tags that are gone, by name. */
export interface Garbage {
  payloads: ObjectMeta[];
  mirrors: ObjectMeta[];
  jobs: ObjectMeta[];
}

/** Garbage collection of what releases leave behind. */
export function collectActivities(dependencies: Dependencies): CollectActivities {
  const { client } = dependencies;
  return {
    async collectGarbage() {
      const garbage = await garbageAmong(client, await readCandidates(dependencies));
      const collector = new Collector(client);
      for (const payload of garbage.payloads) if (await collector.remove(releasePayloads, payload)) collector.done.payloads += 1;
      for (const mirror of garbage.mirrors) if (await collector.remove(imageStreams, mirror)) collector.done.mirrors += 1;
      for (const job of garbage.jobs) if (await collector.remove(jobs, job)) collector.done.jobs += 1;
      return collector.done;
    },
  };
}

/** Everything that may be garbage, and the tags that it hangs on. */
export async function readCandidates({ client, releaseNamespaces, jobNamespace }: Dependencies): Promise<Candidates> {
  const namespaces = [...(await releaseNamespaces.all())].toSorted();
  const candidates = await listed(client, namespaces, jobNamespace);
  // Tags after everything that hangs on them: what was made meanwhile has its tag there.
  return { ...candidates, live: await readLive(client, streamsWithReleases(candidates.streams)) };
}

/** Which of it nobody owns any more; reads only. */
export async function garbageAmong(client: KubernetesClient, { payloads, streams, jobs: all, live }: Candidates): Promise<Garbage> {
  const old: ObjectMeta[] = [];
  for (const job of all) if (await isJobGarbage(client, job, live)) old.push(job);
  return {
    payloads: payloads.filter((payload) => isPayloadGarbage(payload, live)),
    mirrors: streams.filter((stream) => isMirrorGarbage(stream, live)),
    jobs: old,
  };
}

class Collector {
  readonly done: Collected = { payloads: 0, jobs: 0, mirrors: 0, more: false };
  readonly #client: KubernetesClient;
  #left = removedAtOnce;

  constructor(client: KubernetesClient) {
    this.#client = client;
  }

  /** @returns false when it was not there, when another has its name by now, or when it is left for the next time */
  async remove(resource: Resource, { namespace, name, uid }: ObjectMeta): Promise<boolean> {
    if (this.#left === 0) {
      this.done.more = true;
      return false;
    }
    try {
      const removed = await this.#client.delete(resource, namespace, name, uid === undefined ? {} : { uid });
      if (removed) this.#left -= 1;
      return removed;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }
}

async function listed(client: KubernetesClient, namespaces: string[], jobNamespace: string): Promise<Listed> {
  const all: Listed = { payloads: [], jobs: [], streams: [] };
  for (const namespace of namespaces) {
    for await (const page of client.metadata(releasePayloads, namespace)) all.payloads.push(...page.map(withoutBulk));
    for await (const page of client.metadata(imageStreams, namespace)) all.streams.push(...page.map(withoutBulk));
  }
  for await (const page of client.metadata(jobs, jobNamespace)) all.jobs.push(...page.map(withoutBulk));
  return all;
}

/** Who wrote which field is the larger part of an object's metadata. */
function withoutBulk({ namespace, name, uid, annotations, deletionTimestamp }: ObjectMeta): ObjectMeta {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  };
}

async function readLive(client: KubernetesClient, keys: string[]): Promise<LiveStreams> {
  const streams: ImageStream[] = [];
  for (const key of keys) {
    const [namespace = '', name = ''] = key.split('/');
    const stream = await client.get<ImageStream>(imageStreams, namespace, name);
    if (stream !== undefined) streams.push({ ...stream, status: {} });
  }
  return liveStreams(streams);
}

/** Its metadata does not say when it ended, which matters for few. */
async function isJobGarbage(client: KubernetesClient, meta: ObjectMeta, live: LiveStreams): Promise<boolean> {
  const fate = fateOfJob(meta, live);
  if (fate === 'keep' || fate === 'remove') return fate === 'remove';
  const job = await client.get<Job>(jobs, meta.namespace, meta.name);
  return job !== undefined && isDue(job, fate, Date.now());
}
