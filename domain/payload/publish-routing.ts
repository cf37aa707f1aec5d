import { annotation } from './annotations.ts';
import { parseReleaseConfig } from './config.ts';
import type { ImageStream } from './kinds.ts';
import { publishedMarkPrefix } from './publish.ts';

/** `<namespace>/<name>` of every image stream that a source's config publishes to; none where the config is not valid. */
export function destinationsOf(source: ImageStream): string[] {
  const parsed = parseReleaseConfig(source.metadata.annotations?.[annotation.config] ?? '');
  if (!parsed.ok) return [];
  const copies = Object.values(parsed.config.publish).flatMap(({ disabled, tagRef, imageStreamRef }) =>
    disabled || tagRef !== undefined || imageStreamRef === undefined ? [] : [imageStreamRef],
  );
  return [...new Set(copies.map(({ namespace, name }) => `${namespace || source.metadata.namespace}/${name}`))].toSorted();
}

/** What publishing decides by in a destination, as text: where its tags point, and the marks of what was copied. */
export function destinationParts({ metadata, spec }: ImageStream): string {
  const marks = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith(publishedMarkPrefix));
  const tags = (spec?.tags ?? []).map(({ name, from }) => [name, from?.kind, from?.namespace, from?.name]);
  return JSON.stringify([marks.toSorted(), tags]);
}
