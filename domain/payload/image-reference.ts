/** A container image reference, taken apart. */
export interface ImageReference {
  /** everything before tag and digest, as written */
  repository: string;
  /** host and port; empty where the reference names none */
  registry: string;
  /** first part of the path; empty where there is only a name */
  namespace: string;
  name: string;
  /** empty where absent */
  tag: string;
  /** `sha256:…`; empty where absent */
  digest: string;
}

const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const host = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\\d+)?';
const reference = new RegExp(
  `^(?<repository>(?:${host}/)?${part}(?:/${part})*)(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
);

/**
 * Reads `[registry/][namespace/]name[:tag][@digest]`, the grammar of github.com/distribution/reference.
 * As OpenShift reads it, the first part is a registry when it looks like a host or when three parts are there.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  const { repository, tag = '', digest = '' } = reference.exec(text)?.groups ?? {};
  if (repository === undefined) return undefined;
  const parts = repository.split('/');
  const [first = ''] = parts;
  const registry = parts.length > 2 || (parts.length === 2 && isHost(first)) ? first : '';
  const path = registry === '' ? parts : parts.slice(1);
  const namespace = path.length > 1 ? (path[0] ?? '') : '';
  return { repository, registry, namespace, name: path.slice(path.length > 1 ? 1 : 0).join('/'), tag, digest };
}

function isHost(part: string): boolean {
  return part === 'localhost' || /[.:]/.test(part);
}
