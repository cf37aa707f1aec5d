import { condition, continueAsNew, ParentClosePolicy, startChild, upsertSearchAttributes } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { OpenedRelease, PayloadState } from '../activities/contract.ts';
import { buildFailure } from '../domain/payload/build-failure.ts';
import type { Phase } from '../domain/payload/kinds.ts';
import type { Waiting } from '../domain/payload/waiting.ts';
import { childResult } from './children.ts';
import type { creation } from './creation.ts';
import { quick } from './durable.ts';
import { listenForChanges, type Edges } from './edges.ts';
import { isHistoryLong } from './history.ts';
import { workflowIds } from './ids.ts';
import { untilImported } from './imported.ts';
import type { mirror } from './mirror.ts';
import { haveAudited, listenForAudits, type Audits } from './release-audit.ts';
import type { ReleaseInput, ReleaseOutcome } from './release-messages.ts';
import { searchAttributes } from './search-attributes.ts';
import type { verification } from './verification.ts';
import { announceWaiting } from './waiting.ts';

const [openRelease, syncPayload, markRelease, reportProblem, reportReleaseProblem, ensureAlternateMirror] = [
  quick('openRelease'),
  quick('syncPayload'),
  quick('markRelease'),
  quick('reportProblem'),
  quick('reportReleaseProblem'),
  quick('ensureAlternateMirror'),
];

type Opened = Extract<OpenedRelease, { kind: 'open' }>;
type Announce = ReturnType<typeof announceWaiting>;

interface Story {
  input: ReleaseInput;
  edges: Edges;
  announce: Announce;
  audits: Audits;
  opened: Opened;
}

/**
 * payload -> (image of a Stable release) -> mirror -> release job -> Ready -> alternate mirror, verification -> verdict -> signed audit record
 *                          |                                          |
 *                          v                                          v
 *                        Failed                                    Rejected
 *
 * Begins wherever the payload is: a release that was begun by another controller, or by a run of this workflow
 * that is gone, goes on from there. A verdict that an override changes later is followed by a new run; one that is
 * withdrawn leads back to the verification.
 */
export async function release(input: ReleaseInput): Promise<ReleaseOutcome> {
  const edges = listenForChanges();
  const announce = announceWaiting();
  const audits = listenForAudits();
  for (;;) {
    const opened = await open(input, edges, announce);
    if (opened === undefined) return { phase: 'Gone' };
    const story: Story = { input: { ...input, target: opened.target }, edges, announce, audits, opened };
    present(story, opened.state.phase);

    let state = opened.state;
    if (opened.hasOpenRuns === true) await startVerification(story);
    if (state.phase === 'Pending') state = await build(story);
    if (state.phase === 'Ready') state = await verify(story, state);
    // A payload that somebody deletes is made again, as long as its tag is there; without the tag nothing is built.
    const outcome = state.exists && state.phase !== 'Pending' ? await conclude(story, state) : undefined;
    if (outcome !== undefined) return outcome;
  }
}

async function open(input: ReleaseInput, edges: Edges, announce: Announce): Promise<Opened | undefined> {
  let reported = '';
  for (;;) {
    edges.clear();
    const opened = await openRelease(input);
    if (opened.kind === 'gone') return undefined;
    if (opened.kind === 'open') return opened;
    if (opened.problem.message !== reported) await reportReleaseProblem(input, opened.problem);
    reported = opened.problem.message;
    announce([{ for: `the payload of ${input.tag}`, why: opened.problem.message }]);
    await edges.wait(60_000);
  }
}

function present({ input, opened }: Story, phase: Phase): void {
  upsertSearchAttributes([
    { key: searchAttributes.stream, value: opened.stream },
    { key: searchAttributes.releaseTag, value: input.tag },
    { key: searchAttributes.releasePhase, value: phase },
    { key: searchAttributes.releaseNamespace, value: input.namespace },
  ]);
}

/** Freezes the input images, then has the release job put them together; what people gave is taken over, or made anew under its name. */
async function build(story: Story): Promise<PayloadState> {
  const { input, opened, announce } = story;
  const [, sourceName = ''] = opened.source.split('/');
  if (opened.stable === true && !(await untilImported(story))) return syncPayload(input, {});
  announce([{ for: `input images of ${opened.source}`, why: `mirror ${opened.mirror} takes them over` }]);
  const frozen = await childResult(story, () =>
    startChild<typeof mirror>('mirror', {
      workflowId: workflowIds.mirror(input.namespace, opened.mirror),
      args: [{ ...input, source: { namespace: input.namespace, name: sourceName }, mirror: opened.mirror }],
      staticSummary: `input images of ${input.tag}`,
    }),
  );
  if (frozen === undefined) return syncPayload(input, {});
  await markRelease(input, { hash: frozen.hash });

  announce([{ for: `release job of ${input.tag}`, why: 'it puts the release image together' }]);
  const state = await childResult(story, () =>
    startChild<typeof creation>('creation', {
      workflowId: workflowIds.creation(input.namespace, input.tag),
      args: [input],
      staticSummary: `release image of ${input.tag}`,
    }),
  );
  if (state.phase === 'Ready') {
    await markRelease(input, { phase: 'Ready' });
    upsertSearchAttributes([{ key: searchAttributes.releasePhase, value: 'Ready' }]);
  }
  return state;
}

/** Runs the verification until the payload has its verdict; an override gives one at any time. */
async function verify(story: Story, { undecidedSince }: PayloadState): Promise<PayloadState> {
  const { input, opened, edges, announce } = story;
  let alternateMirrorFailure: string | undefined;
  if (opened.bearsWithdrawnVerdict === true) await markRelease(input, { phase: 'Ready' });
  for (let looks = 0; ; looks += 1) {
    // Also after a quiet time: a verification that was terminated by hand is started again.
    if (looks === 0 || !edges.seen()) await startVerification(story);
    edges.clear();
    alternateMirrorFailure = await copyToAlternateRepository(story);
    const state = await syncPayload(input, alternateMirrorFailure === undefined ? {} : { alternateMirrorFailure });
    if (!state.exists || state.phase !== 'Ready') return state;
    // A verdict that was given and withdrawn between two looks has ended the verification.
    if (state.undecidedSince !== undecidedSince) await startVerification(story);
    undecidedSince = state.undecidedSince;
    announce(awaitedVerdict(state));
    if (isHistoryLong()) await continueAsNew<typeof release>(input);
    await edges.wait(10 * 60_000);
  }
}

async function startVerification({ input, opened }: Story): Promise<void> {
  try {
    await startChild<typeof verification>('verification', {
      workflowId: workflowIds.verification(input.namespace, input.tag),
      args: [{ ...input, source: opened.source, deadlineMs: opened.verificationDeadlineMs }],
      // It goes on collecting informing results after the verdict has ended this workflow.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `verification of ${input.tag}`,
    });
  } catch (failure) {
    if (!(failure instanceof WorkflowExecutionAlreadyStartedError)) throw failure;
  }
}

/** @returns why the copy can not be made, which opens the gate as a failed copy does */
async function copyToAlternateRepository({ input, opened }: Story): Promise<string | undefined> {
  if (!opened.hasAlternateMirror) return undefined;
  const job = await ensureAlternateMirror(input);
  return job.kind === 'blocked' ? job.problem.message : undefined;
}

/** No counts: they move with every result, which only the verification is told. */
function awaitedVerdict({ jobs, mirrorPending }: PayloadState): Waiting[] {
  const copy = { for: 'the copy to the alternate repository', why: 'its job has not ended', about: 'copy' as const };
  const why = jobs.blocking > 0 ? 'not all of them have ended' : 'none is blocking, so all must end';
  const results = { for: jobs.blocking > 0 ? 'the blocking jobs' : 'the jobs', why, about: 'jobs' as const };
  return mirrorPending ? [copy, results] : [results];
}

/**
 * Tells the verdict, and has an accepted release signed. An override that comes meanwhile is told at once.
 *
 * @returns undefined when the verdict was withdrawn meanwhile, so that the jobs have to decide
 */
async function conclude(story: Story, verdict: PayloadState): Promise<ReleaseOutcome | undefined> {
  const { input, edges, announce, audits } = story;
  let signed: Promise<void> | undefined;
  for (let state = verdict; ; state = await syncPayload(input, {})) {
    if (!state.exists) return { phase: 'Gone' };
    if (state.phase === 'Ready') return undefined;
    const outcome = await tell(story, state);
    if (isSigned(story, outcome.phase)) {
      signed ??= haveAudited(audits, { ...input, stream: story.opened.stream }, announce);
      await Promise.race([signed, condition(() => edges.seen())]);
    }
    // An edge since the state was read may be an override, and nobody will tell of it again.
    if (!edges.seen()) {
      announce([]);
      return outcome;
    }
    edges.clear();
  }
}

async function tell({ input, opened }: Story, state: PayloadState): Promise<ReleaseOutcome> {
  const phase = state.phase as Exclude<ReleaseOutcome['phase'], 'Gone'>;
  const why = phase === 'Failed' ? buildFailure(state.creationMessage) : phase === 'Accepted' ? undefined : state.rejection;
  await markRelease(input, { phase, ...why });
  upsertSearchAttributes([{ key: searchAttributes.releasePhase, value: phase }]);
  if (phase === 'Failed') {
    const [namespace = '', name = ''] = opened.source.split('/');
    await reportProblem({ namespace, name }, { reason: 'UnableToProcessRelease', message: `${input.tag}: ${state.creationMessage}` });
  }
  return { phase, ...why };
}

const isSigned = ({ opened }: Story, phase: ReleaseOutcome['phase']) => phase !== 'Gone' && (opened.signed ?? ['Accepted']).includes(phase);
