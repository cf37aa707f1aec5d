/** A container image's name in its parts: `registry/path:tag` or `registry/path@digest`. */
export interface ImageReference {
  registry: string;
  /** without the registry */
  path: string;
  /** empty when a digest is given */
  tag: string;
  /** `sha256:…`, or empty */
  digest: string;
}

const form = /^(?<name>[A-Za-z0-9][A-Za-z0-9._:-]*(?:\/[a-z0-9][a-z0-9._-]*)*?)(?::(?<tag>[\w][\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** @returns undefined for what is no reference; a missing registry is Docker Hub, a missing tag `latest`, as everywhere */
export function parseImageReference(text: string): ImageReference | undefined {
  const { name = '', tag, digest = '' } = form.exec(text)?.groups ?? {};
  const segments = name.split('/');
  const first = segments[0] ?? '';
  const hasRegistry = segments.length > 1 && /[.:]|^localhost$/.test(first);
  const path = (hasRegistry ? segments.slice(1) : segments).join('/');
  if (path === '' || /[A-Z:]/.test(path)) return undefined;
  return {
    registry: hasRegistry ? first : 'docker.io',
    path: hasRegistry || segments.length > 1 ? path : `library/${path}`,
    tag: digest === '' ? (tag ?? 'latest') : '',
    digest,
  };
}

export const repositoryOf = ({ registry, path }: ImageReference) => `${registry}/${path}`;
