import type { ImageStream } from '../../domain/payload/kinds.ts';
import { isConflict, KubernetesError, type KubernetesClient } from './client.ts';
import { imageStreams, imageStreamTags } from './resources.ts';
import { annotateTag } from './tag-writer.ts';

/** How long what discovery said is believed. */
const believedMs = 10 * 60_000;
const attempts = 5;

interface Known {
  served: boolean;
  at: number;
}
const known = new WeakMap<KubernetesClient, Known>();

/** Whether the server has `imagestreamtags`, as OpenShift does; a custom resource can not. Asked again after any trouble with one. */
export async function servesImageStreamTags(client: KubernetesClient): Promise<boolean> {
  const before = known.get(client);
  if (before !== undefined && Date.now() - before.at < believedMs) return before.served;
  const { group, version, plural } = imageStreamTags;
  const { resources = [] } = (await client.raw(`/apis/${group}/${version}`)) as { resources?: { name: string }[] };
  const served = resources.some(({ name }) => name === plural);
  known.set(client, { served, at: Date.now() });
  return served;
}

/**
 * Takes tags out of a stream, spec and status. With `imagestreamtags` each is deleted as one of them, since elsewise
 * OpenShift would keep its status tag; without, the stream itself is written, guarded by the version that was decided on.
 * Doing it again finishes what the first time left, a status tag without its spec tag for one.
 *
 * @param stream as it was decided on
 * @returns false when the stream changed meanwhile: decide again
 */
export async function removeTags(client: KubernetesClient, stream: ImageStream, tags: readonly string[]): Promise<boolean> {
  if (!(await servesImageStreamTags(client))) return removeFromStream(client, stream, new Set(tags));
  const { namespace, name, uid } = stream.metadata;
  for (const tag of tags) {
    const deleted = await orAskAgain(client, () =>
      client.delete(imageStreamTags, namespace, `${name}:${tag}`, uid === undefined ? {} : { uid }),
    );
    // not there: somebody was faster, or the resource is not served any more
    if (!deleted) known.delete(client);
  }
  return true;
}

/** Sets annotations of one tag, as {@link annotateTag}; where there are `imagestreamtags`, without reading the whole stream. */
export async function annotateOneTag(
  client: KubernetesClient,
  namespace: string,
  stream: string,
  tag: string,
  annotations: Record<string, string>,
): Promise<void> {
  if (!(await servesImageStreamTags(client))) return void (await annotateTag(client, namespace, stream, tag, annotations));
  try {
    await orAskAgain(client, () => client.patch(imageStreamTags, namespace, `${stream}:${tag}`, { metadata: { annotations } }));
  } catch (error) {
    // a tag that is gone is none to annotate: OpenShift calls it a bad request where the stream is still there
    if (!(error instanceof KubernetesError) || (error.status !== 404 && error.status !== 400)) throw error;
  }
}

async function orAskAgain<T>(client: KubernetesClient, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isConflict(error)) known.delete(client);
    throw error;
  }
}

async function removeFromStream(client: KubernetesClient, stream: ImageStream, tags: ReadonlySet<string>): Promise<boolean> {
  const specTags = stream.spec?.tags ?? [];
  const kept = specTags.filter(({ name }) => !tags.has(name));
  try {
    if (kept.length < specTags.length) await client.replace(imageStreams, { ...stream, spec: { ...stream.spec, tags: kept } });
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
  await removeStatusTags(client, stream, tags);
  return true;
}

/** Of tags that the spec has no more: one that was made again meanwhile keeps its status. */
async function removeStatusTags(client: KubernetesClient, { metadata }: ImageStream, tags: ReadonlySet<string>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const current = await client.get<ImageStream>(imageStreams, metadata.namespace, metadata.name);
    const wanted = new Set((current?.spec?.tags ?? []).map(({ name }) => name));
    const before = current?.status?.tags ?? [];
    const left = before.filter(({ tag }) => !tags.has(tag) || wanted.has(tag));
    if (current === undefined || left.length === before.length) return;
    try {
      await client.replaceStatus(imageStreams, { ...current, status: { ...current.status, tags: left } });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt === attempts) throw error;
    }
  }
}
