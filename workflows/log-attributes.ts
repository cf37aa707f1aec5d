import { workflowInfo, type WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { subjectOfWorkflow } from './ids.ts';

/**
 * Every log line of a workflow names its release or stream. A workflow that is named by something else (a digest, a
 * mirror) belongs to the release that started it. It only adds words to log lines: histories are as they are without.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  const { workflowId, parent } = workflowInfo();
  const subject = { ...subjectOfWorkflow(parent?.workflowId ?? ''), ...subjectOfWorkflow(workflowId) };
  return { outbound: [{ getLogAttributes: (attributes, next) => next({ ...attributes, ...subject }) }] };
};
