import { buildActivities } from '../../../activities/kubernetes/build-activities.ts';
import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { verificationActivities } from '../../../activities/kubernetes/verification-activities.ts';
import { annotation } from '../../../domain/payload/annotations.ts';
import type { ProwJob, TagReference } from '../../../domain/payload/kinds.ts';
import type { VerificationRun } from '../../../domain/payload/verification-run.ts';
import { jobDone, noon, noonTag, releaseCluster, type ReleaseCluster } from './release-cluster.ts';

export const entry = (name: string, more: object = {}) => ({ prowJob: { name }, ...more });
export const aws = { aws: entry('e2e-aws') };

export interface SceneOptions {
  /** older releases of the stream */
  older?: (cluster: ReleaseCluster) => TagReference[];
  defined?: Parameters<ReleaseCluster['define']>;
  config?: object;
}

/** A release that is built and mirrored. */
export async function verificationScene(
  verify: object,
  { older = () => [], defined = ['e2e-aws', 'e2e-gcp', 'e2e-upgrade'], config = {} }: SceneOptions = {},
) {
  const cluster = await releaseCluster();
  if (defined.length > 0) await cluster.define(...defined);
  await cluster.source({ ...config, verify });
  await cluster.target([...older(cluster), cluster.releaseTag()]);
  const id = { namespace: cluster.namespace, tag: noonTag, target: 'release' };
  await releaseActivities(cluster.dependencies).openRelease(id);
  await buildActivities(cluster.dependencies).ensureMirror(id);
  const mirror = 'src-2025-06-01-120000';
  await cluster.importInto(
    mirror,
    ['cli', 'etcd'].map((tag) => cluster.imported(mirror, tag)),
  );
  await cluster.job(noonTag, jobDone);
  const activities = verificationActivities(cluster.dependencies);
  const round = (facts = {}, now = noon) => activities.planVerificationRound(id, facts, now);
  const start = async (runs?: VerificationRun[]) => activities.startRuns(id, runs ?? (await round()).start);
  return { cluster, id, activities, round, start };
}

export const nameOf = (verify: string, suffix = '') => `${noonTag}-${verify}${suffix}`;
export const accepted = (cluster: ReleaseCluster, name: string, created = '2025-05-31T12:00:00Z') =>
  cluster.releaseTag(name, { [annotation.phase]: 'Accepted', [annotation.creationTimestamp]: created });
export const results = async (cluster: ReleaseCluster, list: 'blockingJobResults' | 'informingJobResults' = 'blockingJobResults') =>
  (await cluster.readPayload()).status?.[list] ?? [];
export const envOf = (job: ProwJob | undefined) =>
  Object.fromEntries((job?.spec.pod_spec?.containers?.[0]?.env ?? []).map(({ name, value }) => [name, value]));
