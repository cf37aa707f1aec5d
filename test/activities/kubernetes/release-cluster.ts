import { createHash } from 'node:crypto';
import { isAlreadyExists, isConflict, type KubernetesObject } from '../../../activities/kubernetes/client.ts';
import type { PayloadDependencies } from '../../../activities/kubernetes/payload-dependencies.ts';
import { ProwDefinitions } from '../../../activities/kubernetes/prow-definitions.ts';
import { ReleaseNamespaces } from '../../../activities/kubernetes/release-namespaces.ts';
import {
  configMaps,
  imageStreams,
  jobs,
  namespaces,
  prowJobs,
  releasePayloads,
  type Resource,
} from '../../../activities/kubernetes/resources.ts';
import { registryReads } from '../../../activities/registry-reads.ts';
import { anonymous } from '../../../activities/registry-requests.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type {
  ImageStream,
  ImageStreamStatus,
  Job,
  JobStatus,
  NamedTagEventList,
  PeriodicDefinition,
  ProwJob,
  ReleasePayload,
  TagReference,
} from '../../../domain/payload/kinds.ts';
import { internalRepository } from '../../../infra/sandbox/images/stream-names.ts';
import { definition } from '../../support/release-configs.ts';
import { eventually } from '../../support/wait.ts';
import { testStack, type TestStack } from '../../support/stack.ts';

export const streamName = '4.20.0-0.nightly';
/** 2025-06-01 12:00:00, when the releases of these tests are made. */
export const noon = Date.UTC(2025, 5, 1, 12);
export const noonTag = `${streamName}-2025-06-01-120000`;

export const digest = (image: string) => `sha256:${createHash('sha256').update(image).digest('hex')}`;

export interface SourceOptions {
  name?: string;
  /** names of imported images, or the status tags themselves */
  images?: (string | NamedTagEventList)[];
  /** raw annotation in place of the config */
  text?: string;
  annotations?: Record<string, string>;
  specTags?: TagReference[];
}

/** Namespaces of one test on the real API server, and what OpenShift's and Prow's controllers would write there. */
export class ReleaseCluster {
  readonly stack: TestStack;
  readonly namespace: string;
  readonly dependencies: PayloadDependencies;
  readonly definitionProblems: string[] = [];

  constructor(stack: TestStack, namespace: string, more: Partial<PayloadDependencies>) {
    this.stack = stack;
    this.namespace = namespace;
    const client = stack.kubernetes;
    this.dependencies = {
      client,
      releaseNamespaces: new ReleaseNamespaces(client, [namespace]),
      publishNamespaces: [],
      softDeleteReleaseTags: false,
      definitions: new ProwDefinitions(client, { configMap: `${this.prowNamespace}/job-config` }, (problem) =>
        this.definitionProblems.push(problem),
      ),
      jobNamespace: this.jobNamespace,
      prowNamespace: this.prowNamespace,
      architecture: 'amd64',
      clusterGroups: [],
      manifestListMode: false,
      verificationDeadlineMs: 0,
      creationDeadlineSeconds: 3600,
      updateServices: [],
      auditPolicy: { verification: 'off', delay: 0, phases: ['Accepted'], streams: 'all' },
      ...registryReads(anonymous),
      ...more,
    };
  }

  get client() {
    return this.stack.kubernetes;
  }

  get jobNamespace() {
    return `${this.namespace}-jobs`;
  }

  get prowNamespace() {
    return `${this.namespace}-prow`;
  }

  publicRepository(name: string) {
    return `${this.stack.registry}/${this.namespace}/${name}`;
  }

  /** A source stream whose images are imported: `cli` and `etcd` unless told otherwise. */
  source(config: object, { name = 'src', images = ['cli', 'etcd'], text, annotations = {}, specTags = [] }: SourceOptions = {}) {
    const config_ = text ?? JSON.stringify({ name: streamName, to: 'release', ...config });
    const tags = images.map((image) => (typeof image === 'string' ? this.imported(name, image) : image));
    return this.stream(name, { annotations: { ...annotations, [annotation.config]: config_ }, specTags, tags });
  }

  imported(stream: string, tag: string, image = digest(tag), generation = 1): NamedTagEventList {
    const dockerImageReference = `${this.publicRepository(stream)}@${image}`;
    return { tag, items: [{ created: '2025-06-01T11:00:00Z', dockerImageReference, image, generation }] };
  }

  target(specTags: TagReference[] = [], tags: NamedTagEventList[] = []) {
    return this.stream('release', { annotations: { [annotation.hasReleases]: 'true' }, specTags, tags });
  }

  /** The tag of a release as this product writes it. */
  releaseTag(name = noonTag, annotations: Record<string, string> = {}, source = 'src'): TagReference {
    const own = {
      [annotation.name]: streamName,
      [annotation.source]: `${this.namespace}/${source}`,
      [annotation.creationTimestamp]: '2025-06-01T12:00:00Z',
      [annotation.phase]: 'Pending',
    };
    return { name, annotations: { ...own, ...annotations }, importPolicy: { importMode: 'PreserveOriginal' } };
  }

  async stream(
    name: string,
    {
      annotations = {},
      specTags = [],
      tags = [],
    }: { annotations?: Record<string, string>; specTags?: TagReference[]; tags?: NamedTagEventList[] },
  ): Promise<ImageStream> {
    const metadata = { name, namespace: this.namespace, annotations };
    await this.client.create(imageStreams, {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata,
      spec: { lookupPolicy: { local: false }, tags: specTags },
    });
    return this.importInto(name, tags);
  }

  /** What image import writes: where the stream is, and its images. */
  importInto(name: string, tags: NamedTagEventList[]): Promise<ImageStream> {
    const status: ImageStreamStatus = {
      dockerImageRepository: internalRepository(this.namespace, name),
      publicDockerImageRepository: this.publicRepository(name),
      tags,
    };
    return this.changeStatus<ImageStream>(imageStreams, this.namespace, name, () => status);
  }

  /** Writes a status as its controller would: again when somebody was faster. */
  async changeStatus<T extends KubernetesObject & { status?: unknown }>(
    resource: Resource,
    namespace: string,
    name: string,
    status: (current: T) => T['status'],
  ): Promise<T> {
    return this.repeat(async () => {
      const current = await this.read<T>(resource, namespace, name);
      return this.client.replaceStatus(resource, { ...current, status: status(current) });
    });
  }

  /** Changes an object as a person would. */
  async change<T extends KubernetesObject>(resource: Resource, namespace: string, name: string, how: (current: T) => T): Promise<T> {
    return this.repeat(async () => this.client.replace(resource, how(await this.read<T>(resource, namespace, name))));
  }

  async repeat<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  async read<T>(resource: Resource, namespace: string, name: string): Promise<T> {
    const found = await this.client.get<T>(resource, namespace, name);
    if (found === undefined) throw new Error(`there is no ${resource.kind} ${namespace}/${name}`);
    return found;
  }

  readStream = (name: string) => this.read<ImageStream>(imageStreams, this.namespace, name);
  readPayload = (name = noonTag) => this.read<ReleasePayload>(releasePayloads, this.namespace, name);

  async readTag(name = noonTag): Promise<TagReference | undefined> {
    return (await this.readStream('release')).spec?.tags?.find((tag) => tag.name === name);
  }

  /** A job that the cluster's own Job controller keeps its hands off, in the given state. */
  async job(name: string, status: JobStatus): Promise<Job> {
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'build', image: 'none' }] } };
    const metadata = { name, namespace: this.jobNamespace };
    await this.client.create<Job>(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata,
      spec: { managedBy: 'example.test/by-hand', template },
    });
    return this.endJob(name, status);
  }

  endJob(name: string, status: JobStatus): Promise<Job> {
    return this.changeStatus<Job>(jobs, this.jobNamespace, name, (current) => ({ ...current.status, ...status }));
  }

  /** What Prow writes into a ProwJob. */
  async runProwJob(name: string, state: string, ended = '2025-06-01T12:30:00Z'): Promise<void> {
    const isOver = !['triggered', 'pending', 'scheduling'].includes(state);
    const status = {
      state,
      url: `https://prow.example.test/${name}`,
      startTime: '2025-06-01T12:10:00Z',
      build_id: '1',
      ...(isOver ? { completionTime: ended } : {}),
    };
    await this.client.patch<ProwJob>(prowJobs, this.prowNamespace, name, { status });
  }

  prowJob = (name: string) => this.client.get<ProwJob>(prowJobs, this.prowNamespace, name);

  async prowJobNames(): Promise<string[]> {
    return (await this.client.list<ProwJob>(prowJobs, this.prowNamespace)).items.map(({ metadata }) => metadata.name).toSorted();
  }

  /** Defines Prow jobs by name, or as they are given. */
  async define(...periodics: (string | PeriodicDefinition)[]): Promise<void> {
    const list = periodics.map((one) => (typeof one === 'string' ? definition(one) : one));
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'job-config', namespace: this.prowNamespace },
      data: { 'jobs.yaml': JSON.stringify({ periodics: list }) },
    };
    await this.client.create<KubernetesObject>(configMaps, map);
  }
}

export const jobDone: JobStatus = {
  startTime: '2025-06-01T12:01:00Z',
  completionTime: '2025-06-01T12:02:00Z',
  succeeded: 1,
  conditions: [
    { type: 'SuccessCriteriaMet', status: 'True' },
    { type: 'Complete', status: 'True' },
  ],
};
export const jobFailed: JobStatus = {
  startTime: '2025-06-01T12:01:00Z',
  failed: 4,
  conditions: [
    { type: 'FailureTarget', status: 'True', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' },
    { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' },
  ],
};

let listed: Promise<unknown> | undefined;

/** Own namespaces for one test. */
export async function releaseCluster(more: Partial<PayloadDependencies> = {}): Promise<ReleaseCluster> {
  const stack = testStack();
  listed ??= kindsListed(stack);
  await listed;
  const cluster = new ReleaseCluster(stack, stack.freshName('act'), more);
  const names = [cluster.namespace, cluster.jobNamespace, cluster.prowNamespace];
  await Promise.all(names.map((name) => ensure(stack, namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
  return cluster;
}

/** A kind that was defined a moment ago can be created before it can be listed. */
async function kindsListed({ kubernetes }: TestStack): Promise<void> {
  const listed = (resource: Resource) => kubernetes.list(resource).then(() => true);
  await Promise.all(
    [imageStreams, prowJobs, releasePayloads].map((resource) => eventually(`lists of ${resource.plural}`, () => listed(resource))),
  );
}

async function ensure({ kubernetes }: TestStack, resource: Resource, object: KubernetesObject): Promise<void> {
  await kubernetes.create(resource, object).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}
