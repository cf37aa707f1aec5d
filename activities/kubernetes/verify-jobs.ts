import type { Job } from '../../domain/payload/kinds.ts';
import type { AuditedRelease } from '../../domain/audit/audit-record.ts';
import {
  buildVerifyJob,
  pullSpecByDigest,
  verifiesDigest,
  verifyAttempt,
  verifyJobName,
  verifyJobSelector,
  verifyJobState,
  type VerifyJobFacts,
} from '../../domain/audit/verify-job.ts';
import { planVerifyJobs } from '../../domain/audit/verify-jobs.ts';
import { verifierOf, type AuditPolicy } from '../../domain/audit/verification-policy.ts';
import type { AuditActivities, VerifyJobsActivities } from '../audit-contract.ts';
import { overrideImage } from './build-activities.ts';
import { isAlreadyExists, isConflict, KubernetesError, type KubernetesClient, type KubernetesObject } from './client.ts';
import { readRelease, type ReadRelease } from './release-reader.ts';
import { jobs, pods } from './resources.ts';

interface Pod extends KubernetesObject {
  status?: { containerStatuses?: { name: string; state?: { terminated?: { message?: string; finishedAt?: string } } }[] };
}

export interface VerifyJobDependencies {
  client: KubernetesClient;
  policy: AuditPolicy;
  jobNamespace: string;
}

type VerifyActivities = Pick<AuditActivities, 'planVerification' | 'readVerifyJob'> & VerifyJobsActivities;

/** What audits ask of the cluster to have images verified by Jobs. */
export function verifyJobActivities({ client, policy, jobNamespace }: VerifyJobDependencies): VerifyActivities {
  const existing = async (namespace: string) => (await client.list<Job>(jobs, namespace, { labelSelector: verifyJobSelector })).items;
  return {
    async planVerification(release, afresh) {
      const read = await readRelease(client, release);
      if (read.kind === 'gone') return { kind: 'gone' };
      if (read.kind === 'blocked') throw new Error(read.problem.message);
      const verifier = verifierOf(policy, read.config.name, await overrideImage(client, read));
      if (verifier.kind !== 'job') return verifier;
      const attempt = attemptFor(release.digest, await existing(jobNamespace), afresh);
      return { kind: 'job', job: factsOf(release, read, verifier.image, attempt, jobNamespace) };
    },

    async readVerifyJob({ namespace, name, digest }) {
      const job = await client.get<Job>(jobs, namespace, name);
      if (job === undefined) return { kind: 'none' };
      if (!verifiesDigest(job, digest)) return { kind: 'foreign' };
      const kind = verifyJobState(job);
      return kind === 'failed' ? { kind, why: await failureOf(client, job) } : { kind };
    },

    async tendVerifyJobs(namespace, wanted, now) {
      const there = await existing(namespace);
      const plan = planVerifyJobs(
        there,
        wanted.map(({ name }) => name),
        now,
      );
      for (const { name, uid } of plan.remove) await remove(client, namespace, name, uid);
      const refused: { name: string; why: string }[] = [];
      for (const facts of wanted.filter(({ name }) => plan.start.includes(name))) {
        const why = await create(client, facts);
        if (why !== undefined) refused.push({ name: facts.name, why });
      }
      const created = plan.start.filter((name) => !refused.some((each) => each.name === name));
      return {
        served: [...plan.existing, ...created],
        refused,
        jobs: plan.kept + created.length,
        ...(plan.nextRemovalMs === undefined ? {} : { nextRemovalMs: plan.nextRemovalMs }),
      };
    },
  };
}

/** A job of this digest that is under way is waited for; a success counts unless a new one is asked for. */
function attemptFor(digest: string, there: readonly Job[], afresh: boolean): number {
  const attempts = there.flatMap((job) => {
    const attempt = verifyAttempt(digest, job.metadata.name);
    return attempt === undefined ? [] : [{ attempt, job }];
  });
  const [newest] = attempts.toSorted((a, b) => b.attempt - a.attempt);
  if (newest === undefined) return 1;
  const state = verifyJobState(newest.job);
  const counts = verifiesDigest(newest.job, digest) && (state === 'active' || (state === 'succeeded' && !afresh));
  return counts ? newest.attempt : newest.attempt + 1;
}

function factsOf(
  { digest, location, tag }: AuditedRelease,
  { config, target }: ReadRelease,
  image: string,
  attempt: number,
  namespace: string,
): VerifyJobFacts {
  return {
    name: verifyJobName(digest, attempt),
    namespace,
    digest,
    pullSpec: pullSpecByDigest(location, digest),
    image,
    target: `${target.metadata.namespace}/${target.metadata.name}`,
    tag,
    pullSecretName: config.pullSecretName,
  };
}

async function remove(client: KubernetesClient, namespace: string, name: string, uid: string): Promise<void> {
  await client.delete(jobs, namespace, name, uid === '' ? {} : { uid }).catch((error: unknown) => {
    if (!isConflict(error)) throw error;
  });
}

/** @returns why the API server does not take the job; trouble of its own is thrown, and tried again */
async function create(client: KubernetesClient, facts: VerifyJobFacts): Promise<string | undefined> {
  try {
    await client.create(jobs, buildVerifyJob(facts));
    return undefined;
  } catch (error) {
    if (isAlreadyExists(error)) return undefined;
    if (error instanceof KubernetesError && error.status >= 400 && error.status < 500 && error.status !== 429)
      return `Job ${facts.namespace}/${facts.name} is refused: ${error.message}`;
    throw error;
  }
}

/** The newest last words of a failed container, in release-controller's words. */
async function failureOf(client: KubernetesClient, job: Job): Promise<string> {
  const selectors = { labelSelector: `controller-uid=${job.metadata.uid}`, fieldSelector: 'status.phase=Failed' };
  const { items } = await client.list<Pod>(pods, job.metadata.namespace, selectors);
  const ends = items
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .filter(({ name }) => name === 'verify')
    .map(({ state }) => ({ message: state?.terminated?.message ?? '', at: state?.terminated?.finishedAt ?? '' }))
    .toSorted((a, b) => b.at.localeCompare(a.at));
  const message = ends.find((end) => end.message !== '')?.message;
  return message === undefined ? 'Unable to verify release for unknown reason' : `Unable to verify release:\n\n${message}`;
}
