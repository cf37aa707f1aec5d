import type { z } from 'zod';
import type { KubernetesClient, KubernetesObject } from '../../activities/kubernetes/client.ts';
import { reportEventOn } from '../../activities/kubernetes/events.ts';
import { imageStreams, releasePayloads } from '../../activities/kubernetes/resources.ts';
import type { Wake } from '../../activities/wake.ts';
import type { ImageStream, ReleasePayload, TagReference } from '../../domain/payload/kinds.ts';
import { Problem } from '../problem.ts';

/** Who ordered what, when and why: on what was changed, for whoever asks later. */
export const orderedByAnnotation = 'waybill.dev/ordered-by';

/** An order by hand, and what it is carried out with. */
export interface Order {
  operation: string;
  client: KubernetesClient;
  wake: Pick<Wake, 'owner'>;
  /** with what proved it: `alice (admin token)` */
  by: string;
  reason: string;
  /** epoch milliseconds */
  now: number;
  /** false: only say what would change */
  execute: boolean;
}

/** What an order changes, and what that was before. */
export interface Carried {
  /** one line for people each; none when everything is as it was ordered */
  changes: string[];
  /** objects as they were, where something is changed that can not be had again elsewhere */
  before?: KubernetesObject[];
  [detail: string]: unknown;
}

export interface Operation {
  input: z.ZodType;
  carryOut(input: never, order: Order): Promise<Carried>;
}

/** Ties the input of an operation to its schema. */
export function operation<T extends z.ZodType>(input: T, carryOut: (input: z.output<T>, order: Order) => Promise<Carried>): Operation {
  return { input, carryOut };
}

export function attribution({ operation: what, by, reason, now }: Order): string {
  return JSON.stringify({ operation: what, by, at: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'), reason });
}

/** An event for those who look at what was changed. */
export function announce({ client, operation: what, by, reason }: Order, object: KubernetesObject, of: string): Promise<void> {
  return reportEventOn(client, object, { reason: 'OrderedByHand', message: `${what} of ${of} by ${by}: ${reason}` });
}

/** @throws Problem 404 */
export async function readImageStream(client: KubernetesClient, namespace: string, name: string): Promise<ImageStream> {
  const stream = await client.get<ImageStream>(imageStreams, namespace, name);
  if (stream !== undefined) return stream;
  throw new Problem(404, 'No such image stream', `there is no image stream ${namespace}/${name}`, 'name another, or another namespace');
}

export interface FoundTag {
  stream: ImageStream;
  tag: TagReference;
}

/**
 * A release's tag, in the image stream that is named, or that its payload names, or in the usual one.
 *
 * @param read reads an image stream, where many tags of one are looked for
 * @throws Problem 404
 */
export async function findTag(
  client: KubernetesClient,
  {
    namespace,
    tag,
    imageStream,
    usual = 'release',
  }: { namespace: string; tag: string; imageStream?: string | undefined; usual?: string | undefined },
  read: typeof readImageStream = readImageStream,
): Promise<FoundTag> {
  const payload = imageStream === undefined ? await client.get<ReleasePayload>(releasePayloads, namespace, tag) : undefined;
  const name = imageStream ?? payload?.spec.payloadCoordinates?.imagestreamName ?? usual;
  const stream = await read(client, namespace, name);
  const found = stream.spec?.tags?.find((each) => each.name === tag);
  if (found !== undefined) return { stream, tag: found };
  throw new Problem(
    404,
    'No such release',
    `there is no tag ${tag} in image stream ${namespace}/${name}`,
    'name the image stream with -i, or the namespace with -n, -a and -p',
  );
}
