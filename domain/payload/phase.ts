import { annotation } from './annotations.ts';
import { conditionOf } from './conditions.ts';
import type { Phase, ReleasePayload, TagReference } from './kinds.ts';

/**
 * The phase that a payload's conditions mean: an accepting condition beats all, and a build that failed reads as
 * `Failed` though it is rejected as well (openshift/release-controller, pkg/release-controller/release_payload.go).
 */
export function payloadPhase(payload: ReleasePayload): Phase {
  const holds = (type: Parameters<typeof conditionOf>[1]) => conditionOf(payload, type)?.status === 'True';
  if (holds('PayloadAccepted')) return 'Accepted';
  if (holds('PayloadFailed')) return 'Failed';
  if (holds('PayloadRejected')) return 'Rejected';
  return holds('PayloadCreated') ? 'Ready' : 'Pending';
}

const phases: readonly string[] = ['Pending', 'Failed', 'Ready', 'Accepted', 'Rejected'] satisfies Phase[];

/**
 * The phase of a tag: its payload's, or where it has no payload what the tag's annotation says.
 *
 * @param payloadPhases phase of each known payload by tag name
 * @returns empty when neither says anything
 */
export function tagPhase(payloadPhases: Readonly<Record<string, Phase>> | undefined, tag: TagReference): Phase | '' {
  if (payloadPhases !== undefined && Object.hasOwn(payloadPhases, tag.name)) return payloadPhases[tag.name] ?? '';
  const annotated = tag.annotations?.[annotation.phase] ?? '';
  return isPhase(annotated) ? annotated : '';
}

function isPhase(text: string): text is Phase {
  return phases.includes(text);
}
