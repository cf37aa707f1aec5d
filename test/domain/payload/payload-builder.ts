import type { PayloadFacts } from '../../../domain/payload/payload-status.ts';
import type {
  AggregateState,
  CiConfiguration,
  Condition,
  Job,
  JobRunResult,
  ProwJob,
  ReleasePayload,
  ReleasePayloadStatus,
  VerificationJobStatus,
} from '../../../domain/payload/kinds.ts';

/** Short rows for the tables of the payload tests. */

export const tag = '4.20.0-0.nightly-2025-06-01-021500';
export const now = '2025-06-01T03:00:00Z';
export const later = '2025-06-01T04:00:00Z';

export function condition(type: string, status: Condition['status'], more: Partial<Condition> = {}): Condition {
  return { type, status, reason: 'Reason', message: '', lastTransitionTime: now, ...more };
}

export function jobOf(state: AggregateState, name = 'aws', more: Partial<VerificationJobStatus> = {}): VerificationJobStatus {
  return { ciConfigurationName: name, ciConfigurationJobName: `periodic-${name}`, state, ...more };
}

export function runOf(state: string, more: Partial<JobRunResult> = {}): JobRunResult {
  return { state, ...more };
}

export function ciJob(name: string, more: Partial<CiConfiguration> = {}): CiConfiguration {
  return { ciConfigurationName: name, ciConfigurationJobName: `periodic-${name}`, ...more };
}

export interface PayloadShape {
  name?: string;
  blocking?: CiConfiguration[];
  informing?: CiConfiguration[];
  upgrade?: CiConfiguration[];
  mirrored?: boolean;
  override?: { override: string; reason?: string };
  dataSource?: string;
  status?: ReleasePayloadStatus;
}

export function payloadOf(shape: PayloadShape = {}): ReleasePayload {
  const { name = tag, dataSource = 'BuildFarmLookup' } = shape;
  return {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name, namespace: 'ocp' },
    spec: {
      payloadCreationConfig: {
        releaseCreationCoordinates: { namespace: 'ci-release', releaseCreationJobName: name },
        prowCoordinates: { namespace: 'ci' },
        ...(shape.mirrored && {
          releaseMirrorCoordinates: { namespace: 'ci-release', releaseMirrorJobName: `${name}-alternate-mirror` },
        }),
      },
      ...(shape.override && { payloadOverride: shape.override }),
      payloadVerificationConfig: {
        blockingJobs: shape.blocking ?? [],
        informingJobs: shape.informing ?? [],
        upgradeJobs: shape.upgrade ?? [],
        payloadVerificationDataSource: dataSource,
      },
    },
    ...(shape.status && { status: shape.status }),
  };
}

export const completedJob: Job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: tag },
  status: { completionTime: now, conditions: [{ type: 'Complete', status: 'True' }] },
};

export function failedJob(reason?: string, message?: string): Job {
  const failed = { type: 'Failed', status: 'True', ...(reason && { reason }), ...(message && { message }) };
  return { ...completedJob, status: { failed: 4, conditions: [failed] } };
}

export function factsOf(facts: Partial<PayloadFacts> = {}): PayloadFacts {
  return { creationJob: completedJob, mirrorJob: null, prowJobs: [], notRun: [], overdue: [], asyncEntries: [], now, ...facts };
}

export interface ProwJobShape {
  job?: string;
  payload?: string;
  analysis?: boolean;
  completionTime?: string;
  url?: string;
  cluster?: string;
}

export function prowJobOf(name: string, state: string, shape: ProwJobShape = {}): ProwJob {
  const { payload = tag, analysis = false } = shape;
  return {
    apiVersion: 'prow.k8s.io/v1',
    kind: 'ProwJob',
    metadata: {
      name,
      namespace: 'ci',
      labels: {
        'release.openshift.io/payload': payload,
        ...(analysis ? { 'release.openshift.io/analysis': payload } : { 'release.openshift.io/verify': 'true' }),
      },
      annotations: { 'prow.k8s.io/job': shape.job ?? 'periodic-aws' },
    },
    spec: { job: shape.job ?? 'periodic-aws', cluster: shape.cluster ?? 'build01' },
    status: {
      state,
      startTime: '2025-06-01T02:30:00Z',
      url: shape.url ?? `https://prow/${name}`,
      ...(shape.completionTime && { completionTime: shape.completionTime }),
    },
  };
}
