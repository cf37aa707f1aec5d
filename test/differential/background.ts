import { annotation } from '../../domain/payload/annotations.ts';
import type { TagReference } from '../../domain/payload/kinds.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import type { ReleaseScene } from '../support/release-scene.ts';

/** Accepted releases that a stream had made before anybody here looked. */
export async function withAcceptedReleases(scene: ReleaseScene, config: SceneConfig, source: string, accepted: string[]): Promise<void> {
  const tags = accepted.map((tag, index) => acceptedTag(scene, config, source, tag, index));
  await scene.createTarget(config.to);
  await scene.change(config.to, (current) => ({
    ...current,
    metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, [annotation.hasReleases]: 'true' } },
    spec: { ...current.spec, tags: [...(current.spec?.tags ?? []), ...tags] },
  }));
}

function acceptedTag({ namespace }: ReleaseScene, { name }: SceneConfig, source: string, tag: string, index: number): TagReference {
  return {
    name: tag,
    annotations: {
      [annotation.name]: name,
      [annotation.source]: `${namespace}/${source}`,
      [annotation.creationTimestamp]: new Date(Date.UTC(2026, 0, 1, index)).toISOString().replace('.000Z', 'Z'),
      [annotation.hash]: `sha256:${tag}`,
      [annotation.phase]: 'Accepted',
    },
    importPolicy: { importMode: 'PreserveOriginal' },
    generation: 1,
  };
}
