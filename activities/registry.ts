import { anonymous, Registries, RegistryRefused } from './registry-requests.ts';

/** What an image, or a list of images, may be described by. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const timeoutMs = 10_000;

/**
 * Reads only, so safe to repeat.
 *
 * @param pullSpec `host[:port]/repository:tag`
 * @returns the digest that the tag points at now; undefined when the registry does not have it or can not be reached
 * @throws RegistryRefused when somebody has to do something about it
 */
export async function digestOf(pullSpec: string, registries: Registries = anonymous): Promise<string | undefined> {
  const match = /^(?<repository>[^/]+\/.+):(?<tag>[^:/]+)$/.exec(pullSpec);
  if (match?.groups === undefined) return undefined;
  const { repository = '', tag } = match.groups;
  const request = { method: 'HEAD', headers: { accept: manifestTypes }, signal: AbortSignal.timeout(timeoutMs) };
  try {
    const response = await registries.send(repository, `${Registries.addressOf(repository)}/manifests/${tag}`, request);
    return response.ok ? (response.headers.get('docker-content-digest') ?? undefined) : undefined;
  } catch (error) {
    if (error instanceof RegistryRefused) throw error;
    return undefined;
  }
}
