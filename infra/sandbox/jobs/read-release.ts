import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { tarEntry } from '../../../activities/tar-entry.ts';
import { parseImageReference } from '../../../domain/payload/image-reference.ts';
import { contentOf } from '../images/copy-image.ts';
import { indexTypes, type Manifest } from '../images/registry.ts';
import { internalRegistry, registryPath } from '../images/stream-names.ts';
import { CommandError } from './command-flags.ts';
import type { OcContext } from './oc.ts';
import { imageReferencesFile } from './release-image.ts';
import type { Component } from './release-inputs.ts';

/** A release image, read back. */
export interface ReadRelease {
  /** by digest */
  pullSpec: string;
  components: Component[];
  /** RFC 3339 */
  created: string;
}

type Context = Pick<OcContext, 'registry'>;

interface References {
  metadata?: { creationTimestamp?: string };
  spec?: { tags?: { name: string; from?: { name: string }; annotations?: Record<string, string> }[] };
}

/**
 * Reads a release image as `oc` does, from the local registry.
 *
 * @throws CommandError for an image that is not there, or is no release; errors of the registry as they come
 */
export async function readRelease(image: string, context: Context): Promise<ReadRelease> {
  const { path, manifest } = await find(image, context);
  const single = await forAmd64(path, manifest, image, context);
  const { layers = [] } = contentOf(single);
  for (const { digest } of layers.toReversed()) {
    const layer = await context.registry.blob(path, digest);
    const listed = layer && (await tarEntry(Readable.from([layer]).pipe(createGunzip()), imageReferencesFile));
    if (listed === undefined) continue;
    const { metadata, spec } = JSON.parse(listed) as References;
    const components = (spec?.tags ?? []).map(({ name, from, annotations }) => ({
      name,
      image: from?.name ?? '',
      ...(annotations === undefined ? {} : { annotations }),
    }));
    const pullSpec = `${parseImageReference(image)?.repository}@${manifest.digest}`;
    return { pullSpec, components, created: metadata?.creationTimestamp ?? '1970-01-01T00:00:00Z' };
  }
  throw new CommandError(`error: ${image} is not a release image: ${imageReferencesFile} is not in it`);
}

async function find(image: string, { registry }: Context): Promise<{ path: string; manifest: Manifest }> {
  const reference = parseImageReference(image);
  if (reference === undefined) throw new CommandError(`error: "${image}" is not a valid image reference`);
  if (!registry.is(reference.registry) && reference.registry !== internalRegistry)
    throw new CommandError(`error: unable to read image ${image}: the sandbox only reads ${registry.host}`);
  const path = registryPath(reference);
  const manifest = await registry.manifest(path, reference.digest || reference.tag || 'latest');
  if (manifest === undefined) throw new CommandError(`error: unable to read image ${image}: manifest unknown`);
  return { path, manifest };
}

async function forAmd64(path: string, manifest: Manifest, image: string, { registry }: Context): Promise<Manifest> {
  if (!indexTypes.has(manifest.mediaType)) return manifest;
  const chosen = contentOf(manifest).manifests?.find(({ platform }) => platform?.architecture === 'amd64');
  const found = chosen && (await registry.manifest(path, chosen.digest));
  if (found === undefined) throw new CommandError(`error: the manifest list ${image} has no image for linux/amd64`);
  return found;
}
