import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import { failedImports, failedTags } from '../../domain/payload/failed-imports.ts';
import type { StreamId } from '../contract.ts';
import type { Reimported, ReimportActivities } from '../reimport-contract.ts';
import { isConflict, KubernetesError, type KubernetesClient, type KubernetesObject } from './client.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { imageStreamImports, imageStreams } from './resources.ts';

interface ImageStreamImport extends KubernetesObject {
  spec: { import: boolean; images: object[] };
  status?: { images?: { tag?: string; status?: { status?: string; message?: string } }[] };
}

/** A stream whose images are being imported is written again and again. */
const mostTries = 5;

export function reimportActivities({
  client,
  releaseNamespaces,
}: Pick<PayloadDependencies, 'client' | 'releaseNamespaces'>): Pick<ReimportActivities, keyof ReimportActivities> {
  return {
    async findFailedImports() {
      const lists = await Promise.all(
        [...(await releaseNamespaces.all())].map((namespace) => client.list<ImageStream>(imageStreams, namespace)),
      );
      const driven = ({ metadata }: ImageStream) => releaseNamespaces.includes(metadata.namespace ?? '', metadata.name);
      return lists.flatMap(({ items }) => items.filter(driven)).flatMap(failedImports);
    },
    reimportTags: (stream, tags) => reimport(client, stream, tags),
  };
}

/**
 * Has the images of tags imported again: by an ImageStreamImport where the server has them, as `oc import-image` does;
 * elsewhere by taking the spec tag's generation away, which says that it has not been imported yet.
 *
 * @param tags those whose import failed, where absent
 * @returns an entry a tag; none when the stream does not exist
 */
export async function reimport(client: KubernetesClient, id: StreamId, tags?: readonly string[]): Promise<Reimported[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await reimportOnce(client, id, tags);
    } catch (error) {
      if (!isConflict(error) || tries === mostTries) throw error;
    }
  }
}

async function reimportOnce(client: KubernetesClient, { namespace, name }: StreamId, tags?: readonly string[]): Promise<Reimported[]> {
  const stream = await client.get<ImageStream>(imageStreams, namespace, name);
  if (stream === undefined) return [];
  const wanted = tags ?? failedTags(stream).map(({ tag }) => tag);
  if (wanted.length === 0) return [];
  const specTags = stream.spec?.tags ?? [];
  const found = wanted.map((tag) => specTags.find((spec) => spec.name === tag && spec.from?.kind === 'DockerImage'));
  const known = found.filter((tag) => tag !== undefined);
  const refused = wanted.filter((_, index) => found[index] === undefined).map((tag) => failed(tag, 'it is no tag that points at an image'));
  if (known.length === 0) return refused;
  const asked = (await servesImports(client)) ? await importAgain(client, stream, known) : await forgetImport(client, stream, known);
  return [...asked, ...refused];
}

const failed = (tag: string, message: string): Reimported => ({ tag, ok: false, message });

async function servesImports(client: KubernetesClient): Promise<boolean> {
  const { group, version, plural } = imageStreamImports;
  const { resources = [] } = (await client.raw(`/apis/${group}/${version}`)) as { resources?: { name: string }[] };
  return resources.some(({ name }) => name === plural);
}

async function importAgain(client: KubernetesClient, { metadata }: ImageStream, tags: readonly TagReference[]): Promise<Reimported[]> {
  const { namespace = '', name, resourceVersion } = metadata;
  const images = tags.map(({ name: tag, from, importPolicy, referencePolicy }) => ({
    from,
    to: { name: tag },
    ...(importPolicy === undefined ? {} : { importPolicy }),
    ...(referencePolicy === undefined ? {} : { referencePolicy }),
  }));
  const request: ImageStreamImport = {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStreamImport',
    metadata: { namespace, name, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: { import: true, images },
  };
  return orRefused(tags, async () => {
    const { status } = await client.create(imageStreamImports, request);
    return tags.map(({ name: tag }, index) => {
      const answer = status?.images?.[index]?.status;
      return answer?.status === 'Success' ? { tag, ok: true } : failed(tag, answer?.message ?? 'the server said nothing about it');
    });
  });
}

/** A stream that was written since it was read is a conflict, and read again. */
async function forgetImport(client: KubernetesClient, stream: ImageStream, tags: readonly TagReference[]): Promise<Reimported[]> {
  const forgotten = (stream.spec?.tags ?? []).map((tag) => (tags.includes(tag) ? { ...tag, generation: null } : tag));
  return orRefused(tags, async () => {
    await client.replace(imageStreams, { ...stream, spec: { ...stream.spec, tags: forgotten } });
    return tags.map(({ name: tag }) => ({ tag, ok: true }));
  });
}

/** What is said to this request alone is an answer; that somebody wrote the stream meanwhile is none. */
async function orRefused(tags: readonly TagReference[], ask: () => Promise<Reimported[]>): Promise<Reimported[]> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.status < 400 || error.status > 499 || isConflict(error)) throw error;
    return tags.map(({ name }) => failed(name, error.message));
  }
}
