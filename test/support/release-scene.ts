import { events, imageStreams, jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import { conditionOf, type ConditionType } from '../../domain/payload/conditions.ts';
import type {
  ImageStream,
  Job,
  NamedTagEventList,
  PeriodicDefinition,
  Phase,
  ProwJob,
  ReleasePayload,
  TagReference,
} from '../../domain/payload/kinds.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import { imageIdForTag } from '../../domain/payload/pull-spec.ts';
import type { Waiting } from '../../domain/payload/waiting.ts';
import { digestOf } from '../../infra/oci/image.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { definitionsOf, type SceneConfig } from './release-configs.ts';
import type { ReleasePlant } from './release-plant.ts';
import { eventually } from './wait.ts';

export interface StreamOptions {
  /** name of the ImageStream; the stream's own name where absent */
  source?: string;
  /** names of the input images */
  images?: string[];
  /** Prow job definitions in place of those that the config asks for */
  definitions?: PeriodicDefinition[];
  withoutTarget?: boolean;
  /** of the stream, beside its config */
  annotations?: Record<string, string>;
}

export interface SeenEvent {
  reason: string;
  message: string;
  type: string;
}

/** One namespace with release streams: what a test changes in it, and what it sees. */
export class ReleaseScene {
  readonly plant: ReleasePlant;
  readonly namespace: string;

  constructor(plant: ReleasePlant, namespace: string) {
    this.plant = plant;
    this.namespace = namespace;
  }

  /** no other scene of the plant has it: `s3` */
  get id(): string {
    return `s${this.namespace.slice(this.namespace.lastIndexOf('-') + 1)}`;
  }

  get kubernetes() {
    return this.plant.servers.kubernetes;
  }

  /** Defines the config's jobs, makes its target where there is none, then the source: the first release begins. */
  async createStream(config: SceneConfig, options: StreamOptions = {}): Promise<void> {
    const {
      source = config.name,
      images = ['cli', 'etcd', 'installer'],
      definitions = definitionsOf(config),
      withoutTarget = config.to === '',
      annotations = {},
    } = options;
    await this.defineJobs(definitions, source);
    if (!withoutTarget) await this.createTarget(config.to);
    await this.plant.ensure(imageStreams, {
      ...stream(this.namespace, source, { [annotation.config]: JSON.stringify(config), ...annotations }),
      spec: { lookupPolicy: { local: false }, tags: images.map((name) => input(name, 1)) },
    } as ImageStream);
  }

  async createTarget(name: string): Promise<void> {
    await this.plant.ensure(imageStreams, stream(this.namespace, name));
  }

  /** A stream that other streams' upgrade jobs ask for, and that has nothing to give them. */
  async createEmptyStream(name: string, to: string): Promise<void> {
    await this.createTarget(to);
    await this.plant.ensure(
      imageStreams,
      stream(this.namespace, name, { [annotation.config]: JSON.stringify({ name, to, endOfLife: true }) }),
    );
  }

  async defineJobs(definitions: PeriodicDefinition[], source = 'more'): Promise<void> {
    await this.plant.define(`${this.namespace}-${source}.yaml`, definitions);
  }

  /** Orders for verification jobs: `job` is a regular expression on `spec.job`. They hold for this scene's jobs by their names. */
  async orderProwJobs(rules: { job: string; release?: string; outcomes?: string[]; seconds?: number }[]): Promise<void> {
    const ours = { namespace: `^${this.plant.prowNamespace}$` };
    await this.plant.order(
      'prow-rules',
      this.namespace,
      rules.map((rule) => ({ seconds: 0, ...rule, ...ours })),
    );
  }

  /** Orders for release jobs: `job` is a regular expression on the Job's name, which begins with the release's tag. */
  async orderReleaseJobs(
    rules: { job: string; outcomes?: string[]; seconds?: number; message?: string; skipBackoff?: boolean }[],
  ): Promise<void> {
    const ours = { namespace: `^${this.plant.jobNamespace}$` };
    await this.plant.order(
      'job-rules',
      this.namespace,
      rules.map((rule) => ({ seconds: 0, ...rule, ...ours })),
    );
  }

  async orderImports(rules: { repository: string; outcome?: 'ok' | 'fail'; seconds?: number; message?: string }[]): Promise<void> {
    await this.plant.order(
      'import-rules',
      this.namespace,
      rules.map((rule) => ({ ...rule, namespace: `^${this.namespace}$` })),
    );
  }

  /** Points an input tag at another image, as a build does. */
  async changeImage(source: string, build: number, image = 'etcd'): Promise<void> {
    await this.change(source, (current) => ({
      ...current,
      spec: { ...current.spec, tags: (current.spec?.tags ?? []).map((tag) => (tag.name === image ? input(image, build) : tag)) },
    }));
  }

  /** Waits until an input tag shows the image of a build. */
  async imported(source: string, build: number, image = 'etcd'): Promise<void> {
    const digest = digestOf(`quay.io/scene/${image}:build-${build}`);
    await this.until(`the import of build ${build} of ${image}`, async () => imageIdForTag(await this.stream(source), image) === digest);
  }

  /** Reads, changes and writes an image stream, again when somebody was faster. */
  async change(name: string, how: (current: ImageStream) => ImageStream): Promise<void> {
    await eventually(`a write of ${name} without conflict`, async () =>
      this.kubernetes.replace(imageStreams, how(await this.stream(name))),
    );
  }

  /** Changes what a stream says was imported. */
  async changeStatus(name: string, how: (tags: NamedTagEventList[]) => NamedTagEventList[]): Promise<void> {
    await eventually(`a write of the status of ${name} without conflict`, async () => {
      const current = await this.stream(name);
      return this.kubernetes.replaceStatus(imageStreams, {
        ...current,
        status: { ...current.status, tags: how(current.status?.tags ?? []) },
      });
    });
  }

  async override(tag: string, override: 'Accepted' | 'Rejected' | '', reason = 'by hand'): Promise<void> {
    const payloadOverride = override === '' ? null : { override, reason };
    await this.kubernetes.patch(releasePayloads, this.namespace, tag, { spec: { payloadOverride } });
  }

  async stream(name: string): Promise<ImageStream> {
    const found = await this.kubernetes.get<ImageStream>(imageStreams, this.namespace, name);
    if (found === undefined) throw new Error(`there is no ImageStream ${this.namespace}/${name}`);
    return found;
  }

  /** Release tags of a stream, oldest first. */
  async tags({ name, to }: SceneConfig): Promise<TagReference[]> {
    const { spec } = await this.stream(to);
    return (spec?.tags ?? []).filter((tag) => tag.annotations?.[annotation.name] === name).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The stream's release of this number, from 1, once there is a tag for it. */
  async release(config: SceneConfig, number = 1): Promise<string> {
    const seen = async () => (await this.tags(config))[number - 1]?.name;
    return this.until(`release ${number} of ${config.name}`, seen, () => [workflowIds.stream(this.namespace, config.name)]);
  }

  /** Name of the release's mirror, for a stream without a prefix of its own. */
  mirrorOf(config: SceneConfig, tag: string, source = config.name): string {
    return `${source}${tag.slice(config.name.length)}`;
  }

  async tag(config: SceneConfig, name: string): Promise<TagReference> {
    const found = (await this.tags(config)).find((tag) => tag.name === name);
    if (found === undefined) throw new Error(`there is no tag ${name}`);
    return found;
  }

  async payload(tag: string): Promise<ReleasePayload> {
    const found = await this.kubernetes.get<ReleasePayload>(releasePayloads, this.namespace, tag);
    if (found === undefined) throw new Error(`there is no ReleasePayload ${tag}`);
    return found;
  }

  async payloadWhen(tag: string, what: string, holds: (payload: ReleasePayload) => boolean): Promise<ReleasePayload> {
    return this.untilOf(tag, `payload ${tag} ${what}`, async () => {
      const payload = await this.payload(tag);
      return holds(payload) && payload;
    });
  }

  /** Waits until payload and tag both say so. */
  async phase(config: SceneConfig, tag: string, phase: Phase): Promise<ReleasePayload> {
    const payload = await this.payloadWhen(tag, `to be ${phase}`, (current) => payloadPhase(current) === phase);
    await this.untilOf(
      tag,
      `tag ${tag} to say ${phase}`,
      async () => (await this.tag(config, tag)).annotations?.[annotation.phase] === phase,
    );
    return payload;
  }

  async condition(tag: string, type: ConditionType): Promise<{ status: string; reason: string; message: string } | undefined> {
    const found = conditionOf(await this.payload(tag), type);
    return found && { status: found.status, reason: found.reason, message: found.message };
  }

  async prowJobs(tag: string): Promise<ProwJob[]> {
    const labelled = { labelSelector: `release.openshift.io/payload=${tag}` };
    return (await this.kubernetes.list<ProwJob>(prowJobs, this.plant.prowNamespace, labelled)).items;
  }

  async prowJob(name: string): Promise<ProwJob> {
    const found = await this.kubernetes.get<ProwJob>(prowJobs, this.plant.prowNamespace, name);
    if (found === undefined) throw new Error(`there is no ProwJob ${name}`);
    return found;
  }

  async job(name: string): Promise<Job> {
    const found = await this.kubernetes.get<Job>(jobs, this.plant.jobNamespace, name);
    if (found === undefined) throw new Error(`there is no Job ${name}`);
    return found;
  }

  async events(source: string): Promise<SeenEvent[]> {
    const { items } = await this.kubernetes.list<SeenEvent & { involvedObject: { name: string } }>(events, this.namespace);
    return items
      .filter(({ involvedObject }) => involvedObject.name === source)
      .map(({ reason, message, type }) => ({ reason, message, type }));
  }

  async eventSaying(source: string, text: string): Promise<SeenEvent> {
    return this.until(`an event of ${source} that says ${text}`, async () =>
      (await this.events(source)).find(({ message }) => message.includes(text)),
    );
  }

  /** What a workflow says it waits for. */
  async waiting(workflowId: string): Promise<Waiting[]> {
    return this.plant.temporal.workflow.getHandle(workflowId).query<Waiting[]>('waiting');
  }

  async waitingFor(workflow: 'stream' | 'release' | 'mirror' | 'creation' | 'verification', name: string, text: string): Promise<Waiting> {
    const id = workflowIds[workflow](this.namespace, name);
    const says = async () => (await this.waiting(id)).find((each) => `${each.for}: ${each.why}`.includes(text));
    return this.until(`${id} to wait for ${text}`, says, () => [id]);
  }

  /** Waits until a workflow has come to its end. */
  async ended(workflow: 'release' | 'verification', name: string): Promise<void> {
    const id = workflowIds[workflow](this.namespace, name);
    const { workflow: workflows } = this.plant.temporal;
    await this.until(
      `${id} to end`,
      async () => (await workflows.getHandle(id).describe()).status.name !== 'RUNNING',
      () => [id],
    );
  }

  /** Looks until there is an answer. When there is none, the error tells what the workflows wait for. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>, workflows: () => string[] = () => []): Promise<T> {
    try {
      return await eventually(what, look, this.plant.patienceMs);
    } catch (error) {
      const said = await Promise.all(
        workflows().map((id) =>
          this.waiting(id).then(
            (waiting) => `${id}: ${JSON.stringify(waiting)}`,
            (failure: unknown) => `${id}: ${String(failure)}`,
          ),
        ),
      );
      throw new Error([(error as Error).message, ...said, `worker: ${this.plant.worker.logFile}`].join('\n'), { cause: error });
    }
  }

  #workflowsOf(tag: string): string[] {
    return [
      workflowIds.release(this.namespace, tag),
      workflowIds.creation(this.namespace, tag),
      workflowIds.verification(this.namespace, tag),
    ];
  }

  untilOf<T>(tag: string, what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    return this.until(what, look, () => this.#workflowsOf(tag));
  }
}

const stream = (namespace: string, name: string, annotations: Record<string, string> = {}): ImageStream => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { namespace, name, annotations },
  spec: { lookupPolicy: { local: false } },
});

const input = (name: string, build: number): TagReference => ({
  name,
  from: { kind: 'DockerImage', name: `quay.io/scene/${name}:build-${build}` },
});
