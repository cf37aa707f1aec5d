import { setTimeout as pause } from 'node:timers/promises';
import { isConflict, type KubernetesClient } from '../../../activities/kubernetes/client.ts';
import { imageStreams } from '../../../activities/kubernetes/resources.ts';
import type { ImageStream, ObjectReference } from '../../../domain/payload/kinds.ts';
import { importFailure, statusTag } from '../../../domain/payload/pull-spec.ts';
import { badRequest, conflict, failure, notFound, type Reply } from './answers.ts';

export interface ImageStreamImport {
  metadata?: { name?: string; resourceVersion?: string };
  spec?: { import?: boolean; images?: { from?: ObjectReference; to?: { name?: string } }[]; repository?: unknown };
}

const attempts = 10;
const lookEveryMs = 50;
/** OpenShift imports while the caller waits, and gives up in time. */
const patienceMs = 20_000;

/**
 * `imagestreamimports` as OpenShift serves them (openshift/openshift-apiserver, pkg/image/apiserver/registry/imagestreamimport),
 * for images of tags that the stream has: each becomes newer than what was imported, image import does its work, and the
 * answer tells how each went. Streams are neither made nor given new tags, and whole repositories are not imported.
 */
export async function importImages(client: KubernetesClient, namespace: string | undefined, request: ImageStreamImport): Promise<Reply> {
  const { metadata = {}, spec = {} } = request;
  const name = metadata.name ?? '';
  const wanted = (spec.images ?? []).map(({ from, to }) => ({ from, tag: to?.name ?? '' }));
  if (spec.import !== true || spec.repository !== undefined || wanted.length === 0)
    return badRequest('the sandbox imports images of tags (spec.images with spec.import), and nothing else');
  for (let attempt = 1; ; attempt += 1) {
    const stream = await client.get<ImageStream>(imageStreams, namespace, name);
    if (stream === undefined) return notFound('imagestreams', name);
    const now = stream.metadata.resourceVersion;
    if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== now)
      return conflict('imagestreamimports', name, `the image stream was updated from "${metadata.resourceVersion}" to "${now}"`);
    const unknown = wanted.find(({ tag }) => !stream.spec?.tags?.some((each) => each.name === tag));
    if (unknown !== undefined) return failure(422, 'Invalid', `the sandbox makes no new tags: ${name} has no tag ${unknown.tag}`);
    try {
      const asked = await client.replace(imageStreams, askedAgain(stream, wanted));
      const images = await outcome(client, asked, wanted);
      return { status: 201, body: { kind: 'ImageStreamImport', apiVersion: 'image.openshift.io/v1', ...request, status: { images } } };
    } catch (error) {
      if (!isConflict(error) || attempt === attempts) throw error;
    }
  }
}

type Wanted = { from: ObjectReference | undefined; tag: string };

function askedAgain(stream: ImageStream, wanted: readonly Wanted[]): ImageStream {
  // The write raises the stream's generation by one, and so these tags are of the stream as it will be.
  const generation = (stream.metadata.generation ?? 0) + 1;
  const tags = (stream.spec?.tags ?? []).map((tag) => {
    const asked = wanted.find((each) => each.tag === tag.name);
    return asked === undefined ? tag : { ...tag, ...(asked.from === undefined ? {} : { from: asked.from }), generation };
  });
  return { ...stream, spec: { ...stream.spec, tags } };
}

/** Waits until image import has said something about each tag. */
async function outcome(client: KubernetesClient, asked: ImageStream, wanted: readonly Wanted[]): Promise<object[]> {
  const { namespace, name, generation = 0 } = asked.metadata;
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const stream = (await client.get<ImageStream>(imageStreams, namespace, name)) ?? asked;
    const states = wanted.map(({ tag }) => stateOf(stream, tag, generation));
    if (!states.includes(undefined) || Date.now() > deadline) {
      return states.map((status, index) => ({
        tag: wanted[index]?.tag,
        status: status ?? { status: 'Failure', message: 'the import took too long' },
      }));
    }
    await pause(lookEveryMs);
  }
}

function stateOf(stream: ImageStream, tag: string, generation: number): object | undefined {
  const status = statusTag(stream, tag);
  const failed = status?.conditions?.find(({ type }) => type === 'ImportSuccess');
  if (failed !== undefined && (failed.generation ?? 0) >= generation) return { status: 'Failure', message: importFailure(status) };
  return (status?.items?.[0]?.generation ?? 0) >= generation ? { status: 'Success' } : undefined;
}
