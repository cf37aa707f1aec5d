import { annotation } from '../../domain/payload/annotations.ts';
import type { Phase, TagReference } from '../../domain/payload/kinds.ts';
import type { SceneConfig } from './release-configs.ts';
import type { ReleaseScene } from './release-scene.ts';

/** The tag of a release that ended so many hours ago, from images that there are no more. */
export function pastRelease(
  { namespace }: ReleaseScene,
  { name }: SceneConfig,
  phase: Phase,
  hours: number,
  more: Record<string, string> = {},
): TagReference {
  const at = new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19);
  const annotations = {
    [annotation.name]: name,
    [annotation.source]: `${namespace}/${name}`,
    [annotation.creationTimestamp]: `${at}Z`,
    [annotation.phase]: phase,
    [annotation.hash]: `sha256:${hours}`,
    ...more,
  };
  return { name: `${name}-${at.replace('T', '-').replaceAll(':', '')}`, annotations };
}
