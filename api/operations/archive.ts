import { z } from 'zod';
import { isAlreadyExists, isConflict } from '../../activities/kubernetes/client.ts';
import { imageStreams } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import { Problem } from '../problem.ts';
import { announce, attribution, operation, orderedByAnnotation, readImageStream, type Order } from './operation.ts';
import { removeUnlessKept } from './tags.ts';

/** `begun` until every tag is moved; only then is the archive finished, and refused a second time. */
const archiveAnnotation = 'waybill.dev/archive';

const input = z.object({
  namespace: z.string().min(1),
  imageStream: z.string().min(1),
  version: z.string().regex(/^\d+\.\d+$/, 'version must be like 4.18'),
});

/**
 * Moves the releases of one version into an image stream of their own, where nothing drives them. Each step finds what an
 * earlier, interrupted one left: the archive is filled before anything is removed.
 */
export const archive = operation(input, async ({ namespace, imageStream, version }, order) => {
  const { client } = order;
  const stream = await readImageStream(client, namespace, imageStream);
  const name = `${imageStream}-archive-${version}`;
  const existing = await client.get<ImageStream>(imageStreams, namespace, name);
  if (existing !== undefined && existing.metadata.annotations?.[archiveAnnotation] !== 'begun')
    throw new Problem(
      409,
      'Archived',
      `the archive ${namespace}/${name} exists`,
      'its releases are there already; remove the archive by hand to make another',
    );
  const [kept, moved] = releasesOf(stream, version);
  const left = kept.map(({ name: tag }) => `leave tag ${tag}, which is kept`);
  if (moved.length === 0 && existing === undefined)
    throw new Problem(
      404,
      'No such releases',
      `image stream ${namespace}/${imageStream} has no tag ${version}.* that is not kept`,
      'name another version',
    );

  const changes = [
    ...(existing === undefined ? [`make image stream ${namespace}/${name}`] : [`go on with image stream ${namespace}/${name}`]),
    ...moved.map(({ name: tag }) => `move tag ${tag} there`),
    ...left,
  ];
  if (!order.execute) return { changes, before: [stream] };
  if (existing === undefined) await create(order, stream, name, moved);
  await addMissing(order, stream, name, moved);
  await restoreStatus(order, stream, name, moved);
  const tags = moved.map((tag) => tag.name);
  await removeUnlessKept(order, namespace, imageStream, tags);
  await client.patch(imageStreams, namespace, name, { metadata: { annotations: { [archiveAnnotation]: 'finished' } } });
  await announce(order, stream, `${version} to ${name}`);
  return { changes, before: [stream] };
});

function releasesOf({ spec }: ImageStream, version: string): [kept: TagReference[], moved: TagReference[]] {
  const all = (spec?.tags ?? []).filter(({ name }) => name.startsWith(`${version}.`));
  const isKept = ({ annotations }: TagReference) => annotations?.[annotation.keep] !== undefined;
  return [all.filter(isKept), all.filter((tag) => !isKept(tag))];
}

async function create(order: Order, stream: ImageStream, name: string, tags: TagReference[]): Promise<void> {
  const annotations = { [archiveAnnotation]: 'begun', [orderedByAnnotation]: attribution(order) };
  const { apiVersion, kind, spec, metadata } = stream;
  const archived = {
    apiVersion,
    kind,
    metadata: { namespace: metadata.namespace, name, annotations },
    spec: { ...spec, tags: tags.map(fresh) },
  };
  await order.client.create(imageStreams, archived as ImageStream).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

/** A number that the other stream gave would read as an import that was done here. */
function fresh({ generation: _, ...tag }: TagReference): TagReference {
  return tag;
}

/** Releases that were made after the archive was begun. */
async function addMissing({ client }: Order, { metadata }: ImageStream, name: string, tags: TagReference[]): Promise<void> {
  for (;;) {
    const current = await readImageStream(client, metadata.namespace ?? '', name);
    const there = new Set((current.spec?.tags ?? []).map((tag) => tag.name));
    const missing = tags.filter((tag) => !there.has(tag.name));
    if (missing.length === 0) return;
    const wanted = { ...current, spec: { ...current.spec, tags: [...(current.spec?.tags ?? []), ...missing.map(fresh)] } };
    if (await written(client.replace(imageStreams, wanted))) return;
  }
}

/** Tags that point at no image of a registry are never imported: what they show was pushed, and is taken over. */
async function restoreStatus({ client }: Order, { metadata, status }: ImageStream, name: string, tags: TagReference[]): Promise<void> {
  const pushed = new Set(tags.flatMap(({ name: tag, from }) => (from?.kind === 'DockerImage' ? [] : [tag])));
  const wanted = (status?.tags ?? []).filter(({ tag }) => pushed.has(tag));
  for (;;) {
    const current = await readImageStream(client, metadata.namespace ?? '', name);
    const there = new Set((current.status?.tags ?? []).flatMap(({ tag, items }) => (items?.length ? [tag] : [])));
    const missing = wanted.filter(({ tag }) => !there.has(tag));
    if (missing.length === 0) return;
    const others = (current.status?.tags ?? []).filter(({ tag }) => there.has(tag) || !pushed.has(tag));
    if (await written(client.replaceStatus(imageStreams, { ...current, status: { ...current.status, tags: [...others, ...missing] } })))
      return;
  }
}

/** @returns false when somebody else wrote first */
async function written(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}
