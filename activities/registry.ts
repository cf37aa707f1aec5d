/** What we ask of container registries (OCI distribution spec 1.1). Reads only, so safe to repeat. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const timeoutMs = 10_000;

/**
 * @param pullSpec `host[:port]/repository:tag`
 * @returns the digest that the tag points at now; undefined when the registry does not have it or can not be reached
 */
export async function digestOf(pullSpec: string): Promise<string | undefined> {
  const match = /^(?<host>[^/]+)\/(?<repository>.+):(?<tag>[^:/]+)$/.exec(pullSpec);
  if (match?.groups === undefined) return undefined;
  const { host = '', repository, tag } = match.groups;
  try {
    const response = await fetch(`${schemeOf(host)}://${host}/v2/${repository}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: manifestTypes },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return response.ok ? (response.headers.get('docker-content-digest') ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

/** @param host `host[:port]` */
export const schemeOf = (host: string) => (/^(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(host) ? 'http' : 'https');
