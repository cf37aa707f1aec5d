import { isStable, type ReleaseConfig } from './config.ts';
import type { ImageStream } from './kinds.ts';
import { isReferenceRelease } from './reference-release.ts';

export type Usable =
  | { ok: true }
  | {
      ok: false;
      why: string;
      /** set where release-controller treats it as an error that only a change of the objects repairs */
      terminal?: true;
    };

/**
 * Whether a stream with a valid config can make releases (openshift/release-controller,
 * pkg/release-controller/release.go, ReleaseDefinition).
 *
 * @param target for a Stable stream the source itself; undefined where it does not exist
 */
export function streamUsable(source: ImageStream, target: ImageStream | undefined, config: ReleaseConfig): Usable {
  const { name, namespace } = source.metadata;
  const reference = isReferenceRelease(source, config);
  if (!source.status?.publicDockerImageRepository && !reference)
    return { ok: false, why: `image stream ${namespace}/${name} has no public image repository yet` };
  if (!source.status?.tags?.length && !reference) return { ok: false, why: `image stream ${namespace}/${name} has no imported tag yet` };
  if (!isStable(config) && target === undefined)
    return { ok: false, why: `the output release image stream ${namespace}/${config.to} does not exist`, terminal: true };
  return { ok: true };
}
