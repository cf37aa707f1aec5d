import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import { isConflict, isNotFound, KubernetesError, type KubernetesClient } from './client.ts';
import { imageStreams } from './resources.ts';

const attempts = 5;

/**
 * Adds a tag to a stream. The whole stream is written with the version it was read at, so that two writers never both
 * add; for a large stream that is also quicker than a patch.
 *
 * @returns false when the stream changed or vanished since `target` was read, and nothing was written
 */
export async function addTag(client: KubernetesClient, target: ImageStream, tag: TagReference): Promise<boolean> {
  return replaceTags(client, target, [...(target.spec?.tags ?? []), tag]);
}

/** The same for all tags of a stream. */
export async function replaceTags(client: KubernetesClient, target: ImageStream, tags: TagReference[]): Promise<boolean> {
  try {
    await client.replace(imageStreams, { ...target, spec: { ...target.spec, tags } }, { answer: 'metadata' });
    return true;
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return false;
    throw error;
  }
}

/**
 * Sets annotations of one tag; a value of undefined or of no text removes the key. Nothing is written when nothing changes.
 *
 * @param only the tag as it must be for that; anything is fine where absent
 * @returns false when the stream or the tag is gone, or is not as it must be
 */
export async function annotateTag(
  client: KubernetesClient,
  namespace: string,
  stream: string,
  tag: string,
  wanted: Record<string, string | undefined>,
  only: (current: TagReference) => boolean = () => true,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const target = await client.get<ImageStream>(imageStreams, namespace, stream);
    const index = target?.spec?.tags?.findIndex(({ name }) => name === tag) ?? -1;
    const current = target?.spec?.tags?.[index];
    if (target === undefined || current === undefined || !only(current)) return false;

    const annotations = withChanges(current.annotations ?? {}, wanted);
    if (sameEntries(annotations, current.annotations ?? {})) return true;
    const path = `/spec/tags/${index}`;
    // the whole tag: annotations that are not there can not be tested for
    const patch = [
      { op: 'test', path, value: current },
      { op: 'add', path: `${path}/annotations`, value: annotations },
    ];
    try {
      await client.patch(imageStreams, namespace, stream, patch, { answer: 'metadata' });
      return true;
    } catch (error) {
      const movedOn = isConflict(error) || isRefusedPatch(error);
      if (!movedOn || attempt === attempts) throw error;
    }
  }
}

/** A JSON patch whose `test` did not hold. An object that would not be valid has the same status, and a message that says so. */
const isRefusedPatch = (error: unknown) =>
  error instanceof KubernetesError && error.status === 422 && !error.message.includes(' is invalid: ');

/** Only what is asked for is removed: what people set may count by being there, also without a text. */
function withChanges(current: Record<string, string>, wanted: Record<string, string | undefined>): Record<string, string> {
  const kept = Object.entries(current).filter(([key]) => !(key in wanted));
  const set = Object.entries(wanted).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return Object.fromEntries([...kept, ...set]);
}

function sameEntries(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
