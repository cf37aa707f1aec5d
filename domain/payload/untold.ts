import { approvalOf } from './approvals.ts';
import type { ReleasePayload } from './kinds.ts';
import { payloadPhase } from './phase.ts';
import type { Qualifiers } from './qualifier.ts';

/**
 * Whether what became of a payload was not told: its verdict turned, or somebody approved it, while nobody watched and after
 * its release workflow had ended. A tag that bears no verdict yet is marked by its stream.
 *
 * @param marked the phase that its tag says
 * @param general the general configuration of qualifiers; without one nothing is said of approvals
 */
export function isUntold(payload: ReleasePayload, marked: string | undefined, general: Qualifiers | undefined): boolean {
  const turned = (marked === 'Accepted' || marked === 'Rejected') && marked !== payloadPhase(payload);
  return turned || hasUnsaidApproval(payload, general ?? {});
}

function hasUnsaidApproval({ metadata, status }: ReleasePayload, general: Qualifiers): boolean {
  const said = status?.qualifiersSummary?.qualifiers ?? {};
  return Object.entries(general).some(([id, { approval }]) => {
    const result = said[id];
    // one that jobs have as well says what became of them
    if (approval !== true || (result !== undefined && result.approval !== true)) return false;
    const known = result === undefined ? undefined : result.aggregateState === 'Success' ? 'Accepted' : 'Rejected';
    return approvalOf(metadata, id) !== known;
  });
}
