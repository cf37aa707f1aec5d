import { setTimeout as pause } from 'node:timers/promises';
import {
  heldMessage,
  judgeLease,
  leaseSeconds,
  lostMessage,
  renewSeconds,
  type LeaseHolder,
  type LeaseLook,
  type LeaseSpec,
} from '../../domain/operations/cluster-lease.ts';
import { isAlreadyExists, isConflict, KubernetesError, type KubernetesClient, type KubernetesObject } from './client.ts';
import { leases } from './resources.ts';

interface Lease extends KubernetesObject {
  spec: LeaseSpec & { leaseTransitions?: number };
}

export interface LeaseOptions {
  client: KubernetesClient;
  /** of the Lease */
  namespace: string;
  me: LeaseHolder;
  /** whoever holds it */
  takeOver?: boolean;
  /** what people should know while it is not held yet, or not renewed */
  onTrouble: (message: string) => void;
  /** shorter in tests */
  renewMs?: number;
  durationSeconds?: number;
}

/** This worker must not start: its message says why, and the next move. */
export class LeaseRefused extends Error {}

const name = 'waybill';
const describedBy = 'waybill.dev/temporal-namespace';

/**
 * The right of one Waybill to drive this cluster: a Lease that all of its workers renew, as they share one Temporal
 * namespace. A worker that could not renew it for as long as it lasts writes nothing until it can; one that finds
 * it in other hands never writes again.
 */
export class ClusterLease {
  readonly #options: LeaseOptions;
  readonly #stop = new AbortController();
  readonly #where: string;
  readonly #durationMs: number;
  readonly #renewMs: number;
  #validUntil = 0;
  #lost: string | undefined;

  private constructor(options: LeaseOptions) {
    this.#options = options;
    this.#where = `${options.namespace}/${name}`;
    this.#durationMs = (options.durationSeconds ?? leaseSeconds) * 1000;
    this.#renewMs = options.renewMs ?? renewSeconds * 1000;
  }

  /**
   * Returns when the lease is held. An API server that is away is waited for, and so is a lease that seems to have run
   * out, for long enough to see that nobody renews it, whatever the clocks say.
   *
   * @throws LeaseRefused when another Waybill holds it, or when it can not be had at all
   */
  static async hold(options: LeaseOptions): Promise<ClusterLease> {
    const lease = new ClusterLease(options);
    await lease.#acquire();
    return lease;
  }

  /** Why nothing may be written now; undefined while the lease is held. */
  refusal(): string | undefined {
    if (this.#lost !== undefined) return this.#lost;
    if (Date.now() < this.#validUntil) return undefined;
    return `the lease ${this.#where} could not be renewed for ${this.#durationMs / 1000} s; it is tried again`;
  }

  /** Renews until it is closed. @returns why, when another Waybill has taken over */
  async keep(): Promise<string | undefined> {
    while (!this.#stop.signal.aborted) {
      await pause(this.#renewMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.#stop.signal.aborted) break;
      await this.#renew().catch((error: unknown) => this.#options.onTrouble(`the lease ${this.#where} was not renewed: ${String(error)}`));
      if (this.#lost !== undefined) return this.#lost;
    }
    return undefined;
  }

  close(): void {
    this.#stop.abort();
  }

  async #acquire(): Promise<void> {
    const { me, takeOver = false, onTrouble } = this.#options;
    for (let abandoned: string | undefined; ;) {
      const current = await this.#read();
      const verdict = judgeLease(current?.spec, me, Date.now());
      if (verdict === 'held' && !takeOver) throw new LeaseRefused(this.#held(current));
      const version = current?.metadata.resourceVersion;
      if (verdict === 'expired' && !takeOver && abandoned !== version) {
        onTrouble(`the lease ${this.#where} has run out (${holderOf(current)}): waiting a moment to see that nobody renews it`);
        abandoned = version;
        await pause(this.#renewMs * 1.5);
        continue;
      }
      if (!(await this.#write(current))) continue;
      // Workers of the one before learn of it when they renew.
      if (verdict === 'held') await pause(this.#renewMs * 1.5);
      return;
    }
  }

  async #renew(): Promise<void> {
    const { client, namespace, me } = this.#options;
    const current = await client.get<Lease>(leases, namespace, name);
    if (judgeLease(current?.spec, me, Date.now()) === 'ours' || current === undefined) await this.#write(current);
    else this.#lost = lostMessage({ lease: this.#where, holder: holderOf(current), me });
  }

  /** An API server that does not answer is asked again; one that says no is believed. */
  async #read(): Promise<Lease | undefined> {
    const { client, namespace, onTrouble } = this.#options;
    for (;;) {
      try {
        return await client.get<Lease>(leases, namespace, name);
      } catch (error) {
        if (error instanceof KubernetesError && error.status < 500) throw this.#forbidden(error);
        onTrouble(`the lease ${this.#where} could not be read, trying again: ${String(error)}`);
        await pause(1_000);
      }
    }
  }

  /** @returns false when somebody else wrote it first: read it again */
  async #write(current: Lease | undefined): Promise<boolean> {
    const { client } = this.#options;
    const began = Date.now();
    const wanted = this.#wanted(current);
    try {
      await (current === undefined ? client.create(leases, wanted) : client.replace(leases, wanted));
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return false;
      if (error instanceof KubernetesError && error.status < 500) throw this.#forbidden(error);
      throw error;
    }
    this.#validUntil = began + this.#durationMs;
    return true;
  }

  #wanted(current: Lease | undefined): Lease {
    const { namespace, me } = this.#options;
    const now = microTime(Date.now());
    const isOurs = current?.spec.holderIdentity === me.identity;
    const transitions = current?.spec.leaseTransitions ?? 0;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...current?.metadata,
        namespace,
        name,
        annotations: { ...current?.metadata.annotations, [describedBy]: me.description },
      },
      spec: {
        holderIdentity: me.identity,
        leaseDurationSeconds: this.#durationMs / 1000,
        acquireTime: (isOurs ? current.spec.acquireTime : undefined) ?? now,
        renewTime: now,
        leaseTransitions: isOurs || current === undefined ? transitions : transitions + 1,
      },
    };
  }

  #held(current: Lease | undefined): string {
    const { me } = this.#options;
    return heldMessage({ lease: this.#where, spec: current?.spec ?? {}, holder: holderOf(current), me, now: Date.now() });
  }

  #forbidden(error: KubernetesError): LeaseRefused {
    return new LeaseRefused(
      error.status === 404
        ? `there is no namespace ${this.#options.namespace} for release jobs and for the lease of this Waybill: create it, or name another with WAYBILL_JOB_NAMESPACE`
        : `the lease ${this.#where} can not be had: ${error.reason}: ${error.message}; the worker needs the rights in infra/rbac/worker.yaml`,
    );
  }
}

/** What a worker that starts now would find; reads only. */
export async function lookAtLease(
  { client, namespace, me }: Pick<LeaseOptions, 'client' | 'namespace' | 'me'>,
  now: number,
): Promise<LeaseLook> {
  const current = await client.get<Lease>(leases, namespace, name);
  const [lease, holder] = [`${namespace}/${name}`, holderOf(current)];
  const verdict = judgeLease(current?.spec, me, now);
  if (verdict !== 'held') return { lease, verdict, holder };
  return { lease, verdict, holder, refusal: heldMessage({ lease, spec: current?.spec ?? {}, holder, me, now }) };
}

function holderOf(lease: Lease | undefined): string {
  const identity = lease?.spec.holderIdentity ?? 'unknown';
  const description = lease?.metadata.annotations?.[describedBy];
  return description === undefined ? identity : `${description} (${identity})`;
}

/** `MicroTime`, which wants six digits. */
const microTime = (ms: number) => new Date(ms).toISOString().replace('Z', '000Z');
