import { workflowInfo } from '@temporalio/workflow';

/** Events that a worker replays in well under a second. Temporal itself suggests a new run only after several thousand. */
const manyEvents = 600;

/** Whether it is time to continue as new: a workflow that another worker takes over is replayed from its beginning first. */
export function isHistoryLong(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength > manyEvents;
}
