import { parseImageReference } from '../../../domain/payload/image-reference.ts';
import type { ImageReference } from '../../../domain/payload/image-reference.ts';
import { contentOf, copyImage } from '../images/copy-image.ts';
import { CommandError, parseFlags } from './command-flags.ts';
import { recordImagePush } from '../images/image-push.ts';
import type { OcContext } from './oc.ts';
import { indexTypes } from '../images/registry.ts';
import type { Manifest, Registry } from '../images/registry.ts';
import { registryPath } from '../images/stream-names.ts';

const flagKinds = {
  'keep-manifest-list': 'boolean',
  'filter-by-os': 'string',
  'registry-config': 'string',
  insecure: 'boolean',
  force: 'boolean',
  'skip-missing': 'boolean',
  'skip-mount': 'boolean',
  'skip-verification': 'boolean',
  'max-per-registry': 'string',
  'max-registry': 'string',
  'dry-run': 'boolean',
} as const;

/**
 * `oc image mirror SOURCE DESTINATION`. Within the local registry the image is really copied; for a destination
 * elsewhere the source is looked up and nothing is sent. Copying again changes nothing.
 *
 * @throws CommandError for what oc refuses, a missing source for one; errors of the registry as they come
 */
export async function ocImageMirror(words: readonly string[], context: OcContext): Promise<void> {
  const flags = parseFlags(words, flagKinds);
  const [from, to] = mapping(flags.args);
  const manifest = await sourceManifest(from, context.registry, flags.boolean('keep-manifest-list'));
  if (flags.boolean('dry-run')) return;
  if (!context.registry.is(to.registry)) return context.print(`sandbox: ${nameOf(to)} is not in the local registry, nothing was sent`);
  await copyImage(context.registry, manifest, { from: registryPath(from), to: registryPath(to), as: to.tag });
  await recordImagePush(context.client, { namespace: to.namespace, stream: to.name, tag: to.tag, image: manifest.digest });
  context.print(`${manifest.digest} ${nameOf(to)}`);
}

function mapping(args: string[]): [ImageReference, ImageReference] {
  const [source, destination, ...more] = args.length === 1 ? (args[0]?.split('=') ?? []) : args;
  if (source === undefined || destination === undefined || more.length > 0)
    throw new CommandError(
      'error: you must specify at least one source image to pull and the destination to push to as SRC=DST or SRC DST [DST2 DST3 ...]',
    );
  return [referenceOf(source, 'source'), referenceOf(destination, 'destination')];
}

function referenceOf(text: string, role: string): ImageReference {
  const reference = parseImageReference(text);
  if (reference === undefined) throw new CommandError(`error: "${text}" is not a valid image reference`);
  if (reference.tag === '' && reference.digest === '')
    throw new CommandError(`error: you must specify a tag or digest for the ${role} ${text}`);
  return reference;
}

/** Of an image for several platforms oc takes the one for linux/amd64, unless told to keep the list. */
async function sourceManifest(from: ImageReference, registry: Registry, keepList: boolean): Promise<Manifest> {
  if (!registry.is(from.registry))
    throw new CommandError(`error: unable to retrieve source image ${from.repository}: the sandbox only reads ${registry.host}`);
  const manifest = await manifestOf(registry, registryPath(from), from.digest === '' ? from.tag : from.digest);
  if (keepList || !indexTypes.has(manifest.mediaType)) return manifest;
  const chosen = contentOf(manifest).manifests?.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64');
  if (chosen === undefined) throw new CommandError('error: the manifest list has no image for linux/amd64');
  return manifestOf(registry, registryPath(from), chosen.digest);
}

async function manifestOf(registry: Registry, path: string, reference: string): Promise<Manifest> {
  const manifest = await registry.manifest(path, reference);
  if (manifest === undefined)
    throw new CommandError(`error: unable to retrieve source image ${registry.host}/${path} manifest ${reference}: manifest unknown`);
  return manifest;
}

const nameOf = ({ repository, tag }: ImageReference) => `${repository}:${tag}`;
