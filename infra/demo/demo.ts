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
  demoSource,
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

  const existing = await sourceOf(client, places);
  const source = existing ?? demoSource(places, registry);
  await pushInputs(registry, source);
  if (existing !== undefined) await followRegistry(client, places, registry);
  const created = existing === undefined && (await create(client, { resource: imageStreams, object: source }));
  log(`demo: stream ${demoNames.stream} with ${componentNames.length} input images ${created ? 'loaded' : 'is there'}`);
  return { created };
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
  const source = await sourceOf(client, places);
  if (source === undefined) throw new DemoError(`the demo is not loaded: there is no image stream ${places.releases}/${demoNames.source}`);
  const builds = buildsOf(source);
  const component = options.component ?? leastBuilt(builds);
  const build = builds.get(component);
  if (build === undefined) throw new DemoError(`the demo has no component ${component}; it has ${[...builds.keys()].join(', ')}`);

  const digest = await pushImage(registry, repositoryOf(component), tagOf(build + 1), componentImage(component, build + 1));
  const tag = componentTag(registry, component, build + 1);
  await changeSource(client, places, (current) => ({
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

const sourceOf = (client: KubernetesClient, { releases }: DemoPlaces) => client.get<ImageStream>(imageStreams, releases, demoNames.source);

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

async function followRegistry(client: KubernetesClient, places: DemoPlaces, registry: string): Promise<void> {
  await changeSource(client, places, (source) => {
    const { annotations = {} } = source.metadata;
    const before = annotations[registryAnnotation];
    if (before === undefined || before === registry) return undefined;
    const moved = (text: string) => text.replaceAll(`${before}/`, `${registry}/`);
    return {
      ...source,
      metadata: {
        ...source.metadata,
        annotations: { ...annotations, [annotation.config]: moved(annotations[annotation.config] ?? ''), [registryAnnotation]: registry },
      },
      spec: {
        ...source.spec,
        tags: (source.spec?.tags ?? []).map((tag) => (tag.from ? { ...tag, from: { ...tag.from, name: moved(tag.from.name) } } : tag)),
      },
    };
  });
}

/** Changes the stream as it is now, again where someone else was faster. */
async function changeSource(
  client: KubernetesClient,
  places: DemoPlaces,
  change: (source: ImageStream) => ImageStream | undefined,
): Promise<void> {
  for (;;) {
    const current = await sourceOf(client, places);
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
