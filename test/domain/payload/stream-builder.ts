import { parseReleaseConfig, type ReleaseConfig } from '../../../domain/payload/config.ts';
import type { ImageStream, Phase, TagEvent, TagReference } from '../../../domain/payload/kinds.ts';
import type { StreamSnapshot } from '../../../domain/payload/stream-tags.ts';

/** Short rows for tests over streams: source `ocp/4.15-art-latest`, target `ocp/release`, all names as in the wild. */

export const configName = '4.15.0-0.nightly';
export const publicRepository = 'registry.example/ocp/4.15-art-latest';
export const internalRepository = 'image-registry.internal:5000/ocp/4.15-art-latest';

export const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

export function configOf(more: Record<string, unknown> = {}): ReleaseConfig {
  const parsed = parseReleaseConfig(JSON.stringify({ name: configName, to: 'release', ...more }));
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.config;
}

export function streamOf(name: string, spec: TagReference[] = [], status: ImageStream['status'] = {}): ImageStream {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace: 'ocp', generation: 7 },
    spec: { tags: spec },
    status,
  };
}

export function imported(tag: string, image: string, more: Partial<TagEvent> = {}) {
  return {
    tag,
    items: [{ created: '2024-08-30T00:00:00Z', dockerImageReference: `quay.example/art/${tag}@${image}`, image, generation: 2, ...more }],
  };
}

export function sourceOf(tags = [imported('cli', digest('a')), imported('etcd', digest('b'))], spec: TagReference[] = []): ImageStream {
  return streamOf('4.15-art-latest', spec, {
    publicDockerImageRepository: publicRepository,
    dockerImageRepository: internalRepository,
    tags,
  });
}

export function referenceSource(): ImageStream {
  const from = { kind: 'DockerImage', name: 'quay.example/art/cli:latest' };
  return streamOf('4.15-art-latest', [{ name: 'cli', reference: true, from }]);
}

export function targetOf(tags: TagReference[], name = 'release'): ImageStream {
  const stream = streamOf(name, tags, { publicDockerImageRepository: `registry.example/ocp/${name}` });
  return { ...stream, metadata: { ...stream.metadata, annotations: { 'release.openshift.io/hasReleases': 'true' } } };
}

export function releaseTag(name: string, createdAt: string, more: Record<string, string> = {}): TagReference {
  const own = { name: configName, source: 'ocp/4.15-art-latest', creationTimestamp: createdAt, ...more };
  return { name, annotations: Object.fromEntries(Object.entries(own).map(([key, value]) => [`release.openshift.io/${key}`, value])) };
}

/** A Stable stream with accepted releases. */
export function stableOf(name: string, versions: string[], repository = 'dockerRepo'): StreamSnapshot {
  const tags = versions.map((version) => releaseTag(version, '2024-01-01T00:00:00Z', { name, source: `ocp/${name}` }));
  const stream = streamOf(name, tags, { publicDockerImageRepository: repository, tags: [imported('x', digest('a'))] });
  const phases: Record<string, Phase> = Object.fromEntries(versions.map((version) => [version, 'Accepted']));
  return { source: stream, target: stream, config: configOf({ name, as: 'Stable' }), phases };
}
