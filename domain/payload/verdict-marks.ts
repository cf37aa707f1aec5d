import { annotation } from './annotations.ts';
import { buildFailure } from './build-failure.ts';
import { rejectionDetails } from './conditions.ts';
import type { Phase, ReleasePayload, TagReference } from './kinds.ts';
import { payloadPhase } from './phase.ts';
import { ownTags, type StreamSnapshot } from './stream-tags.ts';

/** What a tag says of its verdict. */
export interface VerdictMark {
  phase: Phase;
  reason?: string;
  message?: string;
}

/**
 * Releases that are decided and whose tags do not say so, as release-controller leaves them: it writes the phase once, when the
 * release begins (openshift/release-controller, cmd/release-controller/sync.go). Newest first.
 */
export function unmarkedReleases(stream: StreamSnapshot): string[] {
  const decided = ({ name }: TagReference) => ['Accepted', 'Rejected', 'Failed'].includes(stream.phases[name] ?? '');
  return ownTags(stream)
    .filter((tag) => decided(tag) && stream.phases[tag.name] !== tag.annotations?.[annotation.phase])
    .map(({ name }) => name);
}

/** @returns undefined while there is no verdict */
export function verdictMark(payload: ReleasePayload): VerdictMark | undefined {
  const phase = payloadPhase(payload);
  if (phase === 'Pending' || phase === 'Ready') return undefined;
  if (phase === 'Accepted') return { phase };
  return {
    phase,
    ...(phase === 'Failed' ? buildFailure(payload.status?.releaseCreationJobResult?.message ?? '') : rejectionDetails(payload)),
  };
}
