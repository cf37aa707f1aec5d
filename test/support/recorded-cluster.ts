import { imageStreams, jobs, prowJobs, releasePayloads } from '../../activities/kubernetes/resources.ts';
import type {
  AggregateState,
  CiConfiguration,
  Condition,
  ImageStream,
  Job,
  JobRunResult,
  Phase,
  ProwJob,
  ReleasePayload,
  TagReference,
} from '../../domain/payload/kinds.ts';
import type { SceneConfig } from './release-configs.ts';
import type { ReleaseScene } from './release-scene.ts';

const key = (name: string) => `release.openshift.io/${name}`;
const began = '2026-01-01T00:00:00Z';
/** one of the release tags' moments */
const dayOf = (moment: string) => moment.slice(0, 10);

/** A stream of releases, as its objects stand when another controller has driven it. */
export interface RecordedStream {
  config: SceneConfig;
  /** ImageStream with the inputs */
  source: string;
}

/** One release, by the marks that release-controller leaves. */
export interface RecordedRelease extends RecordedStream {
  tag: string;
}

export function releaseOf(stream: RecordedStream, moment: string): RecordedRelease {
  return { ...stream, tag: `${stream.config.name}-${moment}` };
}

/**
 * Its tag in the target. While a payload decides, release-controller leaves the phase in the annotation at Pending.
 *
 * @param marks further annotations, without their prefix
 */
export function recordedTag(
  { namespace }: ReleaseScene,
  release: RecordedRelease,
  phase: Phase,
  marks: Record<string, string> = {},
): TagReference {
  const { config, source, tag } = release;
  const [, hours, minutes, seconds] = /(\d\d)(\d\d)(\d\d)$/.exec(tag) ?? [];
  const annotations = {
    [key('name')]: config.name,
    [key('source')]: `${namespace}/${source}`,
    [key('creationTimestamp')]: `${dayOf(tag.slice(config.name.length + 1))}T${hours}:${minutes}:${seconds}Z`,
    [key('phase')]: phase,
    ...Object.fromEntries(Object.entries(marks).map(([name, value]) => [key(name), value])),
  };
  return { name: tag, annotations, importPolicy: { importMode: 'PreserveOriginal' }, referencePolicy: { type: 'Source' } };
}

/** What the condition controllers have written, in their order. */
export function recordedConditions(holds: Partial<Record<string, 'True' | 'False'>>, reasons: Record<string, string> = {}): Condition[] {
  const types = ['PayloadAccepted', 'PayloadCreated', 'PayloadFailed', 'PayloadMirrorFailed', 'PayloadMirrored', 'PayloadRejected'];
  return types.map((type) => ({
    type,
    status: holds[type] ?? 'Unknown',
    reason: reasons[type] ?? `Release${type}`,
    message: holds[type] !== undefined && /Created|Failed/.test(type) ? 'Release creation Job completed' : '',
    lastTransitionTime: began,
  }));
}

export const conditionsWhen = {
  pending: recordedConditions({}),
  ready: recordedConditions({ PayloadCreated: 'True', PayloadFailed: 'False', PayloadAccepted: 'False', PayloadRejected: 'False' }),
  accepted: recordedConditions({ PayloadCreated: 'True', PayloadFailed: 'False', PayloadAccepted: 'True', PayloadRejected: 'False' }),
  rejected: recordedConditions({ PayloadCreated: 'True', PayloadFailed: 'False', PayloadAccepted: 'False', PayloadRejected: 'True' }),
  failed: recordedConditions(
    { PayloadCreated: 'False', PayloadFailed: 'True', PayloadAccepted: 'False', PayloadRejected: 'True' },
    { PayloadAccepted: 'ReleasePayloadCreationJobFailed', PayloadRejected: 'ReleasePayloadCreationJobFailed' },
  ),
  halfAccepted: recordedConditions({ PayloadCreated: 'True', PayloadFailed: 'False', PayloadAccepted: 'True' }),
  bothVerdicts: recordedConditions({ PayloadCreated: 'True', PayloadFailed: 'False', PayloadAccepted: 'True', PayloadRejected: 'True' }),
  halfFailed: recordedConditions(
    { PayloadAccepted: 'False', PayloadRejected: 'True' },
    { PayloadAccepted: 'ReleasePayloadCreationJobFailed', PayloadRejected: 'ReleasePayloadCreationJobFailed' },
  ),
} satisfies Record<string, Condition[]>;

/** Results by entry name. */
export type RecordedResults = Record<string, { state: AggregateState; runs?: JobRunResult[] }>;

export interface RecordedPayload {
  conditions: Condition[];
  creation: 'Unknown' | 'Success' | 'Failed';
  blocking?: CiConfiguration[];
  informing?: CiConfiguration[];
  results?: RecordedResults;
}

/** Its ReleasePayload, spec and status, as the two controllers write it. */
export async function putPayload(scene: ReleaseScene, release: RecordedRelease, recorded: RecordedPayload): Promise<void> {
  const { config, tag } = release;
  const { plant, namespace, kubernetes } = scene;
  const { conditions, creation, blocking = [], informing = [], results = {} } = recorded;
  const coordinates = { name: tag, namespace: plant.jobNamespace };
  const seeded = (list: CiConfiguration[]) =>
    list.map(({ qualifiers: _, ...job }) => ({
      ...job,
      state: results[job.ciConfigurationName]?.state ?? ('Unknown' as const),
      ...(results[job.ciConfigurationName]?.runs === undefined ? {} : { results: results[job.ciConfigurationName]?.runs ?? [] }),
    }));
  const payload: ReleasePayload = {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name: tag, namespace },
    spec: {
      payloadCoordinates: { namespace, imagestreamName: config.to, imagestreamTagName: tag, streamName: config.name },
      payloadCreationConfig: {
        releaseCreationCoordinates: { namespace: plant.jobNamespace, releaseCreationJobName: tag },
        prowCoordinates: { namespace: plant.prowNamespace },
      },
      payloadVerificationConfig: {
        blockingJobs: blocking,
        informingJobs: informing,
        upgradeJobs: [],
        payloadVerificationDataSource: 'BuildFarmLookup',
      },
      payloadType: 'Local',
    },
  };
  const created = await kubernetes.create(releasePayloads, payload);
  const messages = { Unknown: 'Release creation job pending', Success: 'Release creation Job completed', Failed: 'error: no space left' };
  await kubernetes.replaceStatus(releasePayloads, {
    ...created,
    status: {
      conditions,
      releaseCreationJobResult: { coordinates, status: creation, message: messages[creation] },
      ...(blocking.length > 0 ? { blockingJobResults: seeded(blocking) } : {}),
      ...(informing.length > 0 ? { informingJobResults: seeded(informing) } : {}),
    },
  });
}

export const mirrorOf = ({ config, source, tag }: RecordedRelease) => `${source}${tag.slice(config.name.length)}`;

function backReferences({ namespace }: ReleaseScene, { config, source, tag }: RecordedRelease): Record<string, string> {
  return {
    [key('source')]: `${namespace}/${source}`,
    [key('target')]: `${namespace}/${config.to}`,
    [key('releaseTag')]: tag,
    [key('generation')]: '2',
  };
}

/** The stream that holds its input images. */
export async function putMirror(scene: ReleaseScene, release: RecordedRelease, hash: string): Promise<void> {
  const { status } = await scene.stream(release.source);
  const mirror: ImageStream = {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: {
      namespace: scene.namespace,
      name: mirrorOf(release),
      annotations: { ...backReferences(scene, release), [key('hash')]: hash },
    },
    spec: {
      lookupPolicy: { local: false },
      tags: (status?.tags ?? []).map(({ tag, items: images }) => ({
        name: tag,
        from: { kind: 'ImageStreamImage', namespace: scene.namespace, name: `${release.source}@${images?.[0]?.image}` },
        importPolicy: { importMode: 'PreserveOriginal' },
      })),
    },
  };
  await scene.plant.ensure(imageStreams, mirror);
}

/** The Job that builds it; here it runs for as long as it is told to. */
export async function putReleaseJob(scene: ReleaseScene, release: RecordedRelease): Promise<void> {
  const { plant, namespace } = scene;
  const { publicDockerImageRepository = '' } = (await scene.stream(release.config.to)).status ?? {};
  const { dockerImageRepository = '' } = (await scene.stream(mirrorOf(release))).status ?? {};
  const script = 'set -eu\noc registry login\noc adm release new "--name=$1" "--from-image-stream=$2" "--namespace=$3" "--to-image=$4"\n';
  const container = {
    name: 'build',
    image: `${dockerImageRepository}:cli`,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    command: ['/bin/bash', '-c', script, '', release.tag, mirrorOf(release), namespace, `${publicDockerImageRepository}:${release.tag}`],
  };
  await plant.ensure(jobs, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: release.tag, namespace: plant.jobNamespace, annotations: backReferences(scene, release) },
    spec: {
      parallelism: 1,
      backoffLimit: 3,
      template: { spec: { serviceAccountName: 'builder', restartPolicy: 'Never', containers: [container] } },
    },
  } as Job);
}

export interface RecordedRun {
  /** after the release's tag: `-aws-1` */
  name: string;
  job: string;
  /** `analysis` runs lack the label that others have */
  kind?: 'aggregator' | 'analysis';
  status: NonNullable<ProwJob['status']>;
}

/** One of its ProwJobs. */
export async function putProwJob(scene: ReleaseScene, release: RecordedRelease, run: RecordedRun): Promise<void> {
  const { plant, namespace } = scene;
  const { name, job, kind, status } = run;
  const labels = {
    'created-by-prow': 'true',
    'prow.k8s.io/type': 'periodic',
    [key('payload')]: release.tag,
    ...(kind === 'analysis' ? {} : { [key('verify')]: 'true' }),
    ...(kind === undefined ? {} : { [key(kind)]: release.tag }),
  };
  const annotations = {
    'prow.k8s.io/job': job,
    [key('source')]: `${namespace}/${release.source}`,
    [key('tag')]: release.tag,
    [key('architecture')]: 'amd64',
  };
  await plant.ensure(prowJobs, {
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata: { name: `${release.tag}${name}`, namespace: plant.prowNamespace, labels, annotations },
    spec: { type: 'periodic', agent: 'kubernetes', cluster: 'build01', job, report: true },
    status,
  } as ProwJob);
}

/** The status of a run that has ended, as Prow writes it. */
export function endedRun(state: 'success' | 'failure', build: string): NonNullable<ProwJob['status']> {
  return { state, startTime: began, completionTime: '2026-01-01T00:30:00Z', url: `https://prow.example/${build}`, build_id: build };
}

/** The same run as it is recorded in the payload. */
export function recordedRun(scene: ReleaseScene, name: string, state: 'Success' | 'Failure' | 'Pending', build: string): JobRunResult {
  return {
    coordinates: { name, namespace: scene.plant.prowNamespace, cluster: 'build01' },
    startTime: state === 'Pending' ? new Date().toISOString().replace(/\.\d+Z$/, 'Z') : began,
    ...(state === 'Pending' ? {} : { completionTime: '2026-01-01T00:30:00Z' }),
    state,
    humanProwResultsURL: `https://prow.example/${build}`,
  };
}
