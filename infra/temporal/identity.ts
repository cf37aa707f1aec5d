import type { Connection } from '@temporalio/client';
import type { LeaseHolder } from '../../domain/operations/cluster-lease.ts';

/** The Temporal namespace as whoever shares it sees it: server and namespace have ids that no other ones have. */
export async function temporalIdentity(
  { workflowService }: Pick<Connection, 'workflowService'>,
  namespace: string,
  address: string,
): Promise<LeaseHolder> {
  const [{ namespaceInfo }, { clusterId }] = await Promise.all([
    workflowService.describeNamespace({ namespace }),
    workflowService.getClusterInfo({}),
  ]);
  return { identity: `${clusterId ?? ''}/${namespaceInfo?.id ?? namespace}`, description: `${namespace} at ${address}` };
}
