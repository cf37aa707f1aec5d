import { conditionOf } from './conditions.ts';
import type { ReleasePayload } from './kinds.ts';
import { payloadPhase } from './phase.ts';

/**
 * Whether a payload needs its release workflow: it has no verdict yet, or an override was set, changed or withdrawn
 * that its verdict does not follow. Finished payloads may be listed a thousand at a time without waking anybody.
 */
export function needsAttention(payload: ReleasePayload): boolean {
  const phase = payloadPhase(payload);
  if (phase === 'Pending' || phase === 'Ready') return true;
  if (phase === 'Failed') return false;
  const override = payload.spec.payloadOverride?.override ?? '';
  const reason = conditionOf(payload, 'PayloadAccepted')?.reason ?? '';
  const isVerdict = override === 'Accepted' || override === 'Rejected';
  return isVerdict ? reason !== `ReleasePayloadManually${override}` : reason.startsWith('ReleasePayloadManually');
}
