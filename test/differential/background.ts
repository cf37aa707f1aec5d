import { imageStreams } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import type { SceneConfig } from '../support/release-configs.ts';
import type { ReleaseScene } from '../support/release-scene.ts';

/** A stream that has made releases long ago. */
export interface PastStream {
  /** config name */
  name: string;
  /** its ImageStream, when it is not called like the config */
  source?: string;
  /** stream that holds the releases; the source itself for a Stable one */
  to: string;
  stable?: boolean;
  /** its config beside name and target; by default its life has ended */
  config?: Record<string, unknown>;
  /** accepted, oldest first */
  accepted: string[];
}

/** A stream that is not driven any more and has accepted releases, for others to start from. */
export async function createPastStream(scene: ReleaseScene, past: PastStream): Promise<void> {
  const { name, source = name, to, stable = false, config: more = { endOfLife: true } } = past;
  const tags = past.accepted.map((tag, index) => acceptedTag(scene, past, tag, index));
  const config = { name, ...more, ...(stable ? { as: 'Stable' } : { to }) };
  const annotations = { [annotation.config]: JSON.stringify(config), ...(stable ? { [annotation.hasReleases]: 'true' } : {}) };
  // A stream counts only once something was imported into it.
  const input: TagReference[] = stable ? [] : [{ name: 'cli', from: { kind: 'DockerImage', name: 'quay.io/scene/cli:old' } }];
  await scene.plant.ensure(imageStreams, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace: scene.namespace, name: source, annotations },
    spec: { lookupPolicy: { local: false }, tags: [...input, ...(stable ? tags : [])] },
  } as ImageStream);
  if (!stable) await addTags(scene, to, tags);
  if (stable) await scene.changeStatus(source, () => past.accepted.map((tag) => ({ tag, items: [pushed(tag)] })));
}

/** Accepted releases that a stream had made before anybody here looked. */
export async function withAcceptedReleases(scene: ReleaseScene, config: SceneConfig, source: string, accepted: string[]): Promise<void> {
  const past = { name: config.name, source, to: config.to, accepted };
  await addTags(
    scene,
    config.to,
    accepted.map((tag, index) => acceptedTag(scene, past, tag, index)),
  );
}

async function addTags(scene: ReleaseScene, to: string, tags: TagReference[]): Promise<void> {
  await scene.createTarget(to);
  await scene.change(to, (current) => ({
    ...current,
    metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, [annotation.hasReleases]: 'true' } },
    spec: { ...current.spec, tags: [...(current.spec?.tags ?? []), ...tags] },
  }));
}

function acceptedTag({ namespace }: ReleaseScene, { name, source = name }: PastStream, tag: string, index: number): TagReference {
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

const pushed = (tag: string) => ({
  created: '2026-01-01T00:00:00Z',
  dockerImageReference: `quay.io/scene/release:${tag}`,
  image: `sha256:${'0'.repeat(64)}`,
  generation: 1,
});
