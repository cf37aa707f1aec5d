import { z } from 'zod';
import { isConflict } from '../../activities/kubernetes/client.ts';
import { reimport } from '../../activities/kubernetes/reimport.ts';
import { imageStreams } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { parseReleaseConfig } from '../../domain/payload/config.ts';
import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import { mirrorName } from '../../domain/payload/mirror.ts';
import { failedTags } from '../../domain/payload/failed-imports.ts';
import { statusTag } from '../../domain/payload/pull-spec.ts';
import { Problem } from '../problem.ts';
import { announce, attribution, findTag, operation, orderedByAnnotation, readImageStream } from './operation.ts';
import { ofTag } from './tags.ts';

const ofStream = z.object({ namespace: z.string().min(1), imageStream: z.string().min(1) });
const revertedFrom = 'reverted-from';

/** Has the images of tags imported again whose import failed. */
export const importFailed = operation(ofStream, async ({ namespace, imageStream }, order) => {
  const stream = await readImageStream(order.client, namespace, imageStream);
  const failed = failedTags(stream).map(({ tag }) => tag);
  const changes = failed.map((tag) => `import tag ${tag} of ${namespace}/${imageStream} again`);
  if (!order.execute || failed.length === 0) return { changes };
  const imported = await reimport(order.client, { namespace, name: imageStream }, failed);
  await announce(order, stream, imageStream);
  return { changes, imported };
});

/** A locked stream makes no new release; people read why on its page. */
export const lock = operation(ofStream.extend({ message: z.string().max(2_000).optional() }), ({ message, ...place }, order) =>
  annotateStream(place, { [annotation.mode]: 'locked', [annotation.messagePrefix]: message ?? order.reason }, order),
);

export const unlock = operation(ofStream, (place, order) =>
  annotateStream(place, { [annotation.mode]: undefined, [annotation.messagePrefix]: undefined }, order),
);

async function annotateStream(
  { namespace, imageStream }: z.output<typeof ofStream>,
  wanted: Record<string, string | undefined>,
  order: Parameters<typeof announce>[0],
) {
  const stream = await readImageStream(order.client, namespace, imageStream);
  const different = Object.entries(wanted).filter(([key, value]) => stream.metadata.annotations?.[key] !== value);
  const place = `${namespace}/${imageStream}`;
  const changes = different.map(([key, value]) => (value === undefined ? `take ${key} off ${place}` : `set ${key}=${value} on ${place}`));
  if (!order.execute || changes.length === 0) return { changes };
  const annotations = {
    ...Object.fromEntries(different.map(([key, value]) => [key, value ?? null])),
    [orderedByAnnotation]: attribution(order),
  };
  await order.client.patch(imageStreams, namespace, imageStream, { metadata: { annotations } });
  await announce(order, stream, imageStream);
  return { changes };
}

/** Points one input image at what it was in an earlier release. */
export const revert = operation(ofTag.extend({ component: z.string().min(1) }), async ({ component, ...place }, order) => {
  const { client } = order;
  const { tag } = await findTag(client, place);
  const [namespace = '', name = ''] = tag.annotations?.[annotation.source]?.split('/') ?? [];
  const source = await readImageStream(client, namespace, name);
  const parsed = parseReleaseConfig(source.metadata.annotations?.[annotation.config] ?? '');
  if (!parsed.ok)
    throw new Problem(409, 'No config', `the release config of ${namespace}/${name} can not be read: ${parsed.error}`, 'mend it first');
  const mirror = await readImageStream(client, namespace, mirrorName(parsed.config, source, tag.name));
  const earlier = statusTag(mirror, component)?.items?.[0]?.dockerImageReference;
  if (earlier === undefined)
    throw new Problem(
      404,
      'No such image',
      `the images of ${tag.name} (${namespace}/${mirror.metadata.name}) have no ${component}`,
      'name a tag of that image stream',
    );
  const current = source.spec?.tags?.find((each) => each.name === component);
  if (current?.from?.name === earlier) return { changes: [] };
  const changes = [`point ${component} of ${namespace}/${name} at ${earlier}`];
  if (!order.execute) return { changes, before: [source] };
  await pointAt({ client, source, component, earlier, by: attribution(order) });
  await announce(order, source, `${component} to ${tag.name}`);
  return { changes, before: [source] };
});

interface Pointed {
  client: Parameters<typeof readImageStream>[0];
  source: ImageStream;
  component: string;
  earlier: string;
  by: string;
}

async function pointAt({ client, source, component, earlier, by }: Pointed): Promise<void> {
  for (let current = source; ; current = await readImageStream(client, source.metadata.namespace ?? '', source.metadata.name)) {
    const before = current.spec?.tags?.find(({ name }) => name === component);
    const shown = before?.from?.name ?? statusTag(current, component)?.items?.[0]?.dockerImageReference ?? '';
    const { generation: _, ...rest } = before ?? { name: component, importPolicy: { importMode: 'PreserveOriginal' } };
    const tag: TagReference = {
      ...rest,
      from: { kind: 'DockerImage', name: earlier },
      annotations: { ...before?.annotations, [revertedFrom]: shown, [orderedByAnnotation]: by },
    };
    const others = (current.spec?.tags ?? []).filter(({ name }) => name !== component);
    try {
      await client.replace(imageStreams, { ...current, spec: { ...current.spec, tags: [...others, tag] } });
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

/** Has the stream looked at now. release-controller has to be moved by a change of the image stream; our workflow is told. */
export const poke = operation(ofStream, async ({ namespace, imageStream }, order) => {
  await readImageStream(order.client, namespace, imageStream);
  if (order.execute) await order.wake.owner({ workflow: 'stream', namespace, name: imageStream, start: true, urgent: true });
  return { changes: [`look at stream ${namespace}/${imageStream}`] };
});
