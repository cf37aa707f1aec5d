/** Names of one registry: in pull specs, in docker configurations, and where its API is. */
const hub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** The name that pull specs have for a registry. */
export const registryName = (host: string): string => (hub.has(host) ? 'docker.io' : host);

/** Where the API of a registry is. */
export const apiHost = (host: string): string => (hub.has(host) ? 'registry-1.docker.io' : host);

/**
 * A repository by its whole name: `docker.io/busybox` -> `docker.io/library/busybox`. Those of other registries are as they are.
 *
 * @param repository `host[:port]/path`
 */
export function fullRepository(repository: string): string {
  const [host = '', ...path] = repository.split('/');
  const owner = hub.has(host) && path.length === 1 ? ['library'] : [];
  return [registryName(host), ...owner, ...path].join('/');
}
