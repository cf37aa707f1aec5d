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

/** Everything that may be garbage, as metadata. */
interface Candidates {
  payloads: ObjectMeta[];
  jobs: ObjectMeta[];
  streams: ObjectMeta[];
}

/** Garbage collection of what releases leave behind. */
export function collectActivities({ client, releaseNamespaces, jobNamespace }: Dependencies): CollectActivities {
  return {
    async collectGarbage() {
      const namespaces = [...(await releaseNamespaces.all())].toSorted();
      const candidates = await listed(client, namespaces, jobNamespace);
      // Tags after everything that hangs on them: what was made meanwhile has its tag there.
      const live = await readLive(client, streamsWithReleases(candidates.streams));
      const collector = new Collector(client);
      for (const payload of candidates.payloads.filter((one) => isPayloadGarbage(one, live)))
        if (await collector.remove(releasePayloads, payload)) collector.done.payloads += 1;
      for (const mirror of candidates.streams.filter((one) => isMirrorGarbage(one, live)))
        if (await collector.remove(imageStreams, mirror)) collector.done.mirrors += 1;
      for (const job of candidates.jobs)
        if ((await isJobGarbage(client, job, live)) && (await collector.remove(jobs, job))) collector.done.jobs += 1;
      return collector.done;
    },
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

async function listed(client: KubernetesClient, namespaces: string[], jobNamespace: string): Promise<Candidates> {
  const all: Candidates = { payloads: [], jobs: [], streams: [] };
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
