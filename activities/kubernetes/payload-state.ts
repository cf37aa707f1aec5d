import { rejectionDetails, undecidedSince } from '../../domain/payload/conditions.ts';
import type { ReleasePayload, VerificationJobStatus } from '../../domain/payload/kinds.ts';
import { payloadPhase } from '../../domain/payload/phase.ts';
import { isMirrorPending } from '../../domain/payload/verdict.ts';
import type { JobCounts, PayloadState } from '../contract.ts';

const nothing: JobCounts = { total: 0, succeeded: 0, failed: 0, pending: 0, blocking: 0, blockingDone: 0 };

/** A payload in the few words that workflows need. */
export function payloadState(payload: ReleasePayload | undefined): PayloadState {
  if (payload === undefined)
    return { exists: false, phase: 'Pending', creation: '', creationMessage: '', mirrorPending: false, jobs: nothing };
  const { releaseCreationJobResult, releaseMirrorJobResult, conditions = [] } = payload.status ?? {};
  const phase = payloadPhase(payload);
  const mirrorJob = payload.spec.payloadCreationConfig?.releaseMirrorCoordinates?.releaseMirrorJobName;
  return {
    exists: true,
    phase,
    creation: releaseCreationJobResult?.status ?? '',
    creationMessage: releaseCreationJobResult?.message ?? '',
    mirrorPending: isMirrorPending(mirrorJob, releaseMirrorJobResult, conditions),
    jobs: countJobs(payload),
    ...(phase === 'Rejected' || phase === 'Failed' ? { rejection: rejectionDetails(payload) } : {}),
    ...(phase === 'Ready' ? { undecidedSince: undecidedSince(payload) } : {}),
  };
}

function countJobs({ status }: ReleasePayload): JobCounts {
  const blocking = status?.blockingJobResults ?? [];
  const all = [...blocking, ...(status?.informingJobResults ?? []), ...(status?.upgradeJobResults ?? [])];
  const inState = (jobs: VerificationJobStatus[], state: string) => jobs.filter((job) => job.state === state).length;
  const [succeeded, failed] = [inState(all, 'Success'), inState(all, 'Failure')];
  return {
    total: all.length,
    succeeded,
    failed,
    pending: all.length - succeeded - failed,
    blocking: blocking.length,
    blockingDone: inState(blocking, 'Success') + inState(blocking, 'Failure'),
  };
}
