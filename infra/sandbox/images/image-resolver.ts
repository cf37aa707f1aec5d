import { parseImageReference } from '../../../domain/payload/image-reference.ts';
import type { ImageReference } from '../../../domain/payload/image-reference.ts';
import type { ImageStream, TagReference } from '../../../domain/payload/kinds.ts';
import { digestOf } from '../../oci/image.ts';
import type { Registry } from './registry.ts';
import type { ImportResult } from './stream-status.ts';
import { statusTag } from './stream-status.ts';
import { internalRegistry, registryPath } from './stream-names.ts';

export interface Resolver {
  registry: Registry;
  /** @param key `namespace/name` */
  stream: (key: string) => ImageStream | undefined;
}

/** The repository that an import rule is matched with: of the image, or `namespace/name` of a stream. */
export function sourceRepository(stream: ImageStream, { from }: TagReference): string {
  if (from?.kind === 'DockerImage') {
    return parseImageReference(from.name)?.repository ?? from.name;
  }
  return sourceStreamOf(stream, from);
}

/** `namespace/name` of the stream that an ImageStreamTag or ImageStreamImage points into. A bare tag means the own stream. */
export function sourceStreamOf(stream: ImageStream, from: TagReference['from']): string {
  const [name, part] = splitAt(from?.name ?? '', from?.kind === 'ImageStreamImage' ? '@' : ':');
  return `${from?.namespace ?? stream.metadata.namespace}/${part === undefined ? stream.metadata.name : name}`;
}

/**
 * Finds the image that a spec tag points at. An image of the local registry has its real digest; one of anywhere else
 * keeps the digest that it is named by, or gets one made from its name, so that everybody gets the same.
 *
 * @throws RegistryError when the local registry cannot be asked
 */
export async function resolveImage(stream: ImageStream, tag: TagReference, resolver: Resolver): Promise<ImportResult> {
  const { from } = tag;
  if (from?.kind === 'ImageStreamTag') return fromStreamTag(stream, tag, resolver);
  if (from?.kind === 'ImageStreamImage') return fromStreamImage(stream, tag, resolver);
  const reference = parseImageReference(from?.name ?? '');
  if (reference === undefined)
    return { kind: 'failed', reason: 'InvalidReference', message: `${JSON.stringify(from?.name ?? '')} is not a valid image reference` };
  if (tag.reference === true) return { kind: 'imported', image: '', dockerImageReference: from?.name ?? '' };
  const image = await imageOf(reference, resolver.registry);
  return { kind: 'imported', image, dockerImageReference: `${reference.repository}@${image}` };
}

async function imageOf(reference: ImageReference, registry: Registry): Promise<string> {
  if (reference.digest !== '') return reference.digest;
  const isLocal = registry.is(reference.registry) || reference.registry === internalRegistry;
  const tag = reference.tag === '' ? 'latest' : reference.tag;
  const found = isLocal ? await registry.head(registryPath(reference), tag) : undefined;
  return found ?? digestOf(`${reference.repository}:${tag}`);
}

function fromStreamTag(stream: ImageStream, { from }: TagReference, { stream: find }: Resolver): ImportResult {
  const key = sourceStreamOf(stream, from);
  const [name, part] = splitAt(from?.name ?? '', ':');
  const source = key === `${stream.metadata.namespace}/${stream.metadata.name}` ? stream : find(key);
  const newest = source === undefined ? undefined : statusTag(source, part ?? name)?.items?.[0];
  if (newest === undefined)
    return {
      kind: 'failed',
      reason: 'NotFound',
      message: `imagestreamtags.image.openshift.io "${key.split('/')[1]}:${part ?? name}" not found`,
    };
  return { kind: 'imported', image: newest.image, dockerImageReference: newest.dockerImageReference };
}

function fromStreamImage(stream: ImageStream, { from }: TagReference, { stream: find }: Resolver): ImportResult {
  const key = sourceStreamOf(stream, from);
  const digest = splitAt(from?.name ?? '', '@')[1];
  const source = key === `${stream.metadata.namespace}/${stream.metadata.name}` ? stream : find(key);
  const item = source?.status?.tags?.flatMap(({ items }) => items ?? []).find(({ image }) => image === digest);
  if (item === undefined)
    return { kind: 'failed', reason: 'NotFound', message: `imagestreamimages.image.openshift.io "${from?.name}" not found` };
  return { kind: 'imported', image: item.image, dockerImageReference: item.dockerImageReference };
}

/** @returns the parts before and after; the second is undefined without a separator */
function splitAt(name: string, separator: string): [string, string?] {
  const index = name.lastIndexOf(separator);
  return index === -1 ? [name] : [name.slice(0, index), name.slice(index + 1)];
}
