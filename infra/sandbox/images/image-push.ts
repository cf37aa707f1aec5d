import { isConflict } from '../../../activities/kubernetes/client.ts';
import type { KubernetesClient } from '../../../activities/kubernetes/client.ts';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import type { ImageStream } from '../../../domain/payload/kinds.ts';
import { internalRepository } from './stream-names.ts';
import { statusTag, withImage } from './stream-status.ts';

export interface ImagePush {
  namespace: string;
  stream: string;
  tag: string;
  /** digest of the manifest that was pushed */
  image: string;
}

const attempts = 20;

/**
 * What OpenShift's integrated registry does when an image arrives at `<registry>/<namespace>/<stream>:<tag>`: the stream
 * gets a status tag. Without such a stream nothing happens; recording the same push again changes nothing.
 *
 * @throws KubernetesError of the API server; a Conflict only when the stream never stops changing
 */
export async function recordImagePush(client: KubernetesClient, push: ImagePush): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const stream = await client.get<ImageStream>(imageStreams, push.namespace, push.stream);
    const next = stream === undefined ? undefined : withPush(stream, push);
    if (next === undefined) return;
    try {
      await client.replaceStatus(imageStreams, next);
      return;
    } catch (error) {
      if (!isConflict(error) || attempt === attempts) throw error;
    }
  }
}

function withPush(stream: ImageStream, { namespace, stream: name, tag, image }: ImagePush): ImageStream | undefined {
  const known = statusTag(stream, tag);
  const generation = Math.max(known?.items?.[0]?.generation ?? 0, stream.metadata.generation ?? 1);
  const event = { image, dockerImageReference: `${internalRepository(namespace, name)}@${image}`, generation };
  if (known?.items?.[0]?.image === image) return undefined;
  const entry = withImage(known ?? { tag, items: [] }, event, new Date().toISOString().replace(/\.\d+Z$/, 'Z'));
  const tags = stream.status?.tags ?? [];
  return {
    ...stream,
    status: { ...stream.status, tags: known === undefined ? [...tags, entry] : tags.map((each) => (each === known ? entry : each)) },
  };
}
