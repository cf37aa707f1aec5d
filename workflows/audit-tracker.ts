import { ActivityFailure, isCancellation, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { AuditTrackerActivities, TrackerLook } from '../activities/audit-tracker-contract.ts';
import type { TrackerResult } from './audit-tracker-messages.ts';

const { planAudits, beginAudits } = proxyActivities<AuditTrackerActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '6 seconds',
  // What does not work for long is left to the next run.
  scheduleToCloseTimeout: '15 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** People read the details, and the next run reads the result: neither must grow with the number of releases. */
const shown = 50;

/**
 * compare releases with signatures -> begin audits of those without, so many and no more
 *
 * The net below the workflows of releases, which have their own release audited: for one that was accepted before Waybill
 * was here, and one whose audit was terminated. A schedule starts it; what it remembers is the result of its last run.
 */
export async function auditTracker(): Promise<TrackerResult> {
  const memory = (workflowInfo().lastResult as TrackerResult | undefined)?.memory ?? {};
  try {
    const look = await planAudits(memory);
    if (look.due.length > 0) await beginAudits(look.due);
    setCurrentDetails(detailsOf(look));
    const begun = look.due.slice(0, shown).map(({ namespace, tag }) => `${namespace}/${tag}`);
    return { memory: look.memory, begun, left: look.left, waiting: look.waiting };
  } catch (failure) {
    if (isCancellation(failure) || !(failure instanceof ActivityFailure)) throw failure;
    const trouble = failure.cause?.message ?? failure.message;
    setCurrentDetails(`releases could not be compared with their signatures; the next run tries again: ${trouble}`);
    return { memory, begun: [], left: 0, waiting: 0, trouble };
  }
}

function detailsOf({ eligible, due, left, waiting, undigested, refused }: TrackerLook): string {
  const summary = `${eligible} releases are to be signed: ${due.length} audits were begun, ${left} images are left to the next runs, ${waiting} had their audit begun lately`;
  const unknown =
    undigested === 0
      ? []
      : [`- ${undigested} have no digest that image stream or registry would show${refused === undefined ? '' : `: ${refused}`}`];
  return [summary, ...unknown, ...due.slice(0, shown).map(({ namespace, tag }) => `- ${namespace}/${tag}`)].join('\n');
}
