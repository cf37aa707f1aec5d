/** Where the releases of one kind are, as release teams say it. */
export interface Kind {
  /** `ocp`, `okd`, or a namespace of one's own */
  product: string;
  /** of the releases; `amd64` adds nothing to a name */
  architecture: string;
  /** private streams */
  private: boolean;
}

/** `ocp`, `ocp-arm64`, `ocp-multi-priv`; OKD lives in `origin`. */
export function namespaceOf(kind: Kind): string {
  return kind.product === 'okd' ? 'origin' : `${kind.product}${suffixOf(kind)}`;
}

/** The name of an image stream of that kind: `release-arm64`. OKD's bear no suffix. */
export function imageStreamOf(base: string, kind: Kind): string {
  return kind.product === 'okd' ? base : `${base}${suffixOf(kind)}`;
}

function suffixOf({ architecture, private: isPrivate }: Kind): string {
  return `${architecture === 'amd64' ? '' : `-${architecture}`}${isPrivate ? '-priv' : ''}`;
}
