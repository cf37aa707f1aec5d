import { isStable } from './config.ts';
import type { ImageStream } from './kinds.ts';
import { configuredStreams, stableTags, tagNames, type ConfiguredStream } from './stable-tags.ts';
import { streamKey } from './stream-tags.ts';

/** A repository that releases are copied to, and the copies that have a right to be there. */
export interface CopyRepository {
  repository: string;
  valid: ReadonlySet<string>;
}

export type CopyRepositories = { ok: true; repositories: CopyRepository[] } | { ok: false; error: string };

/**
 * Where releases are copied to, and which of the copies belong to a release that is still there: every tag, of spec and
 * status, of the streams that copy to that repository, and of every Stable stream. What is not known for sure is an error,
 * since whatever is left out here is deleted.
 *
 * @param streams every image stream of the namespaces with streams that copy anywhere
 * @param drives whether a stream is ours: repositories that only others copy to are theirs to clean up
 */
export function copyRepositories(streams: readonly ImageStream[], drives: (stream: ImageStream) => boolean = () => true): CopyRepositories {
  const found = configuredStreams(streams);
  if (!found.ok) return found;
  const stable = stableTags(found.streams);
  const payloads = new Set(
    found.streams.flatMap(({ config: { referenceRelease } }) => [referenceRelease?.pushRepository, referenceRelease?.pullRepository]),
  );
  const repositories = new Map<string, Set<string>>();
  const ours = new Set<string>();
  for (const each of found.streams) {
    const repository = each.config.alternateImageRepository;
    if (repository === '') continue;
    if (payloads.has(repository))
      return { ok: false, error: `${repository}, that ${streamKey(each.stream)} copies to, holds the payloads of reference releases too` };
    const target = targetOf(each, streams);
    if (target === undefined)
      return {
        ok: false,
        error: `the image stream ${each.config.to} with the releases of ${streamKey(each.stream)} does not exist, so their copies in ${repository} are not known`,
      };
    const valid = repositories.get(repository) ?? new Set(stable);
    for (const name of tagNames(target)) valid.add(name);
    if (drives(each.stream)) ours.add(repository);
    repositories.set(repository, valid);
  }
  const sorted = [...repositories].filter(([repository]) => ours.has(repository)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { ok: true, repositories: sorted.map(([repository, valid]) => ({ repository, valid })) };
}

function targetOf({ stream, config }: ConfiguredStream, streams: readonly ImageStream[]): ImageStream | undefined {
  if (isStable(config)) return stream;
  return streams.find(({ metadata }) => metadata.namespace === stream.metadata.namespace && metadata.name === config.to);
}

/** Whether a copy without a release may go. Its age is that of its image; without one it stays. */
export function isOldEnough(created: string | undefined, now: number, minimumAgeMs: number): boolean {
  const at = created === undefined ? NaN : Date.parse(created);
  return at + minimumAgeMs < now;
}
