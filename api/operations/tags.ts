import { z } from 'zod';
import { annotateTag } from '../../activities/kubernetes/tag-writer.ts';
import { removeTags } from '../../activities/kubernetes/image-stream-tags.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { Problem } from '../problem.ts';
import { announce, attribution, findTag, operation, orderedByAnnotation, readImageStream, type FoundTag, type Order } from './operation.ts';

const bypassAnnotation = 'release.openshift.io/bypass';

const name = z.string().min(1).max(253);
export const ofTag = z.object({ namespace: name, tag: name, imageStream: name.optional(), usual: name.optional() });

async function setAnnotation(
  order: Order,
  { stream, tag }: FoundTag,
  key: string,
  value: string | undefined,
): Promise<{ changes: string[] }> {
  const before = tag.annotations?.[key];
  if (before === value) return { changes: [] };
  const place = `${stream.metadata.namespace}/${stream.metadata.name}`;
  const changes = [
    value === undefined ? `take ${key} off tag ${tag.name} of ${place}` : `set ${key}=${value} on tag ${tag.name} of ${place}`,
  ];
  if (!order.execute) return { changes };
  const wanted = { [key]: value, [orderedByAnnotation]: attribution(order) };
  await annotateTag(order.client, stream.metadata.namespace ?? '', stream.metadata.name, tag.name, wanted);
  await announce(order, stream, tag.name);
  return { changes };
}

/** A kept release is not removed by retention, and not by `prune`. */
export const keep = operation(ofTag, async (input, order) => {
  const found = await findTag(order.client, input);
  // Any value keeps; one that is there stays as somebody wrote it.
  if (found.tag.annotations?.[annotation.keep] !== undefined) return { changes: [] };
  return setAnnotation(order, found, annotation.keep, 'true');
});

export const unkeep = operation(ofTag, async (input, order) =>
  setAnnotation(order, await findTag(order.client, input), annotation.keep, undefined),
);

/** A mark for people and their tools: nothing of release-controller or of Waybill reads it. */
export const bypass = operation(ofTag, async (input, order) =>
  setAnnotation(order, await findTag(order.client, input), bypassAnnotation, 'true'),
);

const ofTags = z.object({ namespace: name, tags: z.array(name).min(1).max(500), imageStream: name.optional(), usual: name.optional() });

/** Removes releases; their payloads and jobs are collected afterwards, as for those whose time is over. */
export const prune = operation(ofTags, async ({ tags, ...place }, order) => {
  const read = readOnce();
  const found = await Promise.all(tags.map((tag) => findTag(order.client, { ...place, tag }, read)));
  const kept = found.filter(({ tag }) => tag.annotations?.[annotation.keep] !== undefined).map(({ tag }) => tag.name);
  if (kept.length > 0)
    throw new Problem(
      409,
      'Kept',
      `${kept.join(', ')} may not be removed: kept by annotation ${annotation.keep}; nothing was removed`,
      `leave them out, or take the annotation off with \`waybill release unkeep\``,
    );
  const changes = found.map(({ tag, stream }) => `remove tag ${tag.name} of ${stream.metadata.namespace}/${stream.metadata.name}`);
  const streams = new Map(found.map(({ stream }) => [stream.metadata.name, stream]));
  const before = [...streams.values()];
  if (!order.execute) return { changes, before };
  for (const stream of before) {
    const own = found.filter((each) => each.stream.metadata.name === stream.metadata.name).map(({ tag }) => tag.name);
    await removeUnlessKept(order, place.namespace, stream.metadata.name, own);
    for (const tag of own) await announce(order, stream, tag);
  }
  return { changes, before };
});

/** An image stream is large, and mostly all tags are in one. */
function readOnce(): typeof readImageStream {
  const known = new Map<string, ReturnType<typeof readImageStream>>();
  return (client, namespace, stream) => {
    const reading = known.get(stream) ?? readImageStream(client, namespace, stream);
    known.set(stream, reading);
    return reading;
  };
}

/** Removes tags that are not kept by now; the stream may be written by others meanwhile. */
export async function removeUnlessKept({ client }: Order, namespace: string, stream: string, tags: readonly string[]): Promise<void> {
  for (;;) {
    const current = await readImageStream(client, namespace, stream);
    const kept = new Set((current.spec?.tags ?? []).flatMap((tag) => (tag.annotations?.[annotation.keep] === undefined ? [] : [tag.name])));
    if (
      await removeTags(
        client,
        current,
        tags.filter((tag) => !kept.has(tag)),
      )
    )
      return;
  }
}
