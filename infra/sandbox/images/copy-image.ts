import type { Descriptor, Manifest, Registry } from './registry.ts';

/** What a manifest names: of an image config and layers, of a list manifests. */
export interface ManifestContent {
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: (Descriptor & { platform?: { os: string; architecture: string } })[];
}

export interface Places {
  /** repositories as the registry itself knows them */
  from: string;
  to: string;
  /** the tag it gets; its digest where empty */
  as: string;
}

export const contentOf = ({ bytes }: Manifest) => JSON.parse(bytes.toString('utf8')) as ManifestContent;

/**
 * Copies an image, or a list and all its images, inside one registry. Copying again changes nothing. What a manifest
 * names goes first: a registry takes no manifest whose parts it lacks.
 *
 * @throws RegistryError; for a list that names an image which is not there as well
 */
export async function copyImage(registry: Registry, manifest: Manifest, { from, to, as }: Places): Promise<void> {
  const { config, layers = [], manifests = [] } = contentOf(manifest);
  for (const { digest } of manifests) await copyImage(registry, await registry.existing(from, digest), { from, to, as: digest });
  if (from !== to) for (const { digest } of config === undefined ? layers : [config, ...layers]) await registry.mountBlob(to, digest, from);
  await registry.putManifest(to, as === '' ? manifest.digest : as, manifest);
}
