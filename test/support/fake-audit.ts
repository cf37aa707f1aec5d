import type { WorkflowHandle } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import type { AuditActivities, SigningActivities, SigningOrder, StoredSignature } from '../../activities/audit-contract.ts';
import { signaturePath } from '../../domain/audit/signature-path.ts';
import { auditWorkflowId, type AuditInput, type AuditOutcome, type AuditProgress } from '../../workflows/audit-messages.ts';
import { permitGrantedSignal } from '../../workflows/limiter-messages.ts';
import { waitingQuery } from '../../workflows/waiting.ts';
import { fakeActivities, type FakeActivities } from './fake-activities.ts';
import { testStack } from './stack.ts';
import { eventually } from './wait.ts';
import { workflowBench, type Start } from './workflow-bench.ts';

/** Far enough for workflows that skip time. */
export const startBy = Date.parse('2099-01-01T00:00:00Z');
const eligible: AuditActivities['checkEligible'] = async () => ({ eligible: true });
export const store: AuditActivities['recordAttempt'] = async ({ namespace, tag }) => ({ path: `audit/${namespace}/${tag}.json` });
export const signature = (order: Pick<SigningOrder, 'digest'>): StoredSignature => ({
  path: signaturePath(order.digest, 1),
  fingerprint: 'F00D',
  signedAt: '2026-11-24T01:02:03.000Z',
});

interface AuditUnderTest {
  audit: WorkflowHandle<() => Promise<AuditOutcome>>;
  input: AuditInput;
  orders: SigningOrder[];
  fakes: FakeActivities;
}

interface Given extends Partial<AuditActivities> {
  sign?: SigningActivities['signRelease'];
  skip?: boolean;
  /** failures that it has behind it */
  failures?: Partial<AuditProgress['failures']>;
  /** options of a worker of its own */
  alone?: Partial<WorkerOptions>;
}

const waitingOf = (audit: WorkflowHandle) => audit.query(waitingQuery);
export const whyOf = (audit: WorkflowHandle, pattern: RegExp) =>
  eventually(`waiting for ${pattern}`, async () => (await waitingOf(audit)).find(({ why }) => pattern.test(why)));

/** Lengths of the timers that were started with a summary, in seconds. */
export async function backoffs(audit: WorkflowHandle): Promise<number[]> {
  const { events } = await audit.fetchHistory();
  return (events ?? []).flatMap((event) => {
    const summary = Buffer.from(event.userMetadata?.summary?.data ?? []).toString();
    return summary.includes('next attempt') ? [Number(event.timerStartedEventAttributes?.startToFireTimeout?.seconds)] : [];
  });
}

/** Where audits are played; call at the top of a test file. */
export function auditBench() {
  /** The key holders of all tests; each test has its own by the digest that it audits. */
  const signers = new Map<string, SigningActivities['signRelease']>();
  const bench = workflowBench({ signRelease: async (order) => signers.get(order.digest)!(order) });

  /** Gives each requester its permit at once. */
  const grant: AuditActivities['requestPermit'] = async ({ requester, request }) => {
    await bench.client().workflow.getHandle(requester).signal(permitGrantedSignal, { requester, request, givenAt: 0, startBy });
  };

  async function audited(
    { sign = async (order) => signature(order), skip = true, failures, alone, ...given }: Given,
    story: (audit: AuditUnderTest) => Promise<void>,
  ): Promise<void> {
    const fakes = fakeActivities({ requestPermit: grant, checkEligible: eligible, recordAttempt: store, ...given });
    const tag = testStack().freshName('4.20.0-0.nightly');
    const digest = `sha256:${Buffer.from(tag).toString('hex').padEnd(64, '0').slice(-64)}`;
    const input: AuditInput = { namespace: 'ocp', tag, stream: '4.20.0-0.nightly', digest, location: `quay.example/ocp/release:${tag}` };
    const orders: SigningOrder[] = [];
    signers.set(digest, (order) => {
      orders.push(order);
      return sign(order);
    });
    const play = async (start: Start) => {
      const progress = failures && { progress: { failures: { person: 0, late: 0, outside: 0, ...failures } } };
      const args = [{ ...input, ...progress }];
      const audit = (await start('audit', { workflowId: auditWorkflowId(digest), args, skip })) as AuditUnderTest['audit'];
      await story({ audit, input, orders, fakes });
    };
    await (alone === undefined ? bench.run(fakes, play) : bench.runAlone(fakes, play, alone));
  }

  return { bench, grant, audited };
}
