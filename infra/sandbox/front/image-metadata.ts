import { parseImageReference } from '../../../domain/payload/image-reference.ts';
import { contentOf } from '../images/copy-image.ts';
import { indexTypes, type Registry } from '../images/registry.ts';
import { registryPath } from '../images/stream-names.ts';

/** What only the image itself tells, of its config. */
export interface ImageMetadata {
  dockerImageMetadata?: { kind: 'DockerImage'; apiVersion: '1.0'; Architecture?: string; Config?: { Labels?: Record<string, string> } };
  dockerImageMetadataVersion?: '1.0';
}

interface Config {
  architecture?: string;
  config?: { Labels?: Record<string, string> };
}

/**
 * Labels of an image as OpenShift serves them with the image.
 *
 * @param pullSpec by digest
 * @returns nothing for an image that the registry does not have, and for one of several platforms
 */
export async function imageMetadata(registry: Registry, pullSpec: string): Promise<ImageMetadata> {
  const reference = parseImageReference(pullSpec);
  if (reference === undefined || reference.digest === '' || !registry.is(reference.registry)) return {};
  const path = registryPath(reference);
  const manifest = await registry.manifest(path, reference.digest);
  if (manifest === undefined || indexTypes.has(manifest.mediaType)) return {};
  const { config: described } = contentOf(manifest);
  const blob = described && (await registry.blob(path, described.digest));
  if (blob === undefined) return {};
  const { architecture, config = {} } = JSON.parse(blob.toString('utf8')) as Config;
  return {
    dockerImageMetadata: {
      kind: 'DockerImage',
      apiVersion: '1.0',
      ...(architecture === undefined ? {} : { Architecture: architecture }),
      Config: config.Labels === undefined ? {} : { Labels: config.Labels },
    },
    dockerImageMetadataVersion: '1.0',
  };
}
