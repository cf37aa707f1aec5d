import { conditionOf, type ConditionType } from './conditions.ts';
import type { ReleasePayload, ReleasePayloadStatus } from './kinds.ts';
import { overrideByAnnotation, overrideWithdrawnAnnotation } from './override-annotations.ts';

/** What is told about a payload, as a Kubernetes event of it. */
export interface PayloadEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/**
 * What people should hear when a payload's status turns from what it is into another one, in the order in which it came
 * about. Nothing turned, nothing is told; upstream tells nothing at all, so reasons that no condition has are ours.
 */
export function payloadEvents(before: ReleasePayload, status: ReleasePayloadStatus): PayloadEvent[] {
  const after: ReleasePayload = { ...before, status };
  const turned = (type: ConditionType) => holds(after, type) && !holds(before, type);
  const told: [boolean, () => PayloadEvent][] = [
    [turned('PayloadCreated'), () => normal('ReleasePayloadCreated', 'the release image is built, its verification begins')],
    [turned('PayloadFailed'), () => warning('ReleasePayloadFailed', creationMessage(status))],
    [turned('PayloadMirrored'), () => normal('ReleasePayloadMirrored', 'the release is copied to the alternate repository')],
    [turned('PayloadMirrorFailed'), () => warning('ReleasePayloadMirrorFailed', mirrorMessage(status))],
    [isManual(after) && manualReason(after) !== manualReason(before), () => overrideTaken(after)],
    [isManual(before) && !isManual(after), () => overrideWithdrawn(after)],
    [turned('PayloadAccepted'), () => normal(reasonOf(after, 'PayloadAccepted'), acceptance(after))],
    [turned('PayloadRejected') && !holds(after, 'PayloadFailed'), () => warning(reasonOf(after, 'PayloadRejected'), rejection(after))],
  ];
  return told.flatMap(([happened, event]) => (happened ? [event()] : []));
}

function holds(payload: ReleasePayload, type: ConditionType): boolean {
  return conditionOf(payload, type)?.status === 'True';
}

function reasonOf(payload: ReleasePayload, type: ConditionType): string {
  return conditionOf(payload, type)?.reason ?? '';
}

/** Reason and message of a verdict by hand; they change when somebody decides anew. */
function manualReason(payload: ReleasePayload): string {
  const condition = conditionOf(payload, 'PayloadAccepted');
  return isManual(payload) ? `${condition?.reason}: ${condition?.message}` : '';
}

function isManual(payload: ReleasePayload): boolean {
  return reasonOf(payload, 'PayloadAccepted').startsWith('ReleasePayloadManually');
}

function overrideTaken({ metadata, spec }: ReleasePayload): PayloadEvent {
  const { override, reason } = spec.payloadOverride ?? {};
  const by = metadata.annotations?.[overrideByAnnotation];
  return normal('OverrideTaken', `an override${by ? ` by ${by}` : ''} makes it ${override}: ${reason || 'no reason is given'}`);
}

function overrideWithdrawn({ metadata }: ReleasePayload): PayloadEvent {
  const by = metadata.annotations?.[overrideWithdrawnAnnotation];
  const who = by === undefined ? '' : ` by ${by}`;
  return normal('OverrideWithdrawn', `the override is withdrawn${who}; the verdict is that of the jobs again`);
}

function creationMessage({ releaseCreationJobResult: result }: ReleasePayloadStatus): string {
  return `the release image could not be built: ${result?.message ?? ''}`;
}

function mirrorMessage({ releaseMirrorJobResult: result }: ReleasePayloadStatus): string {
  return `the release could not be copied to the alternate repository, which does not hold it back: ${result?.message ?? ''}`;
}

function acceptance(payload: ReleasePayload): string {
  if (isManual(payload)) return 'it is accepted by hand';
  const blocking = payload.status?.blockingJobResults ?? [];
  return blocking.length > 0 ? `all ${blocking.length} blocking jobs succeeded` : 'nothing blocks it, and every job has ended';
}

function rejection(payload: ReleasePayload): string {
  if (isManual(payload)) return 'it is rejected by hand';
  const failed = (payload.status?.blockingJobResults ?? []).filter(({ state }) => state === 'Failure');
  return `blocking jobs failed: ${failed.map(({ ciConfigurationName }) => ciConfigurationName).join(', ')}`;
}

function normal(reason: string, message: string): PayloadEvent {
  return { type: 'Normal', reason, message };
}

function warning(reason: string, message: string): PayloadEvent {
  return { type: 'Warning', reason, message };
}
