import { verifyImages } from './image-verifier.ts';
import { imageLabels } from './image-labels.ts';
import { contentReader } from './registry-content.ts';
import type { Registries } from './registry-requests.ts';
import { digestOf } from './registry.ts';
import { previousVersions } from './release-image.ts';
import type { ImageReport } from '../domain/audit/image-content.ts';

/** What activities read of registries, as whom the settings say. */
export interface RegistryReads {
  /** digest behind a pull spec, where the image stream does not tell. @throws RegistryRefused */
  digestOf: (pullSpec: string) => Promise<string | undefined>;
  /** versions that may be upgraded to the release of an image */
  previousVersions: (repository: string, digest: string) => Promise<string[]>;
  /** labels of an image that is given by digest. @throws Unreachable, MalformedImage */
  imageLabels: (pullSpec: string) => Promise<Record<string, string>>;
  /** everything that an image consists of, checked against its digests. @throws Unreachable */
  verifyImages: (pullSpec: string) => Promise<ImageReport>;
}

export function registryReads(registries: Registries): RegistryReads {
  return {
    digestOf: (pullSpec) => digestOf(pullSpec, registries),
    previousVersions: (repository, digest) => previousVersions(repository, digest, registries),
    imageLabels: (pullSpec) => imageLabels(pullSpec, registries),
    verifyImages: (pullSpec) => verifyImages(pullSpec, contentReader(registries)),
  };
}
