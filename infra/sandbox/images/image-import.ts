import pLimit from 'p-limit';
import { isConflict } from '../../../activities/kubernetes/client.ts';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import { parseImageReference } from '../../../domain/payload/image-reference.ts';
import type { ImageStream, TagEvent, TagReference } from '../../../domain/payload/kinds.ts';
import { copyImage } from './copy-image.ts';
import { resolveImage, sourceRepository, sourceStreamOf } from './image-resolver.ts';
import type { PlayerOptions } from '../player.ts';
import { Reflector, keyOf, revisionOf } from '../loop/reflector.ts';
import { RegistryError } from './registry.ts';
import type { Registry } from './registry.ts';
import type { ImportRule } from '../orders/rule-schema.ts';
import { internalRepository, registryPath } from './stream-names.ts';
import { isImported, sourceOf, statusTag, tagsAfter } from './stream-status.ts';
import type { ImportResult } from './stream-status.ts';
import { WorkQueue } from '../loop/work-queue.ts';

const streamsAtOnce = 8;
const imagesAtOnce = 32;
const registryRetryMs = 1_000;

/**
 * Plays OpenShift's image import for every ImageStream of the cluster. Two writes bring a changed stream to rest: the
 * generations of its spec tags, then everything that was imported. A stream at rest is not written.
 */
export async function playImageImport({
  client,
  rules,
  plays,
  registry,
  signal,
  log,
}: PlayerOptions & { registry: Registry }): Promise<void> {
  const queue = new WorkQueue({ name: 'image-import', work: bringToRest, concurrency: streamsAtOnce, concerns: plays, signal, log });
  const store = new Reflector<ImageStream>({ client, signal, log, resource: imageStreams, onChange });
  const memories = new Map<string, StreamMemory>();
  const waitingFor = new Map<string, Set<string>>();
  const limit = pLimit(imagesAtOnce);

  function onChange(key: string, stream: ImageStream | undefined): void {
    if (stream === undefined) memories.delete(key);
    else queue.add(key);
    for (const waiting of waitingFor.get(key) ?? []) queue.add(waiting);
    waitingFor.delete(key);
  }

  async function bringToRest(key: string): Promise<number | undefined> {
    const stream = store.get(key);
    if (stream === undefined) return undefined;
    const memory = memoryOf(key, stream);
    try {
      const current = await withGenerations(stream, memory);
      return await importInto(key, current, memory);
    } catch (error) {
      if (!isConflict(error)) throw error;
      const fresh = await client.get<ImageStream>(imageStreams, stream.metadata.namespace, stream.metadata.name);
      if (fresh !== undefined) store.put(fresh);
      return 0;
    }
  }

  function memoryOf(key: string, stream: ImageStream): StreamMemory {
    const known = memories.get(key);
    if (known !== undefined && known.uid === stream.metadata.uid) return known;
    const fresh: StreamMemory = { uid: stream.metadata.uid, sources: new Map(), since: new Map() };
    memories.set(key, fresh);
    return fresh;
  }

  /** A tag that is new or was pointed elsewhere takes the stream's generation, which makes it newer than what was imported. */
  async function withGenerations(stream: ImageStream, memory: StreamMemory): Promise<ImageStream> {
    const tags = stream.spec?.tags ?? [];
    const stale = await Promise.all(
      tags.map(async (tag) => tag.from != null && (!tag.generation || (await wasPointedElsewhere(stream, tag, memory)))),
    );
    if (!stale.includes(true)) return stream;
    const generation = stream.metadata.generation ?? 1;
    const raised = tags.map((tag, index) => (stale[index] === true ? { ...tag, generation } : tag));
    const written = await client.replace(imageStreams, { ...stream, spec: { ...stream.spec, tags: raised } });
    for (const tag of written.spec?.tags ?? []) memory.sources.set(tag.name, sourceOf(tag));
    store.put(written);
    return written;
  }

  /** After a restart nothing is remembered: then what was imported is compared with what would be imported now. */
  async function wasPointedElsewhere(stream: ImageStream, tag: TagReference, memory: StreamMemory): Promise<boolean> {
    if (!isImported(stream, tag)) return false;
    const remembered = memory.sources.get(tag.name);
    if (remembered !== undefined) return remembered !== sourceOf(tag);
    if (tag.from?.kind === 'ImageStreamTag') return false;
    const result = await limit(() => resolve(stream, tag));
    const before = newestImport(stream, tag);
    return result.kind === 'imported' && before !== undefined && result.image !== before.image;
  }

  async function importInto(key: string, stream: ImageStream, memory: StreamMemory): Promise<number | undefined> {
    const tags = (stream.spec?.tags ?? []).filter((tag) => tag.from != null);
    const due = tags.filter((tag) => !isImported(stream, tag) || followsOwnTag(stream, tag));
    const book = due.length === 0 ? [] : await rules.of('import-rules', revisionOf(stream));
    const results = new Map(
      await Promise.all(due.map(async (tag) => [tag.name, await limit(() => importTag(stream, tag, memory, book))] as const)),
    );
    for (const tag of due)
      if (results.get(tag.name)?.kind === 'failed' && tag.from?.kind !== 'DockerImage') waitFor(sourceStreamOf(stream, tag.from), key);
    await writeStatus(stream, results);
    for (const tag of tags) if (results.get(tag.name)?.kind !== 'delayed') memory.sources.set(tag.name, sourceOf(tag));
    return soonest(results);
  }

  async function importTag(
    stream: ImageStream,
    tag: TagReference,
    memory: StreamMemory,
    book: readonly ImportRule[],
  ): Promise<ImportResult> {
    const repository = sourceRepository(stream, tag);
    const rule = book.find((each) => each.repository.test(repository) && (each.namespace?.test(stream.metadata.namespace ?? '') ?? true));
    const delayMs = delayOf(tag, memory, rule);
    if (delayMs > 0) return { kind: 'delayed', delayMs };
    if (rule?.outcome === 'fail')
      return {
        kind: 'failed',
        reason: 'NotFound',
        message: rule.message ?? `dockerimage.image.openshift.io "${tag.from?.name}" not found`,
      };
    return resolve(stream, tag, true);
  }

  /** @param toStay whether the image is also made available in the stream's own repository */
  async function resolve(stream: ImageStream, tag: TagReference, toStay = false): Promise<ImportResult> {
    try {
      const result = await resolveImage(stream, tag, { registry, stream: store.get });
      if (toStay && result.kind === 'imported') await passOn(registry, stream, tag, result.image);
      return result;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      return { kind: 'failed', reason: 'InternalError', message: `Internal error occurred: ${error.message}` };
    }
  }

  async function writeStatus(stream: ImageStream, results: ReadonlyMap<string, ImportResult>): Promise<void> {
    const { namespace = '', name } = stream.metadata;
    const tags = tagsAfter(stream, results, new Date().toISOString().replace(/\.\d+Z$/, 'Z'));
    const status = {
      ...stream.status,
      dockerImageRepository: internalRepository(namespace, name),
      publicDockerImageRepository: `${registry.host}/${namespace}/${name}`,
    };
    const same =
      status.dockerImageRepository === stream.status?.dockerImageRepository &&
      status.publicDockerImageRepository === stream.status?.publicDockerImageRepository;
    if (same && tags === (stream.status?.tags ?? tags)) return;
    store.put(await client.replaceStatus(imageStreams, { ...stream, status: { ...status, tags } }));
  }

  function waitFor(source: string, key: string): void {
    waitingFor.set(source, (waitingFor.get(source) ?? new Set()).add(key));
  }

  await store.start();
  rules.onChange((book) => {
    if (book === 'import-rules') for (const key of store.keys()) queue.add(key);
  });
}

/**
 * OpenShift's registry passes on what a stream has only imported. Ours holds a copy, of what lies in itself: so the pull
 * spec of the stream's tag leads to the image.
 */
async function passOn(registry: Registry, stream: ImageStream, tag: TagReference, image: string): Promise<void> {
  const reference = tag.from?.kind === 'DockerImage' ? parseImageReference(tag.from.name) : undefined;
  if (reference === undefined || image === '' || !registry.is(reference.registry)) return;
  const [from, to] = [registryPath(reference), `${stream.metadata.namespace}/${stream.metadata.name}`];
  const manifest = from === to ? undefined : await registry.manifest(from, image);
  if (manifest !== undefined) await copyImage(registry, manifest, { from, to, as: tag.name });
}

/** What this process remembers of one stream. All of it can be lost. */
interface StreamMemory {
  uid: string | undefined;
  /** where each tag pointed when it was last imported */
  sources: Map<string, string>;
  /** when an ordered delay began, by tag and source */
  since: Map<string, number>;
}

function delayOf(tag: TagReference, { since }: StreamMemory, rule: ImportRule | undefined): number {
  const source = `${tag.name} ${tag.generation} ${sourceOf(tag)}`;
  const begun = since.get(source) ?? Date.now();
  since.set(source, begun);
  return rule?.seconds === undefined ? 0 : begun + rule.seconds * 1000 - Date.now();
}

/** What was pushed over an imported image did not come from where the tag points. */
function newestImport(stream: ImageStream, { name }: TagReference): TagEvent | undefined {
  const { namespace = '', name: streamName } = stream.metadata;
  const own = `${internalRepository(namespace, streamName)}@`;
  return statusTag(stream, name)?.items?.find(({ dockerImageReference }) => !dockerImageReference.startsWith(own));
}

/** Within one stream a tag that points at a tag follows it; across streams it is imported once. */
const followsOwnTag = (stream: ImageStream, { from }: TagReference) =>
  from?.kind === 'ImageStreamTag' && sourceStreamOf(stream, from) === keyOf(stream);

/** How long until a delayed import is due, or a registry that failed is asked again. */
function soonest(results: ReadonlyMap<string, ImportResult>): number | undefined {
  const waits = [...results.values()].flatMap((result) => {
    if (result.kind === 'delayed') return [result.delayMs];
    return result.kind === 'failed' && result.reason === 'InternalError' ? [registryRetryMs] : [];
  });
  return waits.length === 0 ? undefined : Math.min(...waits);
}
