import { annotation, label } from './annotations.ts';
import { distributedCluster } from './cluster-group.ts';
import type { PeriodicDefinition, PodSpec, ProwJob, ProwJobSpec } from './kinds.ts';
import { injectEnvironment, type InjectedSpec } from './prow-environment.ts';
import { prowJobLabels } from './prow-job-labels.ts';
import type { VerificationRun } from './verification-run.ts';

/**
 * Whether a verification job can be made from a definition (openshift/release-controller,
 * cmd/release-controller/sync_verify_prow.go).
 *
 * @param definition of that name, undefined where there is none
 * @param anyDefined whether there are definitions at all
 * @returns what is wrong; only a changed configuration repairs it
 */
export function validateDefinition(definition: PeriodicDefinition | undefined, name: string, anyDefined: boolean): string | undefined {
  if (!anyDefined) return `the prow job ${name} is not valid: no prow jobs have been defined`;
  if (definition === undefined) return `the prow job ${name} is not valid: no job with that name`;
  const { cluster = '' } = definition;
  if (cluster !== '' && cluster !== 'default') return undefined;
  return `the prowjob ${name} is not valid: the jobs cluster must be set to a value that is not default, was "${cluster}"`;
}

export interface ProwJobFacts {
  run: VerificationRun;
  /** release under test */
  tag: string;
  /** namespace of the ProwJobs */
  namespace: string;
  /** `<namespace>/<name>` of the source stream */
  source: string;
  /** valid, see validateDefinition */
  definition: PeriodicDefinition;
  entry: {
    upgrade: boolean;
    multiJobAnalysis: boolean;
    /** the entry's own job, also where an aggregator runs */
    prowJobName: string;
  };
  pullSpec: string;
  /** release to upgrade from */
  from?: { tag: string; pullSpec: string };
  /** public repository of the mirror, unknown while there is no mirror */
  mirrorRepository?: string;
  /** whether the release is a reference release */
  reference?: boolean;
  architecture: string;
  /** pools of build clusters, see distributedCluster */
  clusterGroups?: readonly (readonly string[])[];
  /** whether Prow assigns clusters in a step of its own */
  schedulerEnabled: boolean;
  /** RFC 3339 with whole seconds */
  now: string;
}

export type BuiltProwJob = { kind: 'job'; job: ProwJob } | Exclude<InjectedSpec, { kind: 'spec' }>;

/**
 * The ProwJob of one verification run: the base of its definition, told which release to test. Labels and annotations
 * of the definition stay behind, its schedule too.
 *
 * @returns `cannot-run` where there is nothing to test, `error` for what a later try may find repaired
 */
export function buildProwJob(facts: ProwJobFacts): BuiltProwJob {
  const { run, namespace, definition, now } = facts;
  const injected = injectedPodSpec(facts);
  if (injected !== undefined && injected.kind !== 'spec') return injected;
  const metadata = {
    name: run.name,
    namespace,
    labels: prowJobLabels(run.specJob, definition, releaseLabels(facts)),
    annotations: releaseAnnotations(facts),
  };
  const status = { startTime: now, state: facts.schedulerEnabled ? 'scheduling' : 'triggered' };
  const spec = prowJobSpec(facts, injected?.podSpec);
  return { kind: 'job', job: { apiVersion: 'prow.k8s.io/v1', kind: 'ProwJob', metadata, spec, status } };
}

/** Jobs that run elsewhere than in a pod are told nothing. */
function injectedPodSpec(facts: ProwJobFacts): InjectedSpec | undefined {
  const { definition, entry, pullSpec, from, mirrorRepository, reference = false, architecture, run } = facts;
  if (!definition.spec) return undefined;
  return injectEnvironment(definition.spec, {
    pullSpec,
    upgrade: entry.upgrade,
    fromPullSpec: from?.pullSpec,
    mirrorRepository,
    reference,
    architecture,
    declaredOnly: analysisVariables(facts),
    job: run.specJob,
  });
}

/** What lets a job find the other runs of its kind. */
function analysisVariables({ run, entry, tag, now }: ProwJobFacts): Record<string, string> {
  if (run.kind !== 'aggregator' && !entry.multiJobAnalysis) return {};
  return { PAYLOAD_TAG: tag, VERIFICATION_JOB_NAME: entry.prowJobName, JOB_START_TIME: now };
}

function releaseLabels({ run, tag }: ProwJobFacts): Record<string, string> {
  const common = { [label.capabilityRce]: 'rce', [label.payload]: tag };
  if (run.kind === 'analysis') return { ...common, [label.analysis]: tag };
  return { ...common, [label.verify]: 'true', ...(run.kind === 'aggregator' && { [label.aggregator]: tag }) };
}

function releaseAnnotations({ run, source, tag, architecture, entry, from }: ProwJobFacts): Record<string, string> {
  return {
    [annotation.prowJob]: run.specJob,
    [annotation.prowContext]: '',
    [annotation.source]: source,
    [annotation.tag]: tag,
    [annotation.architecture]: architecture,
    ...(entry.upgrade && from !== undefined && { [annotation.fromTag]: from.tag }),
  };
}

/** Fields of a definition that a ProwJob has under the same name (sigs.k8s.io/prow, pkg/pjutil/pjutil.go, specFromJobBase). */
const copiedFields = [
  'max_concurrency',
  'error_on_eviction',
  'extra_refs',
  'decoration_config',
  'pipeline_run_spec',
  'tekton_pipeline_run_spec',
  'reporter_config',
  'rerun_auth_config',
  'hidden',
  'prowjob_defaults',
  'job_queue_name',
];

/** What Prow's own configuration gives every job that says nothing else (sigs.k8s.io/prow, pkg/config/config.go). */
const defaultTenant = { tenant_id: 'GlobalDefaultID' };

function prowJobSpec({ run, definition, namespace, clusterGroups = [] }: ProwJobFacts, podSpec: PodSpec | undefined): ProwJobSpec {
  const copied = copiedFields.filter((field) => definition[field] !== undefined && definition[field] !== null);
  return {
    type: 'periodic',
    agent: definition.agent ?? 'kubernetes',
    ...(definition.cluster !== undefined && { cluster: distributedCluster(clusterGroups, definition.cluster, run.name) }),
    // without its own the pods run where the ProwJobs are
    namespace: definition['namespace'] ?? namespace,
    job: run.specJob,
    prowjob_defaults: defaultTenant,
    ...Object.fromEntries(copied.map((field) => [field, definition[field]])),
    report: true,
    ...(podSpec && { pod_spec: podSpec }),
  };
}
