import type { ObjectMeta } from './kinds.ts';

/** `release.openshift.io/<team or qualifier>_state` */
const approvalLabel = /^release\.openshift\.io\/(.+)_state$/;

export type Approval = 'Accepted' | 'Rejected';

/** What somebody said about a payload by its label; any other word says nothing. */
export function approvalOf({ labels = {} }: Pick<ObjectMeta, 'labels'>, id: string): Approval | undefined {
  const state = labels[`release.openshift.io/${id}_state`];
  return state === 'Accepted' || state === 'Rejected' ? state : undefined;
}

/** Every approval and refusal that a payload bears, by team or qualifier, sorted. */
export function approvals(metadata: Pick<ObjectMeta, 'labels'>): [id: string, approval: Approval][] {
  const ids = Object.keys(metadata.labels ?? {}).flatMap((key) => approvalLabel.exec(key)?.[1] ?? []);
  return ids.toSorted().flatMap((id) => {
    const approval = approvalOf(metadata, id);
    return approval === undefined ? [] : [[id, approval] as [string, Approval]];
  });
}
