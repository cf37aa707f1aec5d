import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { Eligibility } from '../../activities/audit-contract.ts';
import type { EnsuredJob, MirrorState, OpenedRelease, PayloadState, ReleaseImage, VerificationRound } from '../../activities/contract.ts';
import type { PreparedRelease } from '../../activities/stable-contract.ts';
import { alsoAuditSignal, auditWorkflowId } from '../../workflows/audit-messages.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { permitGrantedSignal } from '../../workflows/limiter-messages.ts';
import { searchAttributes } from '../../workflows/search-attributes.ts';
import { changedSignal, waitingQuery } from '../../workflows/waiting.ts';
import {
  failsFirst,
  fakeActivities,
  inTurn,
  losesReplies,
  noPayload,
  nothing,
  openedRelease,
  payloadState,
  runOf,
  verificationRound,
  type Activities,
  type FakeActivities,
} from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { workflowBench, type StartOptions } from '../support/workflow-bench.ts';

/** Digests of the images that were signed. */
const signed: string[] = [];
const bench = workflowBench({
  async signRelease({ digest }) {
    signed.push(digest);
    return { path: `${digest}/signature-1`, fingerprint: 'F00D', signedAt: '2026-11-24T01:02:03.000Z' };
  },
});

const tag = '4.20-1';
const rejection = { reason: 'VerificationFailed', message: 'aws failed' };
const accepted = payloadState('Accepted');
const rejected = payloadState('Rejected', { rejection });
const failed = payloadState('Failed', {
  creation: 'Failed',
  creationMessage: 'oc exited with 1',
  rejection: { reason: 'CreateReleaseFailed', message: 'oc exited with 1' },
});
const ready: PayloadState = payloadState('Ready');
const notEligible: Eligibility = { eligible: false, why: 'it is not accepted any more' };
const gone: OpenedRelease = { kind: 'gone' };
/** Far enough for workflows that skip time. */
const startBy = Date.parse('2099-01-01T00:00:00Z');

/** One release in a cluster where everything works, except what a test says. */
interface FakeRelease {
  namespace: string;
  image: Required<Omit<ReleaseImage, 'problem'>>;
  /** the payload as it is now */
  payload: { state: PayloadState };
  fakes: FakeActivities;
}

function fakeRelease(begin: PayloadState, verdict: PayloadState, given: Partial<Activities> = {}, every: Wrap = asItIs): FakeRelease {
  const namespace = testStack().freshName('ocp');
  const digest = `sha256:${namespace}`;
  const image = { digest, location: `registry/release@${digest}` };
  const payload = { state: begin };
  const cluster: Partial<Activities> = {
    openRelease: async () => openedRelease(payload.state),
    ensureMirror: async () => ({ kind: 'ready', hash: 'abc' }),
    async ensureReleaseJob() {
      if (payload.state.phase === 'Pending') payload.state = ready;
      return { kind: 'exists', finished: true };
    },
    syncPayload: async () => payload.state,
    markRelease: nothing,
    startRuns: async () => ({ notRun: [], problems: [] }),
    async planVerificationRound() {
      if (payload.state.phase === 'Ready') payload.state = verdict;
      await tell(namespace);
      return verificationRound(payload.state);
    },
    releaseDigest: async () => image,
    reportProblem: nothing,
    async requestPermit({ requester, request }) {
      await bench.client().workflow.getHandle(requester).signal(permitGrantedSignal, { requester, request, givenAt: 0, startBy });
    },
    checkEligible: async () => ({ eligible: true }),
    recordAttempt: async ({ tag: name }) => ({ path: `audit/${name}.json` }),
    ...given,
  };
  const wrapped = Object.fromEntries(Object.entries(cluster).map(([name, activity]) => [name, every(activity as AnyActivity)]));
  return { namespace, image, payload, fakes: fakeActivities(wrapped) };
}

type AnyActivity = (...args: unknown[]) => Promise<unknown>;
type Wrap = (activity: AnyActivity) => AnyActivity;
const asItIs: Wrap = (activity) => activity;

/** The watch of payloads, played: the release is told that its payload has changed. */
async function tell(namespace: string): Promise<void> {
  await bench
    .client()
    .workflow.getHandle(workflowIds.release(namespace, tag))
    .signal(changedSignal)
    .catch(() => undefined);
}

interface Story {
  skip?: boolean;
  maxCachedWorkflows?: number;
  /** keep its history under this name */
  record?: string;
  /** happens while the release runs */
  meanwhile?: (release: WorkflowHandle, fakes: FakeActivities) => Promise<void>;
}

/** @returns how the release ended */
async function outcomeOf({ namespace, fakes }: FakeRelease, { skip = false, record, meanwhile, ...worker }: Story = {}): Promise<unknown> {
  let outcome: unknown;
  await bench.run(
    fakes,
    async (start) => {
      const options: StartOptions = { workflowId: workflowIds.release(namespace, tag), args: [{ namespace, tag }], skip };
      const release = await start('release', options);
      await meanwhile?.(release, fakes);
      outcome = await release.result();
      if (record !== undefined) await recordHistory(release, `release/${record}`);
    },
    worker,
  );
  return outcome;
}

/** What an operator does with `temporal workflow reset --type FirstWorkflowTask`. */
async function reset({ workflowId, client }: WorkflowHandle): Promise<void> {
  const { namespace } = client.options;
  const { runId } = await client.getHandle(workflowId).describe();
  const events = (await client.getHandle(workflowId).fetchHistory()).events ?? [];
  const first = events.find(({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes);
  await client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId, runId },
    reason: 'a test',
    requestId: runId,
    workflowTaskFinishEventId: first?.eventId ?? null,
  });
}

/** Each mark once: what a workflow does last is done again when a message arrives just then. */
const marksOf = ({ fakes }: FakeRelease) =>
  [...new Set(fakes.callsOf('markRelease').map(([, mark]) => JSON.stringify(mark)))].map((mark) => JSON.parse(mark) as unknown);
const stateOf = async (workflowId: string) => (await bench.client().workflow.getHandle(workflowId).describe()).status.name;
const isSigned = ({ image }: FakeRelease) => signed.includes(image.digest);

describe.concurrent('a release of a Stable stream', () => {
  const stable = (state: PayloadState) => openedRelease(state, { stable: true });
  const blocked: PreparedRelease = {
    kind: 'blocked',
    problem: { reason: 'UnableToProcessRelease', message: 'could not fetch Docker image metadata for release 4.5.1: GET x: 503' },
  };
  const importing: PreparedRelease = { kind: 'importing', why: 'its image has not been imported yet' };

  test('waits for its image, says what stands in the way once, and goes on as any other', async () => {
    const release: FakeRelease = fakeRelease(payloadState('Pending'), accepted, {
      openRelease: async () => stable(release.payload.state),
      prepareRelease: inTurn<[], PreparedRelease>(importing, blocked, blocked, { kind: 'ready' }),
      reportReleaseProblem: nothing,
    });
    expect(await outcomeOf(release, { skip: true, record: 'stable' })).toEqual({ phase: 'Accepted' });
    expect(release.fakes.callsOf('prepareRelease')).toHaveLength(4);
    expect(release.fakes.callsOf('reportReleaseProblem').map(([, problem]) => problem)).toEqual([
      blocked.kind === 'blocked' && blocked.problem,
    ]);
    expect(marksOf(release).slice(0, 3)).toEqual([{ hash: 'abc' }, { phase: 'Ready' }, { phase: 'Accepted' }]);
  });

  test('goes on as soon as it is told of a change', async () => {
    const release: FakeRelease = fakeRelease(payloadState('Pending'), accepted, {
      openRelease: async () => stable(release.payload.state),
      prepareRelease: inTurn<[], PreparedRelease>(importing, { kind: 'ready' }),
    });
    const meanwhile = async (workflow: WorkflowHandle, fakes: FakeActivities) => {
      await fakes.called('prepareRelease', 1);
      expect((await workflow.query(waitingQuery))[0]).toEqual({ for: `the image of ${tag}`, why: 'its image has not been imported yet' });
      await workflow.signal(changedSignal);
    };
    expect(await outcomeOf(release, { meanwhile })).toEqual({ phase: 'Accepted' });
  });

  test('that is pushed again while it is built begins again, with a mirror and a job of its own', async () => {
    let pushes = 1;
    const release: FakeRelease = fakeRelease(payloadState('Pending'), accepted, {
      openRelease: async () => stable(release.payload.state),
      prepareRelease: async () => ({ kind: 'ready' }),
      ensureMirror: async () => ({ kind: 'ready', hash: `push ${pushes}` }),
      async ensureReleaseJob() {
        if (pushes === 1) {
          pushes = 2;
          return { kind: 'outdated' };
        }
        release.payload.state = ready;
        return { kind: 'exists', finished: true };
      },
    });
    expect(await outcomeOf(release, { skip: true, record: 'pushed-again' })).toEqual({ phase: 'Accepted' });
    expect(marksOf(release).slice(0, 2)).toEqual([{ hash: 'push 1' }, { hash: 'push 2' }]);
    expect(release.fakes.callsOf('prepareRelease').length).toBeGreaterThan(1);
  });

  test('that is removed while its image is awaited ends', async () => {
    let removed = false;
    const release: FakeRelease = fakeRelease(payloadState('Pending'), accepted, {
      openRelease: async () => (removed ? gone : stable(release.payload.state)),
      async prepareRelease() {
        removed = true;
        return { kind: 'gone' };
      },
    });
    expect(await outcomeOf(release, { skip: true })).toEqual({ phase: 'Gone' });
  });
});

describe.concurrent('release', () => {
  test('from the payload to the signed audit record', async () => {
    const release = fakeRelease(payloadState('Pending'), accepted);
    expect(await outcomeOf(release, { record: 'accepted' })).toEqual({ phase: 'Accepted' });
    const { namespace, fakes, image } = release;
    expect(marksOf(release).slice(0, 3)).toEqual([{ hash: 'abc' }, { phase: 'Ready' }, { phase: 'Accepted' }]);
    expect(isSigned(release)).toBe(true);
    expect(fakes.callsOf('recordAttempt').map(([audited]) => audited)).toEqual([{ namespace, tag, stream: '4.20.0-0.nightly', ...image }]);
    const { typedSearchAttributes: found } = await bench.client().workflow.getHandle(workflowIds.release(namespace, tag)).describe();
    expect([found.get(searchAttributes.releasePhase), found.get(searchAttributes.releaseTag)]).toEqual(['Accepted', tag]);
  });

  test('the same when a workflow is replayed from its history at every step', async () => {
    const release = fakeRelease(payloadState('Pending'), accepted);
    expect(await outcomeOf(release, { maxCachedWorkflows: 0 })).toEqual({ phase: 'Accepted' });
    expect(isSigned(release)).toBe(true);
  });

  test.each<[string, Wrap]>([
    ['fails twice first', (activity) => failsFirst(2, activity)],
    ['loses its first two replies', (activity) => losesReplies(2, activity)],
  ])('the same when every activity %s, and nothing happens twice', async (_, every) => {
    const release = fakeRelease(payloadState('Pending'), accepted, {}, every);
    expect(await outcomeOf(release)).toEqual({ phase: 'Accepted' });
    expect(signed.filter((digest) => digest === release.image.digest)).toHaveLength(1);
    expect(new Set(release.fakes.callsOf('requestPermit').map(([{ request }]) => request)).size).toBe(1);
    expect(new Set(release.fakes.callsOf('recordAttempt').map((call) => JSON.stringify(call))).size).toBe(1);
  });

  test('a failed build ends it: marked, reported on the source stream, not verified', async () => {
    const words = { reason: 'CreateReleaseFailed', message: 'Could not create the release image' };
    const release = fakeRelease(payloadState('Pending'), accepted, {
      async ensureReleaseJob() {
        release.payload.state = failed;
        return { kind: 'exists', finished: true };
      },
    });
    expect(await outcomeOf(release, { record: 'failed-build' })).toEqual({ phase: 'Failed', ...words });
    expect(marksOf(release)).toEqual([{ hash: 'abc' }, { phase: 'Failed', ...words }]);
    const problem = { reason: 'UnableToProcessRelease', message: `${tag}: oc exited with 1` };
    expect(release.fakes.callsOf('reportProblem')[0]).toEqual([{ namespace: 'ocp', name: '4.20' }, problem]);
    expect(release.fakes.callsOf('planVerificationRound')).toEqual([]);
  });

  test('a rejected release is marked with its reason and not signed', async () => {
    const release = fakeRelease(ready, rejected);
    expect(await outcomeOf(release, { record: 'rejected' })).toEqual({ phase: 'Rejected', ...rejection });
    expect(marksOf(release)).toEqual([{ phase: 'Rejected', ...rejection }]);
    expect(release.fakes.callsOf('releaseDigest')).toEqual([]);
  });

  test('an override during verification decides at once; verification goes on collecting', async () => {
    const running = [{ name: 'aws', since: new Date().toISOString() }];
    const release = fakeRelease(ready, ready, { planVerificationRound: async () => verificationRound(release.payload.state, { running }) });
    const meanwhile = async () => {
      await release.fakes.called('planVerificationRound', 1);
      release.payload.state = accepted;
      await tell(release.namespace);
    };
    expect(await outcomeOf(release, { meanwhile, record: 'override' })).toEqual({ phase: 'Accepted' });
    expect(await stateOf(workflowIds.verification(release.namespace, tag))).toBe('RUNNING');
  });

  test('an override after the verdict is followed by a new run', async () => {
    const release = fakeRelease(ready, rejected);
    expect(await outcomeOf(release)).toEqual({ phase: 'Rejected', ...rejection });
    release.payload.state = accepted;
    expect(await outcomeOf(release)).toEqual({ phase: 'Accepted' });
    expect(marksOf(release).slice(0, 2)).toEqual([{ phase: 'Rejected', ...rejection }, { phase: 'Accepted' }]);
    expect(isSigned(release)).toBe(true);
  });

  test('an override during the audit is told at once', async () => {
    const checking = Promise.withResolvers<Eligibility>();
    const release = fakeRelease(accepted, accepted, { checkEligible: () => checking.promise });
    const meanwhile = async (handle: WorkflowHandle) => {
      await release.fakes.called('checkEligible', 1);
      release.payload.state = rejected;
      await handle.signal(changedSignal);
      await handle.result();
      checking.resolve(notEligible);
    };
    expect(await outcomeOf(release, { meanwhile, record: 'override-during-audit' })).toEqual({ phase: 'Rejected', ...rejection });
    expect(isSigned(release)).toBe(false);
  });

  test('an override withdrawn during the audit leads back to the verification, and the tag says so', async () => {
    const openRelease = async () =>
      openedRelease(release.payload.state, release.payload.state.phase === 'Ready' ? { bearsWithdrawnVerdict: true } : {});
    const planVerificationRound = async () => verificationRound(release.payload.state);
    const checking = Promise.withResolvers<Eligibility>();
    const release = fakeRelease(accepted, rejected, { openRelease, planVerificationRound, checkEligible: () => checking.promise });
    const meanwhile = async (handle: WorkflowHandle) => {
      await release.fakes.called('checkEligible', 1);
      release.payload.state = ready;
      await handle.signal(changedSignal);
      await release.fakes.called('planVerificationRound', 1);
      release.payload.state = rejected;
      await tell(release.namespace);
      await handle.result();
      checking.resolve(notEligible);
    };
    expect(await outcomeOf(release, { meanwhile, record: 'override-withdrawn' })).toEqual({ phase: 'Rejected', ...rejection });
    expect(marksOf(release)).toEqual([{ phase: 'Accepted' }, { phase: 'Ready' }, { phase: 'Rejected', ...rejection }]);
  });

  test('an override withdrawn after the verdict is followed by a new run', async () => {
    const release = fakeRelease(accepted, rejected);
    expect(await outcomeOf(release)).toEqual({ phase: 'Accepted' });
    release.payload.state = rejected;
    expect(await outcomeOf(release)).toEqual({ phase: 'Rejected', ...rejection });
    expect(marksOf(release)).toEqual([{ phase: 'Accepted' }, { phase: 'Rejected', ...rejection }]);
  });

  test.each([ready, accepted])('goes on where the payload is: $phase', async (state) => {
    const release = fakeRelease(state, accepted);
    expect(await outcomeOf(release)).toEqual({ phase: 'Accepted' });
    expect([release.fakes.callsOf('ensureMirror'), release.fakes.callsOf('ensureReleaseJob')]).toEqual([[], []]);
    expect(release.fakes.callsOf('planVerificationRound').length > 0).toBe(state === ready);
    expect(isSigned(release)).toBe(true);
  });

  test('has the results taken in of runs that outlast a verdict which another controller wrote', async () => {
    const release = fakeRelease(accepted, accepted, { openRelease: async () => openedRelease(accepted, { hasOpenRuns: true }) });
    expect(await outcomeOf(release, { record: 'taken-over' })).toEqual({ phase: 'Accepted' });
    await release.fakes.called('planVerificationRound', 1);
    expect(marksOf(release)).toEqual([{ phase: 'Accepted' }]);
  });

  test('ends when its tag is gone', async () => {
    const release = fakeRelease(payloadState('Pending'), accepted, { openRelease: async () => gone });
    expect(await outcomeOf(release)).toEqual({ phase: 'Gone' });
    expect(marksOf(release)).toEqual([]);
  });

  test('ends without a verdict when its tag goes while the mirror is made, though the payload is still there', async () => {
    const openRelease = inTurn<[], OpenedRelease>(openedRelease(payloadState('Pending')), gone);
    const release = fakeRelease(payloadState('Pending'), accepted, { openRelease, ensureMirror: async () => ({ kind: 'gone' }) });
    expect(await outcomeOf(release)).toEqual({ phase: 'Gone' });
    expect(marksOf(release)).toEqual([]);
  });

  test('a payload that is deleted during verification is made again', async () => {
    const release = fakeRelease(ready, accepted, {
      openRelease: inTurn<[], OpenedRelease>(openedRelease(ready), () => openedRelease((release.payload.state = accepted))),
      planVerificationRound: async () => verificationRound(noPayload),
      syncPayload: async () => (release.fakes.callsOf('openRelease').length === 1 ? noPayload : accepted),
    });
    expect(await outcomeOf(release)).toEqual({ phase: 'Accepted' });
    expect(release.fakes.callsOf('openRelease')).toHaveLength(2);
  });

  test('says what stands in the way of its payload, and goes on when that is mended', async () => {
    const blocked: OpenedRelease = {
      kind: 'blocked',
      problem: { reason: 'UnableToProcessRelease', message: 'the source stream ocp/4.20 is gone' },
    };
    const release = fakeRelease(accepted, accepted, {
      openRelease: inTurn<[], OpenedRelease>(blocked, blocked, openedRelease(accepted)),
      reportReleaseProblem: nothing,
    });
    const meanwhile = async (handle: WorkflowHandle) => {
      const waiting = await eventually('what the release waits for', async () => (await handle.query(waitingQuery))[0]);
      expect(waiting).toEqual({ for: `the payload of ${tag}`, why: 'the source stream ocp/4.20 is gone' });
      await handle.signal(changedSignal);
      await release.fakes.called('openRelease', 2);
      await handle.signal(changedSignal);
    };
    expect(await outcomeOf(release, { meanwhile })).toEqual({ phase: 'Accepted' });
    expect(release.fakes.callsOf('reportReleaseProblem').map(([, problem]) => problem)).toEqual([blocked.problem]);
  });

  test.each<[string, (handle: WorkflowHandle) => Promise<unknown>]>([
    ['terminated', (handle) => handle.terminate()],
    ['reset', (handle) => reset(handle)],
  ])('goes on in a new run after it was %s in the middle of its build', async (how, stop) => {
    const importing: MirrorState = { kind: 'importing', waitingFor: ['cli'], failed: [] };
    let imported = false;
    const release = fakeRelease(payloadState('Pending'), accepted, {
      ensureMirror: async () => (imported ? { kind: 'ready', hash: 'abc' } : importing),
    });
    const { namespace, fakes } = release;
    await bench.run(fakes, async (start) => {
      const options: StartOptions = { workflowId: workflowIds.release(namespace, tag), args: [{ namespace, tag }] };
      const first = await start('release', options);
      await fakes.called('ensureMirror', 1);
      await stop(first);
      const next = how === 'terminated' ? await start('release', options) : bench.client().workflow.getHandle(options.workflowId);
      await fakes.called('openRelease', 2);
      imported = true;
      expect(await next.result()).toEqual({ phase: 'Accepted' });
    });
  });

  test('hands a change on to the mirror, which may wait for just that', async () => {
    const ensureMirror = inTurn<[], MirrorState>({ kind: 'importing', waitingFor: ['cli'], failed: [] }, { kind: 'ready', hash: 'abc' });
    const release = fakeRelease(payloadState('Pending'), accepted, { ensureMirror });
    const meanwhile = async (handle: WorkflowHandle, fakes: FakeActivities) => {
      await fakes.called('ensureMirror', 1);
      await handle.signal(changedSignal);
    };
    expect(await outcomeOf(release, { meanwhile })).toEqual({ phase: 'Accepted' });
  });

  test('hands a change on to the creation as well', async () => {
    const state = inTurn<[], PayloadState>(payloadState('Pending'), failed);
    const ensureReleaseJob = async (): Promise<EnsuredJob> => ({ kind: 'exists', finished: false });
    const release = fakeRelease(payloadState('Pending'), accepted, { ensureReleaseJob, syncPayload: state });
    const meanwhile = async (handle: WorkflowHandle, fakes: FakeActivities) => {
      await fakes.called('syncPayload', 1);
      await handle.signal(changedSignal);
    };
    expect(await outcomeOf(release, { meanwhile })).toMatchObject({ phase: 'Failed' });
  });

  test('a copy to the alternate repository that can not be made is a failed copy', async () => {
    const release = fakeRelease(ready, ready, {
      openRelease: async () => openedRelease(ready, { hasAlternateMirror: true }),
      ensureAlternateMirror: async () => ({
        kind: 'blocked',
        problem: { reason: 'UnableToProcessRelease', message: 'there is no image with oc' },
      }),
      syncPayload: async (_, facts) => (facts.alternateMirrorFailure === undefined ? ready : rejected),
      planVerificationRound: async () => verificationRound(rejected),
    });
    expect(await outcomeOf(release)).toMatchObject({ phase: 'Rejected' });
    const failures = release.fakes.callsOf('syncPayload').map(([, facts]) => facts.alternateMirrorFailure);
    expect([...new Set(failures)]).toEqual(['there is no image with oc']);
  });

  test('a verification that was terminated by hand is started again after a quiet time', async () => {
    const verdict = inTurn<[], PayloadState>(ready, accepted);
    const rounds = inTurn(verificationRound(noPayload), verificationRound(accepted));
    const release = fakeRelease(ready, ready, { syncPayload: verdict, planVerificationRound: rounds });
    expect(await outcomeOf(release, { skip: true })).toEqual({ phase: 'Accepted' });
    await release.fakes.called('planVerificationRound', 2);
  });

  test('a verdict that is given and withdrawn between two looks has ended the verification: it is started again', async () => {
    const since = (undecidedSince: string) => payloadState('Ready', { undecidedSince });
    const judged = async () => {
      release.payload.state = accepted;
      await tell(release.namespace);
      return verificationRound(accepted);
    };
    const rounds = inTurn<[], VerificationRound | undefined>(verificationRound(rejected), undefined);
    const planVerificationRound = async () => (await rounds()) ?? judged();
    const release = fakeRelease(since('noon'), accepted, { planVerificationRound });
    const meanwhile = async (handle: WorkflowHandle, fakes: FakeActivities) => {
      await fakes.called('syncPayload', 1);
      await fakes.called('planVerificationRound', 1);
      release.payload.state = since('one');
      await handle.signal(changedSignal);
    };
    expect(await outcomeOf(release, { meanwhile, record: 'verdict-withdrawn-unseen' })).toEqual({ phase: 'Accepted' });
    expect(release.fakes.callsOf('planVerificationRound').length).toBeGreaterThanOrEqual(2);
  });

  test('waits for the digest, longer each time', async () => {
    const times = inTurn<[], ReleaseImage>({}, {}, {}, () => release.image);
    const release = fakeRelease(accepted, accepted, { releaseDigest: times });
    expect(await outcomeOf(release, { skip: true })).toEqual({ phase: 'Accepted' });
    expect(release.fakes.callsOf('releaseDigest')).toHaveLength(4);
    expect(isSigned(release)).toBe(true);
  });

  test('says what a registry refuses while it waits for the digest', async () => {
    const [why, location] = ['quay.example refuses it (401)', 'quay.example/r:1'];
    const release: FakeRelease = fakeRelease(accepted, accepted, {
      releaseDigest: inTurn<[], ReleaseImage>({ location, problem: why }, () => release.image),
    });
    const meanwhile = async (workflow: WorkflowHandle) => {
      const waiting = async () => (await workflow.query(waitingQuery)).find(({ why: said }) => said === why);
      await eventually('the refusal to be said', waiting);
    };
    expect(await outcomeOf(release, { meanwhile })).toEqual({ phase: 'Accepted' });
  });

  test('audit trap 4: an audit that already runs for the image takes the release in, and tells it', async () => {
    const checking = Promise.withResolvers<Eligibility>();
    const release = fakeRelease(accepted, accepted, { checkEligible: () => checking.promise });
    const { namespace, image, fakes } = release;
    await bench.run(fakes, async (start) => {
      const other = { namespace, tag: 'other', stream: 's', digest: image.digest, location: 'quay.example/r:other' };
      const audit = await start('audit', { workflowId: auditWorkflowId(image.digest), args: [other] });
      const handle = await start('release', { workflowId: workflowIds.release(namespace, tag), args: [{ namespace, tag }] });
      await eventually('the release to have asked', async () =>
        (await audit.fetchHistory()).events?.some(
          ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === alsoAuditSignal.name,
        ),
      );
      checking.resolve({ eligible: true });
      expect(await handle.result()).toEqual({ phase: 'Accepted' });
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      await recordHistory(handle, 'release/same-image');
      await recordHistory(audit, 'audit/two-releases');
    });
    expect(fakes.callsOf('recordAttempt').map(([{ tag: audited }, { outcome }]) => [audited, outcome])).toEqual([
      ['other', 'signed'],
      [tag, 'signed'],
    ]);
    expect(new Set(fakes.callsOf('recordAttempt').map(([, { signature }]) => signature?.path)).size).toBe(1);
  });

  test('an audit of its own that already runs is enough', async () => {
    const checking = Promise.withResolvers<Eligibility>();
    const release = fakeRelease(accepted, accepted, { checkEligible: () => checking.promise });
    const { namespace, image, fakes } = release;
    await bench.run(fakes, async (start) => {
      const audit = await start('audit', { workflowId: auditWorkflowId(image.digest), args: [{ namespace, tag, stream: 's', ...image }] });
      const handle = await start('release', { workflowId: workflowIds.release(namespace, tag), args: [{ namespace, tag }] });
      await eventually('the release to have asked', async () =>
        (await audit.fetchHistory()).events?.some(
          ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === alsoAuditSignal.name,
        ),
      );
      checking.resolve(notEligible);
      expect(await handle.result()).toEqual({ phase: 'Accepted' });
      expect(await audit.result()).toMatchObject({ kind: 'refused' });
    });
    expect(fakes.callsOf('checkEligible')).toHaveLength(1);
  });

  test('an audit that was terminated by hand is begun again', async () => {
    const held = Promise.withResolvers<Eligibility>();
    const answers = [held.promise, Promise.resolve<Eligibility>({ eligible: true })];
    const release = fakeRelease(accepted, accepted, { checkEligible: () => answers.shift() ?? held.promise });
    const meanwhile = async (_: WorkflowHandle, fakes: FakeActivities) => {
      await fakes.called('checkEligible', 1);
      await bench.client().workflow.getHandle(auditWorkflowId(release.image.digest)).terminate('by hand');
      await fakes.called('checkEligible', 2);
      held.resolve(notEligible);
    };
    expect(await outcomeOf(release, { meanwhile, skip: true })).toEqual({ phase: 'Accepted' });
    expect(isSigned(release)).toBe(true);
  });

  test('says which jobs it waits for', async () => {
    const jobs = { total: 3, succeeded: 1, failed: 0, pending: 2, blocking: 2, blockingDone: 1 };
    const collecting = payloadState('Ready', { jobs, mirrorPending: true });
    const release = fakeRelease(collecting, collecting, {
      planVerificationRound: async () => verificationRound(release.payload.state, { start: [runOf('aws')] }),
    });
    const meanwhile = async (handle: WorkflowHandle) => {
      const waiting = await eventually('what the release waits for', async () => {
        const answer = await handle.query(waitingQuery);
        return answer.length > 0 && answer;
      });
      expect(waiting.map((one) => one.for)).toEqual(['the copy to the alternate repository', 'the blocking jobs']);
      release.payload.state = accepted;
      await tell(release.namespace);
    };
    expect(await outcomeOf(release, { meanwhile })).toEqual({ phase: 'Accepted' });
  });
});
