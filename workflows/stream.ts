import { continueAsNew, getExternalWorkflowHandle, ParentClosePolicy, startChild, upsertSearchAttributes } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Problem, StreamSurvey } from '../activities/contract.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import { quick } from './durable.ts';
import { listenForChanges } from './edges.ts';
import { isHistoryLong } from './history.ts';
import { workflowIds } from './ids.ts';
import { periodicsWaitedFor, tendPeriodics } from './periodics.ts';
import { publishing, type Publisher } from './publishing.ts';
import type { release } from './release.ts';
import { retiring, type Retirer } from './retiring.ts';
import { searchAttributes } from './search-attributes.ts';
import type { StreamInput } from './stream-messages.ts';
import { announceWaiting, changedSignal } from './waiting.ts';

const [advanceStream, markTarget, adoptTags, markVerdicts, createRelease, abortPending, reportProblem] = [
  quick('advanceStream'),
  quick('markTarget'),
  quick('adoptTags'),
  quick('markVerdicts'),
  quick('createRelease'),
  quick('abortPending'),
  quick('reportProblem'),
];

type UsableStream = Extract<StreamSurvey, { kind: 'usable' }>;

/**
 * look -> (mark the target) -> (adopt tags of a Stable stream) -> create a release when inputs are new and nothing holds -> see that every
 * unfinished release has its workflow -> publish the newest accepted one -> remove releases whose time is over -> see that its
 * periodics have their schedules -> wait for a change, the end of a hold, or the reconcile time -> look again, for ever
 */
export async function stream(input: StreamInput): Promise<void> {
  const edges = listenForChanges();
  const announce = announceWaiting();
  upsertSearchAttributes([{ key: searchAttributes.releaseNamespace, value: input.namespace }]);
  const publisher = publishing(input);
  const retirer = retiring(input);
  let reported: Problem | undefined;
  let unusableLooks = 0;
  let quiet = false;

  while (!isHistoryLong()) {
    const told = edges.seen();
    edges.clear();
    const now = Date.now();
    const survey = await advanceStream(input, now);
    if (survey.kind === 'gone') return tendPeriodics(input, survey, quiet);

    const problem = survey.kind === 'invalid' ? survey.problem : undefined;
    if (problem !== undefined && problem.message !== reported?.message) await reportProblem(input, problem);
    reported = problem;

    if (survey.kind === 'usable' && (await act(input, survey, { told, now }, { publisher, retirer }))) continue;
    await tendPeriodics(input, survey, quiet);
    announce([...waitingFor(survey), ...publisher.waiting(), ...retirer.waiting(), ...periodicsWaitedFor(input)]);
    unusableLooks = survey.kind === 'unusable' ? unusableLooks + 1 : 0;
    const sooner = [publisher.retryMs(), retirer.nextMs()].map((ms) => ms ?? Infinity);
    await edges.wait(Math.min(untilNextLook(survey, input.reconcileMinutes, unusableLooks), ...sooner));
    // A quiet look is the safety net: a release whose workflow was terminated by hand is started again.
    quiet = !edges.seen();
    if (quiet) input.started = [];
  }
  await continueAsNew<typeof stream>(input);
}

/** One look at the stream: whether a change was told since the last one, and when it is, which a new release's name says. */
interface Look {
  told: boolean;
  now: number;
}

interface Helpers {
  publisher: Publisher;
  retirer: Retirer;
}

/** @returns whether something was done, so that the stream must be looked at again */
async function act(input: StreamInput, survey: UsableStream, { told, now }: Look, { publisher, retirer }: Helpers): Promise<boolean> {
  if (survey.endOfLife) return false;
  if (!survey.targetMarked) {
    await markTarget({ namespace: input.namespace, name: survey.target });
    return true;
  }
  if (survey.adopt !== undefined) {
    await adoptTags(input, now);
    if (told) await wakePending(input, survey);
    return true;
  }
  // Another controller has left them so; what runs here marks its own.
  if (survey.unmarked?.some((tag) => !input.started.includes(tag)) === true) await markVerdicts(input, input.started);
  for (const tag of survey.aborted) await abortPending({ namespace: input.namespace, tag, target: survey.target });
  if (survey.planned !== undefined) {
    const created = survey.created ?? (await createRelease(input, survey.planned, now));
    if (created) await startRelease(input, survey.planned.tag, survey);
    return true;
  }
  await tendReleases(input, survey, told);
  await publisher.publish(survey.publish);
  // Last, since nothing waits for it, and it may take a while.
  return retirer.retire(survey.retention, now);
}

/** @param told something changed: an unfinished build may wait for just that */
async function tendReleases(input: StreamInput, survey: UsableStream, told: boolean): Promise<void> {
  const unfinished = survey.unfinished.map(({ tag }) => tag);
  for (const tag of unfinished) if (!input.started.includes(tag)) await startRelease(input, tag, survey);
  input.started = input.started.filter((tag) => unfinished.includes(tag));
  if (told) await wakePending(input, survey);
}

async function wakePending({ namespace }: StreamInput, { unfinished }: UsableStream): Promise<void> {
  for (const { tag, phase } of unfinished) if (phase === 'Pending') await wake(workflowIds.release(namespace, tag));
}

async function startRelease(input: StreamInput, tag: string, survey: UsableStream): Promise<void> {
  try {
    await startChild<typeof release>('release', {
      workflowId: workflowIds.release(input.namespace, tag),
      args: [{ namespace: input.namespace, tag, target: survey.target }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${tag} of ${survey.stream}`,
    });
  } catch (failure) {
    if (!(failure instanceof WorkflowExecutionAlreadyStartedError)) throw failure;
  }
  input.started.push(tag);
}

/** A workflow that has ended needs no waking. */
async function wake(workflowId: string): Promise<void> {
  await getExternalWorkflowHandle(workflowId)
    .signal(changedSignal)
    .catch(() => undefined);
}

function waitingFor(survey: Exclude<StreamSurvey, { kind: 'gone' }>): Waiting[] {
  if (survey.kind === 'invalid') return [{ for: 'a valid release config', why: survey.problem.message }];
  if (survey.kind === 'unusable') return [{ for: 'a usable stream', why: survey.why }];
  if (survey.endOfLife) return [{ for: 'nothing', why: 'the release config says endOfLife' }];
  if (survey.waiting !== undefined) return survey.waiting;
  if (survey.hold === undefined) return [{ for: 'new input images', why: 'a release exists for the images that are there' }];
  const { why, until } = survey.hold;
  return [{ for: 'the next release', why, ...(until === undefined ? {} : { until }) }];
}

/** A target that was missing appears without a word, since nothing in it says yet what it is for: so it is looked for more often. */
function untilNextLook(survey: Exclude<StreamSurvey, { kind: 'gone' }>, reconcileMinutes: number, unusableLooks: number): number {
  const reconcile = reconcileMinutes * 60_000;
  if (survey.kind === 'unusable') return Math.min(reconcile, 60_000, 1_000 * 2 ** unusableLooks);
  const until = survey.kind === 'usable' ? survey.hold?.until : undefined;
  return until === undefined ? reconcile : Math.max(1, Date.parse(until) - Date.now());
}
