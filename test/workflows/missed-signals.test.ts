import { describe, expect, test } from 'vitest';
import type { EnsuredJob, MirrorState, OpenedRelease, PayloadState, StreamSurvey, VerificationRound } from '../../activities/contract.ts';
import type { VerifyJobReading, VerifyJobsLook } from '../../activities/audit-contract.ts';
import { permanent } from '../../activities/permanent.ts';
import { signaturePath } from '../../domain/audit/signature-path.ts';
import { auditWorkflowId } from '../../workflows/audit-messages.ts';
import { permitGrantedSignal } from '../../workflows/limiter-messages.ts';
import {
  fakeActivities,
  inTurn,
  nothing,
  openedRelease,
  payloadState,
  usableStream,
  verificationRound,
  type Activities,
} from '../support/fake-activities.ts';
import { testStack } from '../support/stack.ts';
import { workflowBench } from '../support/workflow-bench.ts';

/*
 * Nobody signals here, as when a change was missed: every workflow that waits for changes looks again by itself, at the latest
 * after its reconcile time, and finds what is different by then.
 */

const bench = workflowBench({
  signRelease: async ({ digest }) => ({ path: signaturePath(digest, 1), fingerprint: 'F00D', signedAt: '2026-11-24T01:02:03.000Z' }),
});
const [minute, hour] = [60, 3_600];
const release = { namespace: 'ocp', tag: '4.20-1', target: 'release' };
const source = { namespace: 'ocp', name: '4.20' };
const job = {
  name: 'verify',
  namespace: 'ci-release',
  pullSpec: 'quay.example/r',
  image: 'cli',
  target: 'ocp/release',
  tag: '4.20-1',
  digest: `sha256:${'1'.repeat(64)}`,
  pullSecretName: '',
};
const importing: MirrorState = { kind: 'importing', waitingFor: ['cli'], failed: [] };
const unopened: OpenedRelease = { kind: 'blocked', problem: { reason: 'UnableToProcessRelease', message: 'not yet' } };
const [pending, ready, accepted] = [payloadState('Pending'), payloadState('Ready'), payloadState('Accepted')];
const times = <T>(count: number, answer: T): T[] => Array.from({ length: count }, () => answer);
const afterwards = <T>(count: number, answer: T, last: T) => inTurn<[], T>(...times(count, answer), last);

interface Row {
  workflow: string;
  waits: string;
  args: unknown[];
  fakes: Partial<Activities>;
  /** what it reads again, and how often it does so until it finds what has changed */
  look: keyof Activities;
  looks: number;
  /** seconds between two looks */
  atMost: number;
}

const rows: Row[] = [
  {
    workflow: 'stream',
    waits: 'for new images',
    look: 'surveyStream',
    looks: 5,
    atMost: hour,
    args: [{ ...source, reconcileMinutes: 60, started: [] }],
    fakes: { surveyStream: afterwards<StreamSurvey>(4, usableStream(), { kind: 'gone' }) },
  },
  {
    workflow: 'stream',
    waits: 'for a target',
    look: 'surveyStream',
    looks: 12,
    atMost: minute,
    args: [{ ...source, reconcileMinutes: 60, started: [] }],
    fakes: { surveyStream: afterwards<StreamSurvey>(11, { kind: 'unusable', why: 'no target' }, { kind: 'gone' }) },
  },
  {
    workflow: 'release',
    waits: 'for a payload that can be made',
    look: 'openRelease',
    looks: 5,
    atMost: minute,
    args: [release],
    fakes: { openRelease: afterwards<OpenedRelease>(4, unopened, { kind: 'gone' }), reportReleaseProblem: nothing },
  },
  {
    workflow: 'release',
    waits: 'for its verdict',
    look: 'syncPayload',
    looks: 5,
    atMost: 10 * minute,
    args: [release],
    fakes: {
      openRelease: async () => openedRelease(ready, { signed: [] }),
      syncPayload: afterwards(4, ready, accepted),
      planVerificationRound: async () => verificationRound(accepted),
      markRelease: nothing,
    },
  },
  {
    workflow: 'mirror',
    waits: 'for imports',
    look: 'ensureMirror',
    looks: 12,
    atMost: 10 * minute,
    args: [{ ...release, source, mirror: '4.20-mirror' }],
    fakes: { ensureMirror: afterwards<MirrorState>(11, importing, { kind: 'ready', hash: 'abc' }) },
  },
  {
    workflow: 'creation',
    waits: 'for the release job',
    look: 'ensureReleaseJob',
    looks: 8,
    atMost: 10 * minute,
    args: [release],
    fakes: {
      ensureReleaseJob: async (): Promise<EnsuredJob> => ({ kind: 'exists', finished: false }),
      syncPayload: afterwards<PayloadState>(7, pending, ready),
    },
  },
  {
    workflow: 'verification',
    waits: 'for results',
    look: 'planVerificationRound',
    looks: 5,
    atMost: 10 * minute,
    args: [{ ...release, source: 'ocp/4.20' }],
    fakes: {
      planVerificationRound: afterwards<VerificationRound>(
        4,
        verificationRound(ready, { running: 1, nextOverdue: '2026-01-01T00:00:00Z' }),
        verificationRound(accepted),
      ),
      startRuns: async () => ({ notRun: [], problems: [] }),
    },
  },
  {
    workflow: 'verifyJobs',
    waits: 'for room',
    look: 'tendVerifyJobs',
    looks: 5,
    atMost: 10 * minute,
    args: [{ namespace: 'ci-release', wanted: [job] }],
    fakes: {
      tendVerifyJobs: afterwards<VerifyJobsLook>(4, { served: [], refused: [], jobs: 1 }, { served: ['verify'], refused: [], jobs: 0 }),
    },
  },
  {
    workflow: 'audit',
    waits: 'for its verify job',
    look: 'readVerifyJob',
    looks: 5,
    atMost: 10 * minute,
    args: [{ namespace: 'ocp', tag: '4.20-1', stream: '4.20', digest: job.digest, location: 'quay.example/r:4.20-1' }],
    fakes: {
      requestPermit: async ({ requester, request }) => {
        const startBy = Date.parse('2099-01-01T00:00:00Z');
        await bench.client().workflow.getHandle(requester).signal(permitGrantedSignal, { requester, request, givenAt: 0, startBy });
      },
      checkEligible: async () => ({ eligible: true }),
      planVerification: async () => ({ kind: 'job', job }),
      requestVerifyJob: nothing,
      readVerifyJob: afterwards<VerifyJobReading>(4, { kind: 'active' }, { kind: 'succeeded' }),
      recordAttempt: async ({ tag }) => ({ path: `audit/${tag}.json` }),
    },
  },
  {
    workflow: 'graph',
    waits: 'for results of upgrade jobs',
    look: 'recordUpgrades',
    looks: 3,
    atMost: 6 * hour,
    args: [{ namespace: 'ci-release', everything: false, releases: [] }],
    fakes: {
      recordUpgrades: inTurn<[], { edges: number; added: number; bytes: number }>(...times(2, { edges: 7, added: 1, bytes: 100 }), () => {
        throw permanent('End', 'the test is over');
      }),
    },
  },
];

describe.concurrent('a signal that never comes', () => {
  test.each(rows)('$workflow, waiting $waits, looks again after at most $atMost seconds', async (row) => {
    const fakes = fakeActivities(row.fakes);
    const id = row.workflow === 'audit' ? auditWorkflowId(job.digest) : testStack().freshName(row.workflow);
    await bench.run(fakes, async (start) => {
      const workflow = await start(row.workflow, { workflowId: id, args: row.args, skip: true });
      await workflow.result().catch(() => undefined);
      const { events } = await workflow.fetchHistory();
      const timers = (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
        timer == null ? [] : [Number(timer.startToFireTimeout?.seconds)],
      );
      // A task that ends the workflow while news arrives is done again, and looks again.
      expect(fakes.callsOf(row.look).length).toBeGreaterThanOrEqual(row.looks);
      expect(timers.length).toBeGreaterThan(0);
      expect(Math.max(...timers)).toBeLessThanOrEqual(row.atMost);
    });
  });
});
