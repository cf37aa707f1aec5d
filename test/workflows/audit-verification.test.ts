import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { AuditActivities, SigningActivities, VerificationPlan, VerifyJobReading } from '../../activities/audit-contract.ts';
import type { AuditAttempt } from '../../domain/audit/audit-attempt.ts';
import { signaturePath } from '../../domain/audit/signature-path.ts';
import { verifyJobName, type VerifyJobFacts } from '../../domain/audit/verify-job.ts';
import { auditAgainSignal, auditWorkflowId, retryAuditSignal, type AuditInput, type AuditOutcome } from '../../workflows/audit-messages.ts';
import { workflowIds } from '../../workflows/ids.ts';
import { permitGrantedSignal } from '../../workflows/limiter-messages.ts';
import { requestVerifyJobSignal } from '../../workflows/verify-jobs-messages.ts';
import { changedSignal, waitingQuery } from '../../workflows/waiting.ts';
import { fakeActivities, type FakeActivities } from '../support/fake-activities.ts';
import { recordHistory } from '../support/record-history.ts';
import { testStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { workflowBench } from '../support/workflow-bench.ts';

const signing: SigningActivities = {
  signRelease: async ({ digest }) => ({ path: signaturePath(digest, 1), fingerprint: 'F00D', signedAt: '2026-11-24T01:02:03.000Z' }),
};
const bench = workflowBench(signing);
const startBy = Date.parse('2099-01-01T00:00:00Z');

/** A cluster with jobs that end as a test says, each time that they are looked at. */
function cluster(readings: (job: VerifyJobFacts) => VerifyJobReading): Partial<AuditActivities> {
  return {
    requestPermit: async ({ requester, request }) => {
      await bench.client().workflow.getHandle(requester).signal(permitGrantedSignal, { requester, request, givenAt: 0, startBy });
    },
    checkEligible: async () => ({ eligible: true }),
    recordAttempt: async ({ tag }) => ({ path: `audit/${tag}.json` }),
    requestVerifyJob: async () => undefined,
    readVerifyJob: async (job) => readings(job),
  };
}

const jobOf = (digest: string, attempt: number): VerifyJobFacts => ({
  name: verifyJobName(digest, attempt),
  namespace: 'ci-release',
  digest,
  pullSpec: `quay.example/r@${digest}`,
  image: 'cli',
  target: 'ocp/release',
  tag: 'tag',
  pullSecretName: '',
});

interface Story {
  audit: WorkflowHandle<() => Promise<AuditOutcome>>;
  input: AuditInput;
  fakes: FakeActivities;
}

async function audited(given: Partial<AuditActivities>, story: (story: Story) => Promise<void>, skip = true): Promise<void> {
  const tag = testStack().freshName('4.20.0-0.nightly');
  const digest = `sha256:${Buffer.from(tag).toString('hex').padEnd(64, '0').slice(-64)}`;
  const input: AuditInput = { namespace: 'ocp', tag, stream: '4.20', digest, location: `quay.example/r:${tag}` };
  let attempts = 0;
  const planVerification = async (): Promise<VerificationPlan> => {
    attempts += 1;
    return { kind: 'job', job: jobOf(digest, attempts) };
  };
  const fakes = fakeActivities({ planVerification, ...given });
  await bench.run(fakes, async (start) => {
    const audit = (await start('audit', { workflowId: auditWorkflowId(digest), args: [input], skip })) as Story['audit'];
    await story({ audit, input, fakes });
  });
}

const outcomes = (fakes: FakeActivities) => fakes.callsOf('recordAttempt').map(([, { outcome }]) => outcome);
const whyOf = (audit: WorkflowHandle, pattern: RegExp) =>
  eventually(`waiting for ${pattern}`, async () =>
    (await audit.query(waitingQuery)).find(({ why, for: what }) => pattern.test(`${what}: ${why}`)),
  );
async function pauses(audit: WorkflowHandle): Promise<number[]> {
  const { events } = await audit.fetchHistory();
  return (events ?? []).flatMap((event) => {
    const summary = Buffer.from(event.userMetadata?.summary?.data ?? []).toString();
    return summary.includes('next attempt') ? [Number(event.timerStartedEventAttributes?.startToFireTimeout?.seconds)] : [];
  });
}

describe.concurrent('verification before signing', () => {
  test('asks for a job, waits until it tells of itself, and signs when it succeeded', async () => {
    let reading: VerifyJobReading = { kind: 'none' };
    await audited(
      cluster(() => reading),
      async ({ audit, input, fakes }) => {
        await whyOf(audit, /verify job ci-release\/verify-.*: it is created as soon as/);
        await fakes.called('requestVerifyJob', 1);
        reading = { kind: 'active' };
        await audit.signal(changedSignal);
        await whyOf(audit, /it verifies quay\.example\/r@sha256/);
        expect(fakes.callsOf('requestPermit')).toEqual([]);
        reading = { kind: 'succeeded' };
        await audit.signal(changedSignal);
        expect(await audit.result()).toMatchObject({ kind: 'signed' });
        const [[, attempt]] = fakes.callsOf('recordAttempt') as [[unknown, AuditAttempt]];
        expect(attempt.verification).toEqual({
          result: 'verified',
          by: 'job',
          job: `ci-release/${verifyJobName(input.digest, 1)}`,
          image: 'cli',
          at: expect.any(String) as string,
        });
        await recordHistory(audit, 'audit/verified-by-job');
      },
      false,
    );
  });

  test('audit trap 3: tries a failed verification again after twelve hours, with a job of another name, and records it', async () => {
    const readings = (job: VerifyJobFacts): VerifyJobReading =>
      job.name.endsWith('-3') ? { kind: 'succeeded' } : { kind: 'failed', why: 'Unable to verify release:\n\nerror: tampered' };
    await audited(cluster(readings), async ({ audit, fakes }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      expect(await pauses(audit)).toEqual([12 * 3_600, 12 * 3_600]);
      expect(outcomes(fakes)).toEqual(['verification failed', 'verification failed', 'signed']);
      expect(fakes.callsOf('planVerification').map(([, afresh]) => afresh)).toEqual([false, true, true]);
      expect(fakes.callsOf('checkEligible')).toHaveLength(3);
      await recordHistory(audit, 'audit/verification-failed');
    });
  });

  test('says what failed, and goes on at once when it is told that it was mended', async () => {
    let tampered = true;
    const readings = (): VerifyJobReading =>
      tampered ? { kind: 'failed', why: 'Unable to verify release:\n\nerror: tampered' } : { kind: 'succeeded' };
    await audited(
      cluster(readings),
      async ({ audit, fakes }) => {
        const { until } = await whyOf(audit, /the verification of .*: Unable to verify release: error: tampered/);
        expect(Date.parse(until ?? '') - Date.now()).toBeGreaterThan(11 * 3_600_000);
        tampered = false;
        await audit.signal(retryAuditSignal);
        expect(await audit.result()).toMatchObject({ kind: 'signed' });
        expect(outcomes(fakes)).toEqual(['verification failed', 'signed']);
      },
      false,
    );
  });

  test('gives up after ten failures, and looks each day whether the release is still one to sign', async () => {
    let looks = 0;
    const checkEligible: AuditActivities['checkEligible'] = async () => {
      looks += 1;
      return looks < 13 ? { eligible: true } : { eligible: false, why: 'it is Rejected' };
    };
    const given = { ...cluster(() => ({ kind: 'failed', why: 'error: tampered' })), checkEligible };
    await audited(given, async ({ audit, fakes }) => {
      expect(await audit.result()).toEqual({ kind: 'refused', why: 'it is Rejected' });
      expect(fakes.callsOf('planVerification')).toHaveLength(10);
      expect(await pauses(audit)).toEqual([...Array.from({ length: 9 }, () => 12 * 3_600), 86_400, 86_400, 86_400]);
      expect(outcomes(fakes)).toEqual([...Array.from({ length: 10 }, () => 'verification failed'), 'refused']);
    });
  });

  test('audit trap 7: not everything could be fetched: tried again, later each time, and recorded once', async () => {
    let tries = 0;
    const verifyImage: AuditActivities['verifyImage'] = async () => {
      tries += 1;
      return tries < 4 ? { result: 'unverified', why: 'not everything could be fetched: etcd: 503' } : { result: 'verified' };
    };
    const given = { ...cluster(() => ({ kind: 'none' })), planVerification: async () => ({ kind: 'local' as const }), verifyImage };
    await audited(given, async ({ audit, fakes }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      expect(await pauses(audit)).toEqual([5, 10, 20]);
      expect(outcomes(fakes)).toEqual(['not verified', 'signed']);
      await recordHistory(audit, 'audit/not-everything-fetched');
    });
  });

  test('a registry that is down is waited out', async () => {
    let tries = 0;
    const verifyImage: AuditActivities['verifyImage'] = async () => {
      tries += 1;
      if (tries < 3) throw new Error('GET http://registry/v2: ECONNREFUSED');
      return { result: 'verified' };
    };
    const given = { ...cluster(() => ({ kind: 'none' })), planVerification: async () => ({ kind: 'local' as const }), verifyImage };
    await audited(given, async ({ audit }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
      expect(await pauses(audit)).toEqual([5, 10]);
    });
  });

  test('waits where something is required and nothing is known', async () => {
    const missing = { kind: 'missing' as const, why: 'no audit CLI image is configured' };
    await audited(
      { ...cluster(() => ({ kind: 'none' })), planVerification: async () => missing },
      async ({ audit, fakes }) => {
        await whyOf(audit, /no audit CLI image is configured, and nothing is signed unverified/);
        expect(fakes.callsOf('requestPermit')).toEqual([]);
        await audit.terminate();
      },
      false,
    );
  });

  test('passes over a job of the old auditor that has the name', async () => {
    const readings = (job: VerifyJobFacts): VerifyJobReading => ({ kind: job.name.endsWith('-2') ? 'succeeded' : 'foreign' });
    await audited(cluster(readings), async ({ audit }) => {
      expect(await audit.result()).toMatchObject({ kind: 'signed' });
    });
  });

  test('a person has it verified and recorded once more, and is named in the record', async () => {
    let tampered = true;
    await audited(
      cluster(() => (tampered ? { kind: 'failed', why: 'error: tampered' } : { kind: 'succeeded' })),
      async ({ audit, input, fakes }) => {
        await whyOf(audit, /tampered/);
        tampered = false;
        await audit.signal(auditAgainSignal, input, { by: 'ada', reason: 'the blob is back' });
        expect(await audit.result()).toMatchObject({ kind: 'signed' });
        expect(fakes.callsOf('recordAttempt').map(([, { outcome, requested }]) => [outcome, requested])).toEqual([
          ['verification failed', undefined],
          ['signed', { by: 'ada', reason: 'the blob is back' }],
        ]);
        await recordHistory(audit, 'audit/again');
      },
      false,
    );
  });

  test('asked for when it had ended, it begins anew: verified afresh, recorded, signed by what is there', async () => {
    const fresh: boolean[] = [];
    const given = cluster(() => ({ kind: 'succeeded' }));
    await audited(given, async ({ audit, input, fakes }) => {
      await audit.result();
      const { workflow } = bench.client();
      const { taskQueue } = await audit.describe();
      await workflow.signalWithStart('audit', {
        workflowId: audit.workflowId,
        taskQueue,
        args: [input],
        signal: auditAgainSignal,
        signalArgs: [input, { by: 'ada', reason: 'to be sure' }],
      });
      expect(await workflow.getHandle(audit.workflowId).result()).toMatchObject({ kind: 'signed' });
      fresh.push(...fakes.callsOf('planVerification').map(([, afresh]) => afresh));
      expect(fresh).toEqual([false, true]);
      expect(outcomes(fakes)).toEqual(['signed', 'signed']);
      expect(fakes.callsOf('recordAttempt').map(([, { requested }]) => requested?.by)).toEqual([undefined, 'ada']);
    });
  });
});

describe('the writer of verify jobs', () => {
  const start = async (
    tendVerifyJobs: NonNullable<Parameters<typeof fakeActivities>[0]['tendVerifyJobs']>,
    story: (handle: WorkflowHandle, fakes: FakeActivities) => Promise<void>,
    skip = false,
    wanted = [jobOf(`sha256:${'1'.repeat(64)}`, 1)],
  ) => {
    const fakes = fakeActivities({ tendVerifyJobs });
    const namespace = testStack().freshName('jobs');
    await bench.run(fakes, async (begin) => {
      const handle = await begin('verifyJobs', {
        workflowId: workflowIds.verifyJobs(namespace),
        args: [{ namespace, wanted }],
        skip,
      });
      await story(handle, fakes);
    });
  };
  const second = jobOf(`sha256:${'2'.repeat(64)}`, 1);

  test('creates the next one as soon as one that is active ends, and goes when nothing is left', async () => {
    let [free, left] = [1, 2];
    const tend = async (_: string, wanted: VerifyJobFacts[]) => {
      const served = wanted.slice(0, free).map(({ name }) => name);
      free -= served.length;
      return { served, refused: [], jobs: left };
    };
    await start(tend, async (handle, fakes) => {
      await handle.signal(requestVerifyJobSignal, second);
      await handle.signal(requestVerifyJobSignal, second);
      await eventually('one to wait', async () =>
        (await handle.query(waitingQuery)).some(({ why }) => why === '1 wait, and at most 2 are active at once'),
      );
      [free, left] = [1, 0];
      await handle.signal(changedSignal);
      await handle.result();
      expect(
        fakes
          .callsOf('tendVerifyJobs')
          .at(-1)?.[1]
          .map(({ name }) => name),
      ).toEqual([second.name]);
      await recordHistory(handle, 'verify-jobs/one-after-the-other');
    });
  });

  test('remembers no more than a thousand that wait, and hands over no more than a hundred of them', async () => {
    const seen: number[] = [];
    const asked = Promise.withResolvers<void>();
    const tend = async (_: string, wanted: VerifyJobFacts[]) => {
      seen.push(wanted.length);
      await asked.promise;
      return { served: wanted.map(({ name }) => name), refused: [], jobs: 0 };
    };
    const wanted = Array.from({ length: 1_000 }, (_, index) => jobOf(`sha256:${String(index).padStart(4, '0').padEnd(64, '0')}`, 1));
    await start(
      tend,
      async (handle) => {
        await handle.signal(requestVerifyJobSignal, second);
        asked.resolve();
        await handle.result();
      },
      false,
      wanted,
    );
    expect(seen).toEqual(Array.from({ length: 10 }, () => 100));
  });

  test('stays for those that are to be removed', async () => {
    const looks: number[] = [];
    const tend = async (_: string, wanted: VerifyJobFacts[], now: number) => {
      looks.push(now);
      const last = looks.length > 2;
      return { served: wanted.map(({ name }) => name), refused: [], jobs: last ? 0 : 1, ...(last ? {} : { nextRemovalMs: 15 * 60_000 }) };
    };
    await start(
      tend,
      async (handle) => {
        await handle.result();
        expect(looks.map((at) => Math.round((at - looks[0]!) / 60_000))).toEqual([0, 10, 20]);
        await recordHistory(handle, 'verify-jobs/kept-for-a-while');
      },
      true,
    );
  });

  test('forgets what the cluster refuses, and tells its audit', async () => {
    const tend = async (_: string, wanted: VerifyJobFacts[]) => ({
      served: [],
      refused: wanted.map(({ name }) => ({ name, why: 'forbidden' })),
      jobs: 0,
    });
    await start(tend, async (handle) => {
      await handle.result();
    });
  });
});
