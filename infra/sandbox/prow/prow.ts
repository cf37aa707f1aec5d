import { randomInt } from 'node:crypto';
import { isConflict } from '../../../activities/kubernetes/client.ts';
import type { PlayerOptions } from '../player.ts';
import type { KubernetesClient, KubernetesObject } from '../../../activities/kubernetes/client.ts';
import { customResourceDefinitions, prowJobs } from '../../../activities/kubernetes/resources.ts';
import { label } from '../../../domain/payload/annotations.ts';
import type { ProwJob } from '../../../domain/payload/kinds.ts';
import { durationOf } from '../orders/duration.ts';
import { compareRuns, isFinal, nextProwStep } from './prow-run.ts';
import type { ProwOrder } from './prow-run.ts';
import { Reflector, keyOf, revisionOf } from '../loop/reflector.ts';
import { untilItWorks } from '../loop/retry.ts';
import { outcomeOf } from '../orders/rule-schema.ts';
import { WorkQueue } from '../loop/work-queue.ts';

const concurrency = 16;
const shortestMs = 2_000;
const longestMs = 10_000;

/**
 * Plays Prow: every ProwJob of the cluster goes triggered, pending, final, as plank writes it. What it knows stands
 * in the ProwJobs, so a new process goes on where the last one stopped.
 */
export async function playProw({ client, rules, plays, signal, log }: PlayerOptions): Promise<void> {
  let statusIsSeparate = false;
  await untilItWorks('read the definition of ProwJobs', async () => void (statusIsSeparate = await hasStatusSubresource(client)), {
    signal,
    log,
  });
  const runs = new RunIndex();
  const pendingSince = new Map<string, number>();
  const queue = new WorkQueue({ name: 'prow', work: advance, concurrency, concerns: plays, signal, log });
  const store = new Reflector<ProwJob>({ client, signal, log, resource: prowJobs, keep: withoutPodSpec, onChange });

  function onChange(key: string, job: ProwJob | undefined, before: ProwJob | undefined): void {
    if (before === undefined && job !== undefined) runs.add(key, job);
    if (job !== undefined) return queue.add(key);
    if (before !== undefined) runs.remove(key, before);
    pendingSince.delete(key);
  }

  async function advance(key: string): Promise<number | undefined> {
    const job = store.get(key);
    if (job === undefined) return undefined;
    const order = await orderFor(key, job);
    const step = nextProwStep({ job, order, buildId: nextBuildId(), now: Date.now(), pendingSince: pendingSince.get(key) });
    if (step.kind === 'wait') return step.delayMs;
    if (step.kind === 'write') await write(key, job, step.status);
    return undefined;
  }

  async function orderFor(key: string, job: ProwJob): Promise<ProwOrder> {
    const book = isFinal(job.status?.state) ? [] : await rules.of('prow-rules', runs.firstSeen(key));
    const release = job.metadata.labels?.[label.payload] ?? '';
    const rule = book.find(
      (each) =>
        each.job.test(job.spec.job) &&
        (each.release?.test(release) ?? true) &&
        (each.namespace?.test(job.metadata.namespace ?? '') ?? true),
    );
    const run = runs
      .siblings(job)
      .map((sibling) => store.get(sibling))
      .filter((sibling) => sibling !== undefined)
      .sort(compareRuns)
      .findIndex((sibling) => keyOf(sibling) === key);
    const durationMs = rule?.seconds === undefined ? durationOf(job.spec.job, shortestMs, longestMs) : rule.seconds * 1000;
    return { outcome: rule === undefined ? 'success' : outcomeOf(rule.outcomes, run), durationMs };
  }

  /** The version in the patch makes it fail where someone else, an aborting person for example, was faster. */
  async function write(key: string, job: ProwJob, status: NonNullable<ProwJob['status']>): Promise<void> {
    const { namespace, name, resourceVersion } = job.metadata;
    try {
      if (status.state === 'pending') pendingSince.set(key, Date.now());
      store.put(
        await client.patch<ProwJob>(
          prowJobs,
          namespace,
          name,
          { metadata: { resourceVersion }, status },
          statusIsSeparate ? { subresource: 'status' } : {},
        ),
      );
    } catch (error) {
      if (!isConflict(error)) throw error;
      const fresh = await client.get<ProwJob>(prowJobs, namespace, name);
      if (fresh !== undefined) store.put(fresh);
    }
  }

  await store.start();
  rules.onChange((book) => {
    if (book === 'prow-rules') for (const key of store.keys()) if (!isFinal(store.get(key)?.status?.state)) queue.add(key);
  });
}

/** Prow's own definition has no status subresource; where an installation has one, the status must go there. */
async function hasStatusSubresource(client: KubernetesClient): Promise<boolean> {
  const definition = await client.get<KubernetesObject & { spec: { versions: { name: string; subresources?: { status?: unknown } }[] } }>(
    customResourceDefinitions,
    undefined,
    'prowjobs.prow.k8s.io',
  );
  return definition?.spec.versions.find(({ name }) => name === prowJobs.version)?.subresources?.status !== undefined;
}

const withoutPodSpec = (job: ProwJob): ProwJob => ({ ...job, spec: { job: job.spec.job } });

let lastBuildId = 0n;

/** Nineteen digits that grow with time, as Prow's: also over a restart. The random end keeps two processes apart. */
function nextBuildId(): string {
  const byTime = BigInt(Date.now()) * 1_000_000n + BigInt(randomInt(1_000_000));
  lastBuildId = byTime > lastBuildId ? byTime : lastBuildId + 1n;
  return String(lastBuildId);
}

/** Which ProwJobs are runs of the same job for the same release, and the revision at which each was first seen. */
class RunIndex {
  readonly #groups = new Map<string, Set<string>>();
  readonly #firstSeen = new Map<string, bigint>();

  add(key: string, job: ProwJob): void {
    const group = groupOf(job);
    this.#groups.set(group, (this.#groups.get(group) ?? new Set()).add(key));
    this.#firstSeen.set(key, revisionOf(job));
  }

  remove(key: string, job: ProwJob): void {
    const group = this.#groups.get(groupOf(job));
    group?.delete(key);
    if (group?.size === 0) this.#groups.delete(groupOf(job));
    this.#firstSeen.delete(key);
  }

  siblings = (job: ProwJob): string[] => [...(this.#groups.get(groupOf(job)) ?? [])];
  firstSeen = (key: string): bigint => this.#firstSeen.get(key) ?? 0n;
}

const groupOf = ({ metadata, spec }: ProwJob) => `${metadata.namespace}/${metadata.labels?.[label.payload] ?? ''}/${spec.job}`;
