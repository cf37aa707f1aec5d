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
  message: string;
}

/** How often a tag was asked for without success, and when it is next; by `namespace/stream:tag`. */
export type ReimportMemory = Record<string, { generation: number; tries: number; /** RFC 3339 */ nextAt: string }>;

/** Longest time between two tries of one tag. */
const longestMs = 24 * 3_600_000;
/** More tags than this are tried each time, since nobody remembers them. */
const remembered = 1_000;

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
    const message = importFailure(status);
    const spec = specTag(stream, status.tag);
    if (message === undefined || spec?.from?.kind !== 'DockerImage') return [];
    return [{ namespace, stream: name, tag: status.tag, generation: spec.generation ?? 0, message }];
  });
}

/**
 * Which failed tags are tried now. The first try is made at once, each further one after twice as long, at most a day; a
 * tag that points elsewhere, or was imported meanwhile, begins anew. What was remembered of others is forgotten.
 *
 * @param intervalMs between two looks, and before the second try
 */
export function planReimport(
  failed: readonly FailedImport[],
  memory: ReimportMemory,
  now: number,
  intervalMs: number,
): { due: FailedImport[]; memory: ReimportMemory } {
  const due: FailedImport[] = [];
  const next: [string, ReimportMemory[string]][] = [];
  for (const each of failed) {
    const key = `${each.namespace}/${each.stream}:${each.tag}`;
    const before = Object.hasOwn(memory, key) ? memory[key] : undefined;
    const known = before?.generation === each.generation ? before : undefined;
    // a look may come a little early
    const waits = known !== undefined && Date.parse(known.nextAt) > now + intervalMs / 10;
    if (!waits) due.push(each);
    next.push([key, waits ? known : { generation: each.generation, ...nextTry(known?.tries ?? 0, now, intervalMs) }]);
  }
  return { due, memory: Object.fromEntries(next.slice(0, remembered)) };
}

function nextTry(tries: number, now: number, intervalMs: number): { tries: number; nextAt: string } {
  const delay = Math.min(intervalMs * 2 ** Math.min(tries, 30), longestMs);
  return { tries: tries + 1, nextAt: new Date(now + delay).toISOString() };
}
