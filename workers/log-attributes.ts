import { AsyncLocalStorage } from 'node:async_hooks';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { subjectOfInput, subjectOfWorkflow, type LogSubject } from '../workflows/ids.ts';

const running = new AsyncLocalStorage<LogSubject>();

/** What the activity that runs here is about, for lines that it writes through the log of the process. */
export const currentSubject = (): LogSubject => running.getStore() ?? {};

/** Releases of workflows that are named by a digest or a mirror, as an activity of theirs was told. */
const learned = new Map<string, LogSubject>();
const mostLearned = 2_000;

function subjectOf(workflowId: string, input: unknown): LogSubject {
  const told = subjectOfInput(input);
  const known = subjectOfWorkflow(workflowId);
  if (told.releaseTag !== undefined && known.releaseTag === undefined && known.stream === undefined) {
    if (learned.size >= mostLearned) learned.clear();
    learned.set(workflowId, told);
  }
  return { ...known, ...learned.get(workflowId), ...told };
}

/** Every log line of an activity, Temporal's own about it included, names its release or stream. */
export const namedLogs: ActivityInterceptorsFactory = ({ info }) => {
  const workflowId = info.workflowExecution?.workflowId ?? '';
  let subject = subjectOfWorkflow(workflowId);
  return {
    inbound: {
      execute(input, next) {
        subject = subjectOf(workflowId, input.args[0]);
        return running.run(subject, () => next(input));
      },
    },
    outbound: { getLogAttributes: (attributes, next) => next({ ...attributes, ...subject }) },
  };
};
