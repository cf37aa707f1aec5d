import { annotation } from './annotations.ts';
import { parseReleaseConfig } from './config.ts';
import type { ImageStream } from './kinds.ts';
import { importFailure, specTag } from './pull-spec.ts';

/** A tag whose image could not be imported, and could be asked for again. */
export interface FailedImport {
  namespace: string;
  stream: string;
  tag: string;
  /** of the spec tag: another one is another image to import */
  generation: number;
}

/**
 * The tags of a release stream whose import failed (openshift/release-controller, pkg/cmd/release-reimport-controller).
 * A stream at its end of life needs no images any more. A tag that points at another tag has no import of its own.
 */
export function failedImports(stream: ImageStream): FailedImport[] {
  const text = stream.metadata.annotations?.[annotation.config];
  const parsed = text === undefined ? undefined : parseReleaseConfig(text);
  if (parsed === undefined || (parsed.ok && parsed.config.endOfLife)) return [];
  return failedTags(stream);
}

/** The same of any stream. */
export function failedTags(stream: ImageStream): FailedImport[] {
  const { namespace = '', name } = stream.metadata;
  return (stream.status?.tags ?? []).flatMap((status) => {
    const spec = specTag(stream, status.tag);
    if (importFailure(status) === undefined || spec?.from?.kind !== 'DockerImage') return [];
    return [{ namespace, stream: name, tag: status.tag, generation: spec.generation ?? 0 }];
  });
}
