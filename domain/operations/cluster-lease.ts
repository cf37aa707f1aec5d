/** What a coordination.k8s.io Lease says; times are RFC 3339. */
export interface LeaseSpec {
  holderIdentity?: string | null;
  leaseDurationSeconds?: number | null;
  acquireTime?: string | null;
  renewTime?: string | null;
}

/** One Waybill: all processes that share a Temporal namespace, since its workflows are what must not run twice. */
export interface LeaseHolder {
  /** of the Temporal server and its namespace; other servers may use the same names */
  identity: string;
  /** for people, as in `releases at temporal.example.org:7233` */
  description: string;
}

export type LeaseVerdict =
  | 'ours'
  | 'free'
  /** its holder has not renewed it in time; the clock of the cluster may be another one */
  | 'expired'
  | 'held';

/** What a worker that starts finds. */
export interface LeaseLook {
  /** `namespace/name` of the Lease */
  lease: string;
  verdict: LeaseVerdict;
  /** who has or had it, as the Lease describes it */
  holder: string;
  /** why the worker must not start */
  refusal?: string;
}

export const leaseSeconds = 45;
export const renewSeconds = 10;

/** @param now epoch milliseconds */
export function judgeLease(spec: LeaseSpec | undefined, { identity }: LeaseHolder, now: number): LeaseVerdict {
  const holder = spec?.holderIdentity ?? '';
  if (holder === identity) return 'ours';
  if (holder === '') return 'free';
  return now < expiryOf(spec) ? 'held' : 'expired';
}

function expiryOf(spec: LeaseSpec | undefined): number {
  const renewed = Date.parse(spec?.renewTime ?? '');
  return Number.isNaN(renewed) ? 0 : renewed + (spec?.leaseDurationSeconds ?? leaseSeconds) * 1000;
}

export interface LeaseHeld {
  /** `namespace/name` of the Lease */
  lease: string;
  spec: LeaseSpec;
  /** who holds it, as the Lease describes it */
  holder: string;
  me: LeaseHolder;
  now: number;
}

/** Why a worker does not start: who is there, since when, and the next move. */
export function heldMessage({ lease, spec, holder, me, now }: LeaseHeld): string {
  const renewed = Math.max(0, Math.round((now - Date.parse(spec.renewTime ?? '')) / 1000));
  const left = Math.max(1, Math.ceil((expiryOf(spec) - now) / 1000));
  return [
    `another Waybill drives this cluster: its Temporal namespace is ${holder}; ours is ${me.description}`,
    `it holds the lease ${lease} since ${spec.acquireTime ?? 'an unknown time'}, and renewed it ${renewed} s ago`,
    'next: use its Temporal namespace (WAYBILL_TEMPORAL_ADDRESS, WAYBILL_TEMPORAL_NAMESPACE);',
    `or stop its workers and start again in ${left} s; or take over at once with \`waybill worker --take-over\`, after which its workers stop`,
  ].join('\n');
}

/** Why a worker that had the lease has stopped. */
export function lostMessage({ lease, holder, me }: Pick<LeaseHeld, 'lease' | 'holder' | 'me'>): string {
  return (
    `the lease ${lease} was taken over by another Waybill, whose Temporal namespace is ${holder}: this worker (${me.description}) writes nothing any more and stops. ` +
    'Start it against that Temporal namespace, or take over again with `waybill worker --take-over`'
  );
}
