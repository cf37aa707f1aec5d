import type { WorkflowHandle } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import type { Eligibility } from '../../activities/audit-contract.ts';
import type { OpenedRelease, PayloadState, ReleaseImage } from '../../activities/contract.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { permitGrantedSignal } from '../../workflows/limiter-messages.ts';
import { changedSignal } from '../../workflows/waiting.ts';
import {
  fakeActivities,
  nothing,
  openedRelease,
  payloadState,
  verificationRound,
  type Activities,
  type FakeActivities,
} from './fake-activities.ts';
import { recordHistory } from './record-history.ts';
import { testStack } from './stack.ts';
import { workflowBench, type Start, type StartOptions } from './workflow-bench.ts';

/** The release of all these tests. */
export const tag = '4.20-1';

export const rejection = { reason: 'VerificationFailed', message: 'aws failed' };
export const accepted = payloadState('Accepted');
export const rejected = payloadState('Rejected', { rejection });
export const failed = payloadState('Failed', {
  creation: 'Failed',
  creationMessage: 'oc exited with 1',
  rejection: { reason: 'CreateReleaseFailed', message: 'oc exited with 1' },
});
export const ready: PayloadState = payloadState('Ready');
export const notEligible: Eligibility = { eligible: false, why: 'it is not accepted any more' };
export const gone: OpenedRelease = { kind: 'gone' };
/** Far enough for workflows that skip time. */
const startBy = Date.parse('2099-01-01T00:00:00Z');

/** One release in a cluster where everything works, except what a test says. */
export interface FakeRelease {
  namespace: string;
  image: Required<Omit<ReleaseImage, 'problem'>>;
  /** the payload as it is now */
  payload: { state: PayloadState };
  fakes: FakeActivities;
}

type AnyActivity = (...args: unknown[]) => Promise<unknown>;
export type Wrap = (activity: AnyActivity) => AnyActivity;
const asItIs: Wrap = (activity) => activity;

interface Story {
  skip?: boolean;
  /** options of a worker of its own */
  alone?: Partial<WorkerOptions>;
  /** keep its history under this name */
  record?: string;
  /** happens while the release runs */
  meanwhile?: (release: WorkflowHandle, fakes: FakeActivities) => Promise<void>;
}

/** Where releases are played; call at the top of a test file. */
export function releaseBench() {
  /** digests of the images that were signed */
  const signed: string[] = [];
  const bench = workflowBench({
    async signRelease({ digest }) {
      signed.push(digest);
      return { path: `${digest}/signature-1`, fingerprint: 'F00D', signedAt: '2026-11-24T01:02:03.000Z' };
    },
  });
  const handleOf = (workflowId: string) => bench.client().workflow.getHandle(workflowId);

  /** The watch of payloads, played: the release is told that its payload has changed. */
  const tell = (namespace: string) =>
    handleOf(workflowIds.release(namespace, tag))
      .signal(changedSignal)
      .catch(() => undefined);

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
        await handleOf(requester).signal(permitGrantedSignal, { requester, request, givenAt: 0, startBy });
      },
      checkEligible: async () => ({ eligible: true }),
      recordAttempt: async ({ tag: name }) => ({ path: `audit/${name}.json` }),
      ...given,
    };
    const wrapped = Object.fromEntries(Object.entries(cluster).map(([name, activity]) => [name, every(activity as AnyActivity)]));
    return { namespace, image, payload, fakes: fakeActivities(wrapped) };
  }

  /** @returns how the release ended */
  async function outcomeOf({ namespace, fakes }: FakeRelease, { skip = false, record, meanwhile, alone }: Story = {}): Promise<unknown> {
    let outcome: unknown;
    const story = async (start: Start) => {
      const options: StartOptions = { workflowId: workflowIds.release(namespace, tag), args: [{ namespace, tag }], skip };
      const release = await start('release', options);
      await meanwhile?.(release, fakes);
      outcome = await release.result();
      if (record !== undefined) await recordHistory(release, `release/${record}`);
    };
    await (alone === undefined ? bench.run(fakes, story) : bench.runAlone(fakes, story, alone));
    return outcome;
  }

  return {
    bench,
    signed,
    fakeRelease,
    outcomeOf,
    tell,
    isSigned: ({ image }: FakeRelease) => signed.includes(image.digest),
    stateOf: async (workflowId: string) => (await handleOf(workflowId).describe()).status.name,
  };
}

/** Each mark once: what a workflow does last is done again when a message arrives just then. */
export const marksOf = ({ fakes }: FakeRelease) =>
  [...new Set(fakes.callsOf('markRelease').map(([, mark]) => JSON.stringify(mark)))].map((mark) => JSON.parse(mark) as unknown);
