import type { Job, JobResult, ReleasePayload } from './kinds.ts';
import type { LegacyRelease } from './legacy-results.ts';

/**
 * What became of the two Kubernetes Jobs of a payload: the one that builds the release and the one that copies it to
 * an alternate repository. The table and the words are OpenShift's (openshift/release-controller,
 * pkg/cmd/release-payload-controller/release_creation_status_controller.go and release_mirror_job_status_controller.go).
 *
 * Success and failure are both final: a Job object that is deleted afterwards takes nothing back.
 */

type Kind = 'creation' | 'mirror';

/**
 * @param job as it stands in the cluster; null when it was looked for and is not there
 * @param failure newest termination message of a failed build container, which says more than the Job does
 * @param legacy of a release that is older than its payload: its Job is long gone, its image is not
 */
export function creationResult(payload: ReleasePayload, job: Job | null, failure: string | undefined, legacy?: LegacyRelease): JobResult {
  const wanted = payload.spec.payloadCreationConfig?.releaseCreationCoordinates;
  const current = withCoordinates(payload.status?.releaseCreationJobResult, {
    name: wanted?.releaseCreationJobName,
    namespace: wanted?.namespace,
  });
  if (isFinal(current) || !hasCoordinates(current)) return current;
  if (job === null && legacy !== undefined) return { ...current, ...legacyOutcome(legacy) };
  const outcome = outcomeOf('creation', job);
  return { ...current, ...outcome, ...(outcome.status === 'Failed' && failure ? { message: failure } : {}) };
}

function legacyOutcome({ hasImage, failure }: LegacyRelease): Pick<JobResult, 'status' | 'message'> {
  if (failure !== undefined) return { status: 'Failed', message: failure };
  if (hasImage) return { status: 'Success', message: 'Release image exists, its creation Job is gone' };
  return { status: 'Unknown', message: 'Release creation job unknown' };
}

/**
 * @param unmakeable why no mirror Job can be made; counts as a failed one, so that the payload does not wait for ever
 * @returns the stored result untouched when the payload's spec names no mirror
 */
export function mirrorResult(payload: ReleasePayload, job: Job | null, unmakeable: string | undefined): JobResult | undefined {
  const wanted = payload.spec.payloadCreationConfig?.releaseMirrorCoordinates;
  if (!wanted?.releaseMirrorJobName) return payload.status?.releaseMirrorJobResult;
  const current = withCoordinates(payload.status?.releaseMirrorJobResult, {
    name: wanted.releaseMirrorJobName,
    namespace: wanted.namespace,
  });
  if (isFinal(current) || !hasCoordinates(current)) return current;
  if (job === null && unmakeable !== undefined) return { ...current, status: 'Failed', message: unmakeable };
  return { ...current, ...outcomeOf('mirror', job) };
}

/** Coordinates once complete are kept; incomplete ones are replaced by those of the spec, and the result starts afresh. */
function withCoordinates(stored: JobResult | undefined, wanted: { name: string | undefined; namespace: string | undefined }): JobResult {
  if (stored !== undefined && hasCoordinates(stored)) return stored;
  if (!wanted.name || !wanted.namespace) return stored ?? {};
  return { coordinates: { name: wanted.name, namespace: wanted.namespace }, status: '', message: '' };
}

function hasCoordinates({ coordinates }: JobResult): boolean {
  return Boolean(coordinates?.name && coordinates.namespace);
}

function isFinal({ status }: JobResult): boolean {
  return status === 'Success' || status === 'Failed';
}

function outcomeOf(kind: Kind, job: Job | null): { status: 'Unknown' | 'Success' | 'Failed'; message: string } {
  const status = job?.status ?? {};
  if (status.completionTime) return { status: 'Success', message: `Release ${kind} Job completed` };

  const failed = status.conditions?.find(({ type, status: holds }) => type === 'Failed' && holds === 'True');
  if (failed !== undefined) {
    const explained = failed.reason && failed.message ? `${failed.reason}: ${failed.message}` : undefined;
    return { status: 'Failed', message: explained ?? `Release ${kind} Job failed` };
  }
  const running = (status.ready ?? 0) >= 1 || (status.active ?? 0) >= 1;
  return { status: 'Unknown', message: `Release ${kind} job ${running ? 'pending' : 'unknown'}` };
}
