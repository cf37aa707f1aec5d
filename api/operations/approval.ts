import { z } from 'zod';
import { releasePayloads } from '../../activities/kubernetes/resources.ts';
import type { ReleasePayload } from '../../domain/payload/kinds.ts';
import { Problem } from '../problem.ts';
import { announce, attribution, operation, orderedByAnnotation } from './operation.ts';

const input = z.object({
  namespace: z.string().min(1),
  tag: z.string().min(1),
  team: z.string().regex(/^[A-Za-z0-9]([-_.A-Za-z0-9]{0,40}[A-Za-z0-9])?$/, 'team must be a word that a label may have'),
  state: z.enum(['Accepted', 'Rejected', 'deleted', 'shown'], 'state must be Accepted, Rejected, deleted or shown'),
});

/** What a team says of a release, in a label of its payload. The verdict does not ask it. */
export const approval = operation(input, async ({ namespace, tag, team, state }, order) => {
  const payload = await order.client.get<ReleasePayload>(releasePayloads, namespace, tag);
  if (payload === undefined)
    throw new Problem(
      404,
      'No such release',
      `there is no ReleasePayload ${namespace}/${tag}`,
      'name another release, or another namespace',
    );
  const key = `release.openshift.io/${team.toLowerCase()}_state`;
  const current = payload.metadata.labels?.[key];
  const wanted = state === 'shown' ? current : state === 'deleted' ? undefined : state;
  if (wanted === current) return { changes: [], state: current ?? null };
  const changes = [
    wanted === undefined ? `take label ${key} off ${namespace}/${tag}` : `set label ${key}=${wanted} on ${namespace}/${tag}`,
  ];
  if (order.execute) {
    const annotations = { [orderedByAnnotation]: attribution(order) };
    await order.client.patch(releasePayloads, namespace, tag, { metadata: { labels: { [key]: wanted ?? null }, annotations } });
    await announce(order, payload, `${tag} for ${team}`);
  }
  return { changes, state: wanted ?? null, before: [payload] };
});
