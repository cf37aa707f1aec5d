import { annotation } from './annotations.ts';
import { isStable, parseReleaseConfig, type ReleaseConfig } from './config.ts';
import type { ImageStream } from './kinds.ts';
import { streamKey } from './stream-tags.ts';

/** An image stream with a release config. */
export interface ConfiguredStream {
  stream: ImageStream;
  config: ReleaseConfig;
}

/**
 * The release streams among image streams. What deletes by their tags must know all of them, so one config that can not be
 * read spoils the whole answer.
 */
export function configuredStreams(
  streams: readonly ImageStream[],
): { ok: true; streams: ConfiguredStream[] } | { ok: false; error: string } {
  const found: ConfiguredStream[] = [];
  for (const stream of streams) {
    const text = stream.metadata.annotations?.[annotation.config];
    if (text === undefined) continue;
    const parsed = parseReleaseConfig(text);
    if (!parsed.ok) return { ok: false, error: `the ${annotation.config} annotation for ${streamKey(stream)} is invalid: ${parsed.error}` };
    found.push({ stream, config: parsed.config });
  }
  return { ok: true, streams: found };
}

/** Names of all tags of a stream, of those that are wanted and of those that were imported. */
export function tagNames({ spec, status }: ImageStream): string[] {
  return [...(spec?.tags ?? []).map(({ name }) => name), ...(status?.tags ?? []).map(({ tag }) => tag)];
}

/** Every release that a Stable stream has. */
export function stableTags(streams: readonly ConfiguredStream[]): Set<string> {
  return new Set(streams.filter(({ config }) => isStable(config)).flatMap(({ stream }) => tagNames(stream)));
}
