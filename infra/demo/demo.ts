import pLimit from 'p-limit';
import { isAlreadyExists, isConflict } from '../../activities/kubernetes/client.ts';
import type { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { imageStreams, namespaces } from '../../activities/kubernetes/resources.ts';
import { annotation, label } from '../../domain/payload/annotations.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import { pushImage } from '../oci/push.ts';
import { buildOf, componentImage, componentNames, repositoryOf, tagOf } from './components.ts';
import {
  componentTag,
  demoNamespaces,
  demoSources,
  demoSurroundings,
  registryAnnotation,
  usualPlaces,
  type DemoPlaces,
  type Placed,
} from './objects.ts';
import { demoNames } from './stream.ts';

export interface DemoOptions {
  client: KubernetesClient;
  /** `host:port` of the registry that the input images are pushed to */
  registry: string;
  places?: DemoPlaces;
  log: (line: string) => void;
}

const pushesAtOnce = 6;

/** There is no such component, or no demo. Repeating does not help. */
export class DemoError extends Error {
  override name = 'DemoError';
}

/**
 * Loads the demo: a release stream of the size of a real nightly, its input images, and the Prow jobs that verify it.
 * What is there is left as it is, so that changes by hand stay; only a registry that has moved is followed.
 *
 * @returns whether the stream is new, which begins its first release
 * @throws PushFailed, KubernetesError (worth repeating)
 */
export async function loadDemo({ client, registry, places = usualPlaces, log }: DemoOptions): Promise<{ created: boolean }> {
  for (const placed of demoNamespaces(places)) await create(client, placed);
  await client.patch(namespaces, undefined, places.releases, { metadata: { labels: { [label.releases]: 'true' } } });
  await Promise.all(demoSurroundings(places).map((placed) => create(client, placed)));

  let created = false;
  for (const planned of demoSources(places, registry)) created = await loadSource(client, planned, registry);
  log(`demo: stream ${demoNames.stream} with ${componentNames.length} input images ${created ? 'loaded' : 'is there'}`);
  return { created };
}

/** @returns whether it was created now */
async function loadSource(client: KubernetesClient, planned: ImageStream, registry: string): Promise<boolean> {
  const { namespace, name } = planned.metadata;
  const existing = await client.get<ImageStream>(imageStreams, namespace, name);
  // images first, so that the stream has something to import
  await pushInputs(registry, existing ?? planned);
  if (existing === undefined) return create(client, { resource: imageStreams, object: planned });
  await changeSource(client, planned, (current) => followed(current, registry));
  return false;
}

/**
 * Pushes a new build of one component and points the source stream at it: the next release begins, as soon as the
 * one in progress allows.
 *
 * @param component the one with the fewest builds when absent
 * @returns what was pushed
 * @throws DemoError (permanent) for an unknown component, or when the demo is not loaded
 * @throws PushFailed, KubernetesError (worth repeating)
 */
export async function pushDemoImage(
  options: DemoOptions & { component?: string },
): Promise<{ component: string; pullSpec: string; digest: string }> {
  const { client, registry, places = usualPlaces, log } = options;
  const source = await client.get<ImageStream>(imageStreams, places.releases, demoNames.source);
  if (source === undefined) throw new DemoError(`the demo is not loaded: there is no image stream ${places.releases}/${demoNames.source}`);
  const builds = buildsOf(source);
  const component = options.component ?? leastBuilt(builds);
  const build = builds.get(component);
  if (build === undefined) throw new DemoError(`the demo has no component ${component}; it has ${[...builds.keys()].join(', ')}`);

  const digest = await pushImage(registry, repositoryOf(component), tagOf(build + 1), componentImage(component, build + 1));
  const tag = componentTag(registry, component, build + 1);
  await changeSource(client, source, (current) => ({
    ...current,
    spec: { ...current.spec, tags: (current.spec?.tags ?? []).map((each) => (each.name === component ? { ...each, ...tag } : each)) },
  }));
  log(`demo: ${component} is now build ${build + 1} (${digest})`);
  return { component, pullSpec: tag.from?.name ?? '', digest };
}

/** @returns whether it was created now */
async function create(client: KubernetesClient, { resource, object }: Placed): Promise<boolean> {
  try {
    await client.create(resource, object);
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    throw error;
  }
}

/** Images depend on component and build alone, so a registry that lost its content gets the same ones again. */
async function pushInputs(registry: string, source: ImageStream): Promise<void> {
  const limit = pLimit(pushesAtOnce);
  const push = ([component, build]: [string, number]) =>
    pushImage(registry, repositoryOf(component), tagOf(build), componentImage(component, build));
  await Promise.all([...buildsOf(source)].map((entry) => limit(() => push(entry))));
}

/** Tags that point at the demo's own images, and at which build. */
function buildsOf({ spec }: ImageStream): Map<string, number> {
  const tags = (spec?.tags ?? []).flatMap(({ name, from }) => {
    const [, path, tag = ''] = /^[^/]+\/(.+):([^:/]+)$/.exec(from?.name ?? '') ?? [];
    const build = path === repositoryOf(name) ? buildOf(tag) : undefined;
    return build === undefined ? [] : [[name, build] as const];
  });
  return new Map(tags);
}

const leastBuilt = (builds: ReadonlyMap<string, number>) => [...builds].toSorted(([, a], [, b]) => a - b)[0]?.[0] ?? 'at all';

/** @returns undefined where nothing is to be changed */
function followed(source: ImageStream, registry: string): ImageStream | undefined {
  const { annotations = {} } = source.metadata;
  const before = annotations[registryAnnotation];
  if (before === undefined || before === registry) return undefined;
  const moved = (text: string) => text.replaceAll(`${before}/`, `${registry}/`);
  const config = moved(annotations[annotation.config] ?? '');
  const tags = (source.spec?.tags ?? []).map((tag) => (tag.from ? { ...tag, from: { ...tag.from, name: moved(tag.from.name) } } : tag));
  return {
    ...source,
    metadata: { ...source.metadata, annotations: { ...annotations, [annotation.config]: config, [registryAnnotation]: registry } },
    spec: { ...source.spec, tags },
  };
}

/** Changes a stream as it is now, again where someone else was faster. */
async function changeSource(client: KubernetesClient, { metadata }: ImageStream, change: (source: ImageStream) => ImageStream | undefined) {
  for (;;) {
    const current = await client.get<ImageStream>(imageStreams, metadata.namespace, metadata.name);
    const changed = current && change(current);
    if (changed === undefined) return;
    try {
      await client.replace(imageStreams, changed);
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}
