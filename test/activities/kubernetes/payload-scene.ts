import { releaseActivities } from '../../../activities/kubernetes/release-activities.ts';
import { releasePayloads } from '../../../activities/kubernetes/resources.ts';
import type { PayloadDependencies } from '../../../activities/kubernetes/payload-dependencies.ts';
import type { ReleasePayload } from '../../../domain/payload/kinds.ts';
import { conditionOf, type ConditionType } from '../../../domain/payload/conditions.ts';
import { noonTag, releaseCluster, type ReleaseCluster } from './release-cluster.ts';

/** A stream with one release, and what the `release` workflow asks of it. */
export async function payloadScene(config: object = {}, more: Partial<PayloadDependencies> = {}) {
  const cluster = await releaseCluster(more);
  await cluster.source(config);
  await cluster.target([cluster.releaseTag()]);
  const activities = releaseActivities(cluster.dependencies);
  const id = { namespace: cluster.namespace, tag: noonTag, target: 'release' };
  const reason = async (type: ConditionType) => conditionOf(await cluster.readPayload(), type)?.reason;
  return { cluster, activities, id, reason };
}

/** The same with its payload. */
export async function openedPayload(config: object = {}, more: Partial<PayloadDependencies> = {}) {
  const one = await payloadScene(config, more);
  await one.activities.openRelease(one.id);
  return one;
}

export const patchPayload = ({ client, namespace }: ReleaseCluster, patch: object) =>
  client.patch(releasePayloads, namespace, noonTag, patch);
export const setStatus = (cluster: ReleaseCluster, how: (status: NonNullable<ReleasePayload['status']>) => object) =>
  cluster.changeStatus<ReleasePayload>(releasePayloads, cluster.namespace, noonTag, ({ status = {} }) => how(status));
