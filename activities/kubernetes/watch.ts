import { setTimeout as pause } from 'node:timers/promises';
import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import {
  forgotten,
  ownersOfDeleted,
  routeImageStream,
  routeJob,
  routePod,
  routeProwJob,
  routeReleasePayload,
  type GraphPlace,
  type Owner,
  type Routed,
  type Seen,
} from '../../domain/payload/routing.ts';
import type { ImageStream, Job, ProwJob, ReleasePayload } from '../../domain/payload/kinds.ts';
import type { ResourceVersions, WatchActivities, WatchedResource } from '../contract.ts';
import type { Wake } from '../wake.ts';
import { isGone, type KubernetesClient, type KubernetesObject } from './client.ts';
import { Gather } from './gather.ts';
import { PublishIndex } from './publish-index.ts';
import { qualifiersFreshMs, type QualifierSource } from './qualifier-source.ts';
import type { ReleaseNamespaces } from './release-namespaces.ts';
import { configMaps, imageStreams, jobs, namespaces, pods, prowJobs, releasePayloads, type Resource } from './resources.ts';
import { untoldReleases } from './untold-releases.ts';

const heartbeatMs = 2_000;

/** One kind that is watched: where, and whom a change concerns. */
interface WatchedKind {
  resource: Resource;
  /** namespaces to watch one by one; undefined watches the whole cluster */
  scopes: (string | undefined)[];
  fieldSelector?: string;
  route: (object: KubernetesObject, before: Seen | undefined) => Routed | Promise<Routed>;
  /** whom to tell at every (re)start and after a gap, since an object deleted meanwhile shows in no list */
  afterGap?: () => Promise<void>;
  /** whom else a list concerns: those who were not told of a change that only a watch sees as one */
  untold?: (listed: KubernetesObject[]) => Promise<Owner[]>;
}

export interface WatchDependencies {
  client: KubernetesClient;
  wake: Wake;
  releaseNamespaces: ReleaseNamespaces;
  jobNamespace: string;
  prowNamespace: string;
  /** where upgrades that were tested are recorded */
  graph: GraphPlace;
  /** `<namespace>/<name>` of the ConfigMap with Prow job definitions, when they come from one */
  jobConfigMap?: string;
  /** the same of the general configuration of qualifiers */
  qualifierConfigMap?: string;
  /** where that is read from */
  qualifiers?: Pick<QualifierSource, 'load'>;
}

/** The kinds that a worker watches, by the name in the watch workflow's id. */
export function watchedKinds({
  client,
  wake,
  releaseNamespaces,
  jobNamespace,
  prowNamespace,
  graph,
  jobConfigMap,
  qualifierConfigMap,
  qualifiers,
}: WatchDependencies): Record<string, WatchedKind> {
  const inReleaseNamespace =
    <T extends KubernetesObject>(route: (object: T, before: Seen | undefined) => Routed) =>
    async (object: KubernetesObject, before: Seen | undefined) => {
      const namespace = object.metadata.namespace ?? '';
      if (await releaseNamespaces.has(namespace)) return withoutOthers(route(object as T, before));
      return { owners: [], seen: { self: 'not a release namespace' } };
    };
  const withoutOthers = ({ owners, seen }: Routed): Routed => ({
    owners: owners.filter(({ workflow, namespace, name }) => workflow !== 'stream' || releaseNamespaces.includes(namespace, name)),
    seen,
  });
  const routePayload = (payload: ReleasePayload, before: Seen | undefined) => routeReleasePayload(payload, before, Date.now());
  const publishers = new PublishIndex();
  const routeStream = (stream: ImageStream, before: Seen | undefined) => publishers.route(stream, before, routeImageStream(stream, before));
  const anywhere = releaseNamespaces.listed ?? [undefined];
  return {
    imagestreams: {
      resource: imageStreams,
      scopes: anywhere,
      route: inReleaseNamespace(routeStream),
      afterGap: async () => {
        await wake.running('mirror');
        // A tag that went meanwhile left its job, mirror and payload behind.
        await wake.collector();
      },
    },
    releasepayloads: {
      resource: releasePayloads,
      scopes: anywhere,
      route: inReleaseNamespace(routePayload),
      untold: (listed) => untoldReleases({ client, releaseNamespaces, qualifiers }, listed as ReleasePayload[]),
      // one that was deleted has to be made again
      afterGap: () => wake.running('release'),
    },
    jobs: {
      resource: jobs,
      scopes: [jobNamespace],
      route: routeJob as WatchedKind['route'],
      afterGap: () => wake.running('creation'),
    },
    pods: {
      resource: pods,
      scopes: [jobNamespace],
      // The others of a job are over, or do what it is for.
      fieldSelector: 'status.phase=Pending',
      route: (object, before) => routePod(object, before, (name) => client.get<Job>(jobs, jobNamespace, name)),
    },
    prowjobs: {
      resource: prowJobs,
      scopes: [prowNamespace],
      route: (object, before) => routeProwJob(object as ProwJob, before, graph),
      afterGap: () => wake.running('verification'),
    },
    ...(releaseNamespaces.listed === undefined
      ? {
          namespaces: {
            resource: namespaces,
            scopes: [undefined],
            route: (object, before) => streamsOfNamespace(client, releaseNamespaces, object, before),
          },
        }
      : {}),
    ...(jobConfigMap === undefined ? {} : { jobconfig: configMapKind(jobConfigMap, () => wake.running('verification')) }),
    ...(qualifierConfigMap === undefined ? {} : { qualifiers: configMapKind(qualifierConfigMap, () => tellOfQualifiers(wake)) }),
  } satisfies Record<string, WatchedKind>;
}

/** One ConfigMap `<namespace>/<name>`, whose changes concern everybody who runs. */
function configMapKind(configMap: string, tell: () => Promise<void>): WatchedKind {
  const [namespace, name] = configMap.split('/');
  return {
    resource: configMaps,
    scopes: [namespace],
    fieldSelector: `metadata.name=${name}`,
    route: async ({ metadata }, before) => {
      if (before !== undefined) await tell();
      return { owners: [], seen: { self: metadata.resourceVersion ?? '' } };
    },
  };
}

/** Changed qualifiers are followed by every payload that is still followed by a workflow, once no worker takes the old ones for fresh. */
export async function tellOfQualifiers(wake: Wake): Promise<void> {
  await pause(qualifiersFreshMs);
  for (const workflow of ['release', 'verification'] as const) await wake.running(workflow);
}

/** A namespace that becomes a release namespace brings its streams along. */
async function streamsOfNamespace(
  client: KubernetesClient,
  releaseNamespaces: ReleaseNamespaces,
  object: KubernetesObject,
  before: Seen | undefined,
): Promise<Routed> {
  const watched = releaseNamespaces.note(object);
  const seen = { self: String(watched) };
  if (!watched || before?.self === seen.self) return { owners: [], seen };
  const { items } = await client.list<KubernetesObject>(imageStreams, object.metadata.name);
  return { owners: items.flatMap((stream) => routeImageStream(stream as never, undefined).owners), seen };
}

/**
 * Lists, then watches one kind, and wakes the owner of each change. The heartbeat carries the resource version up to
 * which every owner was told, so that the next attempt goes on there; a version that is gone means a fresh list.
 */
export function watchActivities(dependencies: WatchDependencies): WatchActivities {
  const kinds = watchedKinds(dependencies);
  const { client, wake } = dependencies;
  return {
    async watchResource({ resource, toldUpTo }: WatchedResource) {
      const kind = kinds[resource];
      if (kind === undefined)
        throw new Error(`nothing named ${resource} is watched by this worker; it knows ${Object.keys(kinds).join(', ')}`);
      const cancelled = cancellationSignal();
      const gather = new Gather(
        (owner) => wake.owner(owner),
        (error, owner) => log.warn(`could not wake ${owner.workflow} of ${owner.namespace}/${owner.name}`, { error: String(error) }),
      );
      const delivered: ResourceVersions = { ...(activityInfo().heartbeatDetails as ResourceVersions | undefined) };
      const reached: ResourceVersions = {};
      const beat = setInterval(() => {
        if (gather.idle) Object.assign(delivered, reached);
        heartbeat(delivered);
      }, heartbeatMs);
      heartbeat(delivered);
      try {
        // Once everything is listed: what goes after that is seen going.
        const unlisted = new Set(kind.scopes);
        const listed = async (scope: string | undefined) => {
          unlisted.delete(scope);
          if (unlisted.size === 0) await kind.afterGap?.();
        };
        const watchOne = (scope: string | undefined) => {
          const key = scope ?? '*';
          return watchScope(
            client,
            kind,
            scope,
            { resumeAt: delivered[key], toldUpTo: toldUpTo?.[key] },
            gather,
            reached,
            listed,
            cancelled,
          );
        };
        await Promise.all(kind.scopes.map(watchOne));
      } finally {
        clearInterval(beat);
        gather.stop();
      }
    },
  };
}

/** Where the watch of one namespace begins. */
interface Beginning {
  /** up to there an attempt of this very watch has told everybody */
  resumeAt: string | undefined;
  /** up to there another one has, which a worker that starts does not rely on */
  toldUpTo: string | undefined;
}

async function watchScope(
  client: KubernetesClient,
  kind: WatchedKind,
  scope: string | undefined,
  begin: Beginning,
  gather: Gather,
  reached: ResourceVersions,
  listed: (scope: string | undefined) => Promise<void>,
  cancelled: AbortSignal,
): Promise<void> {
  const selectors = kind.fieldSelector === undefined ? {} : { fieldSelector: kind.fieldSelector };
  const seen = new Map<string, Seen>();
  const keyOf = ({ metadata }: KubernetesObject) => `${metadata.namespace ?? ''}/${metadata.name}`;
  const observe = async (object: KubernetesObject, before = seen.get(keyOf(object))) => {
    const routed = await kind.route(object, before);
    seen.set(keyOf(object), routed.seen);
    return routed.owners;
  };
  const tell = (owners: Owner[] = []) => owners.forEach((owner) => gather.add(owner));
  let { resumeAt } = begin;
  /** First what is as it was: from it is known whom the rest concerns. */
  const observeListed = async (objects: KubernetesObject[]) => {
    const since = resumeAt ?? begin.toldUpTo;
    const isKnown = (object: KubernetesObject) => since !== undefined && !isNewer(object, since);
    for (const object of objects.filter(isKnown)) {
      const owners = await observe(object);
      // A worker that starts has everybody look again, which may wait until those who must have looked.
      if (resumeAt === undefined) tell(owners.map((owner) => ({ ...owner, urgent: false })));
    }
    for (const object of objects.filter((each) => !isKnown(each)))
      tell(await observe(object, seen.get(keyOf(object)) ?? (since === undefined ? undefined : forgotten)));
    tell(await kind.untold?.(objects));
  };
  const forget = async (object: KubernetesObject) => {
    seen.delete(keyOf(object));
    tell(ownersOfDeleted(await kind.route(object, undefined)));
  };

  for (let version: string | undefined; !cancelled.aborted;) {
    try {
      if (version === undefined) {
        const list = await client.list<KubernetesObject>(kind.resource, scope, selectors);
        await observeListed(list.items);
        version = list.resourceVersion;
        reached[scope ?? '*'] = version;
        await listed(scope);
      }
      await client.watch<KubernetesObject>(
        kind.resource,
        { ...selectors, ...(scope === undefined ? {} : { namespace: scope }), resourceVersion: version, signal: cancelled },
        async ({ type, object }) => {
          if (type === 'DELETED') await forget(object);
          else if (type !== 'BOOKMARK') tell(await observe(object));
          version = object.metadata.resourceVersion ?? version;
          reached[scope ?? '*'] = version ?? '';
        },
      );
    } catch (error) {
      if (cancelled.aborted) return;
      if (!isGone(error)) throw error;
      version = undefined;
      resumeAt = reached[scope ?? '*'];
    }
  }
}

/** Resource versions are comparable numbers since Kubernetes 1.35 (KEP-5504); where they are not, everything counts as newer. */
function isNewer({ metadata }: KubernetesObject, than: string): boolean {
  const version = metadata.resourceVersion ?? '';
  if (!/^\d+$/.test(version) || !/^\d+$/.test(than)) return true;
  return BigInt(version) > BigInt(than);
}
