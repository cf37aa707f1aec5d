import type { Qualifier } from './qualifier.ts';

/**
 * The Kubernetes objects that payload decisions read and plan: only the fields we use, in the shape the API
 * server gives them. Every list may be absent, as Go's `omitempty` leaves it out.
 */

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** `image.openshift.io/v1` ImageStream. */
export interface ImageStream {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: { lookupPolicy?: { local: boolean }; tags?: TagReference[] | null };
  status?: ImageStreamStatus;
}

export interface ImageStreamStatus {
  dockerImageRepository?: string;
  publicDockerImageRepository?: string;
  tags?: NamedTagEventList[] | null;
}

/** One spec tag. Its `annotations` carry the release's identity (see annotations.ts). */
export interface TagReference {
  name: string;
  annotations?: Record<string, string> | null;
  from?: ObjectReference | null;
  reference?: boolean;
  generation?: number | null;
  importPolicy?: { insecure?: boolean; scheduled?: boolean; importMode?: string };
  referencePolicy?: { type: string };
}

export interface ObjectReference {
  kind: string;
  name: string;
  namespace?: string;
}

/** One status tag: what was really imported, newest item first. */
export interface NamedTagEventList {
  tag: string;
  items?: TagEvent[] | null;
  conditions?: TagEventCondition[];
}

export interface TagEvent {
  created: string;
  dockerImageReference: string;
  /** the digest, `sha256:…`; empty where the image could not be resolved */
  image: string;
  generation: number;
}

export interface TagEventCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  generation?: number;
}

/** `batch/v1` Job. */
export interface Job {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: Record<string, unknown>;
  status?: JobStatus;
}

export interface JobStatus {
  active?: number;
  ready?: number;
  failed?: number;
  succeeded?: number;
  startTime?: string;
  completionTime?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }[];
}

/** `prow.k8s.io/v1` ProwJob. */
export interface ProwJob {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: ProwJobSpec;
  status?: ProwJobStatus;
}

export interface ProwJobSpec {
  job: string;
  type?: string;
  agent?: string;
  cluster?: string;
  report?: boolean;
  pod_spec?: PodSpec;
  [field: string]: unknown;
}

export interface ProwJobStatus {
  state?: string;
  startTime?: string;
  pendingTime?: string;
  completionTime?: string;
  url?: string;
  build_id?: string;
  description?: string;
}

export interface PodSpec {
  containers?: Container[];
  [field: string]: unknown;
}

export interface Container {
  name?: string;
  image?: string;
  args?: string[];
  env?: { name: string; value?: string; [field: string]: unknown }[];
  [field: string]: unknown;
}

/** One entry of `periodics` in a Prow job configuration: the base of a verification job. */
export interface PeriodicDefinition {
  name: string;
  agent?: string;
  cluster?: string;
  spec?: PodSpec;
  [field: string]: unknown;
}

/** `release.openshift.io/v1alpha1` ReleasePayload: the authoritative record of one release. */
export interface ReleasePayload {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: ReleasePayloadSpec;
  status?: ReleasePayloadStatus;
}

export interface ReleasePayloadSpec {
  payloadCoordinates?: {
    namespace?: string;
    streamName?: string;
    imagestreamName?: string;
    imagestreamTagName?: string;
  };
  payloadCreationConfig?: {
    releaseCreationCoordinates?: { namespace?: string; releaseCreationJobName?: string };
    prowCoordinates?: { namespace?: string };
    releaseMirrorCoordinates?: { namespace?: string; releaseMirrorJobName?: string };
  };
  payloadOverride?: { override?: string; reason?: string };
  payloadVerificationConfig?: {
    blockingJobs?: CiConfiguration[] | null;
    informingJobs?: CiConfiguration[] | null;
    upgradeJobs?: CiConfiguration[] | null;
    payloadVerificationDataSource?: string;
  };
  releaseCoordinates?: { repository?: string; tag?: string; digest?: string }[];
  payloadType?: string;
}

export interface CiConfiguration {
  ciConfigurationName: string;
  ciConfigurationJobName: string;
  maxRetries?: number;
  analysisJobCount?: number;
  /** overrides of qualifiers, by id */
  qualifiers?: Record<string, Qualifier>;
}

export interface ReleasePayloadStatus {
  conditions?: Condition[];
  releaseCreationJobResult?: JobResult;
  releaseMirrorJobResult?: JobResult;
  blockingJobResults?: VerificationJobStatus[] | null;
  informingJobResults?: VerificationJobStatus[] | null;
  upgradeJobResults?: VerificationJobStatus[] | null;
  qualifiersSummary?: QualifiersSummary | null;
}

export interface QualifiersSummary {
  /** of all qualifiers that fail, sorted */
  failureLabels?: string[] | null;
  /** by id */
  qualifiers?: Record<string, QualifierResult> | null;
}

/** What one qualifier says. */
export interface QualifierResult {
  jobs?: { ciConfigurationName: string; ciConfigurationJobName: string }[] | null;
  aggregateState?: AggregateState;
  badgeName?: string;
  badgeEarned?: boolean;
  badgePropagated?: boolean;
  approval?: boolean;
  failureLabels?: string[] | null;
  /** by thread */
  jiraNotifications?: Record<string, JiraNotificationState> | null;
}

/** How far an escalation went. */
export interface JiraNotificationState {
  issueKey?: string;
  activeEscalation?: string;
  activePriority?: string;
  abated?: boolean;
  lastTransitionTime?: string | null;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
}

export interface JobResult {
  coordinates?: { name?: string; namespace?: string };
  status?: 'Unknown' | 'Success' | 'Failed' | '';
  message?: string;
}

export type AggregateState = 'Pending' | 'Failure' | 'Success' | 'Unknown' | '';

/** Status of one configured verification job. */
export interface VerificationJobStatus {
  ciConfigurationName: string;
  ciConfigurationJobName: string;
  maxRetries?: number;
  analysisJobCount?: number;
  state?: AggregateState;
  results?: JobRunResult[] | null;
}

/** One ProwJob attempt of a verification job. */
export interface JobRunResult {
  coordinates?: { name?: string; namespace?: string; cluster?: string };
  startTime?: string | null;
  completionTime?: string | null;
  state?: string;
  humanProwResultsURL?: string;
  upgradeType?: string;
}

/** Where a release is, as people and clients call it (release-controller's words). */
export type Phase = 'Pending' | 'Failed' | 'Ready' | 'Accepted' | 'Rejected';
