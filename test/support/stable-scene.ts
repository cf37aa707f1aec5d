import { imageStreams } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import { digestOf } from '../../infra/oci/image.ts';
import { pushImage } from '../../infra/oci/push.ts';
import { Registry } from '../../infra/sandbox/images/registry.ts';
import { readRelease, type ReadRelease } from '../../infra/sandbox/jobs/read-release.ts';
import { releaseImage } from '../../infra/sandbox/jobs/release-image.ts';
import { imageLabels } from '../../activities/image-labels.ts';
import { definitionsOf, type SceneConfig } from './release-configs.ts';
import type { ReleaseScene } from './release-scene.ts';

/** A Stable stream in a scene: what people push into it, and what becomes of that. */
export class StableScene {
  readonly scene: ReleaseScene;
  readonly config: SceneConfig;

  constructor(scene: ReleaseScene, config: SceneConfig) {
    this.scene = scene;
    this.config = config;
  }

  /** Job names are tags, so each scene has a minor version of its own: `4.103.<patch>`. */
  version(patch: number | string): string {
    return `4.${100 + Number(this.scene.id.slice(1))}.${patch}`;
  }

  get registry(): Registry {
    return new Registry(this.scene.plant.servers.env['WAYBILL_REGISTRY'] ?? '');
  }

  async create(): Promise<void> {
    const { scene, config } = this;
    await scene.defineJobs(definitionsOf(config), config.name);
    await scene.plant.ensure(imageStreams, {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: {
        namespace: scene.namespace,
        name: config.name,
        annotations: { [annotation.config]: JSON.stringify({ ...config, as: 'Stable' }) },
      },
      spec: { lookupPolicy: { local: false } },
    } as ImageStream);
  }

  /**
   * Pushes a real release image.
   *
   * @param label the release that it says it is
   * @returns its pull spec
   */
  async push(label: string, images: string[] = ['cli', 'etcd'], build = 1): Promise<string> {
    const [path, tag] = [`${this.scene.namespace}-incoming/release`, `${label}-${build}`];
    const components = images.map((name) => ({ name, image: componentOf(name, build) }));
    const image = releaseImage({ name: label, fromImageStream: 'art/input', components, previous: [], metadata: undefined, created });
    await pushImage(this.registry.host, path, tag, image);
    return `${this.registry.host}/${path}:${tag}`;
  }

  /** Points tags at images, as `oc tag` does, with one write. */
  async tag(images: Record<string, string>, annotations: Record<string, string> = {}): Promise<void> {
    await this.scene.change(this.config.name, (stream) => {
      const before = stream.spec?.tags ?? [];
      const tags = Object.entries(images).map(([name, image]): TagReference => {
        const known = before.find((tag) => tag.name === name);
        return { ...known, name, annotations: { ...known?.annotations, ...annotations }, from: { kind: 'DockerImage', name: image } };
      });
      const kept = before.filter(({ name }) => images[name] === undefined);
      return { ...stream, spec: { ...stream.spec, tags: [...kept, ...tags] } };
    });
  }

  /** The annotations of a tag, once it has them. */
  async annotations(name: string): Promise<Record<string, string>> {
    return (await this.scene.stream(this.config.name)).spec?.tags?.find((tag) => tag.name === name)?.annotations ?? {};
  }

  /** What lies under a tag by now: the release, and what its label says. */
  async image(name: string): Promise<ReadRelease & { label: string | undefined }> {
    const { status } = await this.scene.stream(this.config.name);
    const read = await readRelease(`${status?.publicDockerImageRepository}:${name}`, {
      registry: this.registry,
    });
    const newest = status?.tags?.find(({ tag }) => tag === name)?.items?.[0];
    const where = `${status?.publicDockerImageRepository}@${newest?.image}`;
    return { ...read, label: (await imageLabels(where))['io.openshift.release'] };
  }

  /** Names and images that a release's mirror holds. */
  async mirror(name: string): Promise<Record<string, string>> {
    const { status } = await this.scene.stream(name);
    return Object.fromEntries((status?.tags ?? []).map(({ tag, items }) => [tag, items?.[0]?.dockerImageReference ?? '']));
  }
}

const created = '2026-11-25T12:00:00Z';

/** The pull spec of a component of a build. */
export const componentOf = (name: string, build = 1) => `quay.io/scene/${name}@${digestOf(`${name} ${build}`)}`;
