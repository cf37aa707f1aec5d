import { annotation } from '../../domain/payload/annotations.ts';
import type { ReleaseConfig } from '../../domain/payload/config.ts';
import type { ImageStream, ReleasePayload, TagReference } from '../../domain/payload/kinds.ts';
import { mirrorName } from '../../domain/payload/mirror.ts';
import type { Problem, ReleaseId } from '../contract.ts';
import type { KubernetesClient } from './client.ts';
import { imageStreams, releasePayloads } from './resources.ts';
import { readStream } from './stream-reader.ts';

/** A release and the stream it comes from. */
export interface ReadRelease {
  source: ImageStream;
  config: ReleaseConfig;
  target: ImageStream;
  tag: TagReference;
  /** name of the mirror ImageStream, in the source's namespace */
  mirror: string;
}

export type ReleaseReading = { kind: 'gone' } | { kind: 'blocked'; problem: Problem } | ({ kind: 'read' } & ReadRelease);

const blocked = (message: string): ReleaseReading => ({ kind: 'blocked', problem: { reason: 'UnableToProcessRelease', message } });

/** Follows a release from its name to its tag, and from the tag to its source stream and config. */
export async function readRelease(client: KubernetesClient, release: ReleaseId): Promise<ReleaseReading> {
  const found = await tagOf(client, release);
  if (found === undefined) return { kind: 'gone' };
  const { target, tag } = found;
  const [namespace, name] = tag.annotations?.[annotation.source]?.split('/') ?? [];
  if (namespace === undefined || name === undefined) {
    return blocked(
      `tag ${tag.name} of ${target.metadata.namespace}/${target.metadata.name} names no source stream in annotation ${annotation.source}`,
    );
  }
  const stream = await readStream(client, { namespace, name });
  if (stream.kind === 'gone') return blocked(`the source stream ${namespace}/${name} of ${tag.name} is gone or has no release config`);
  if (stream.kind === 'invalid') return blocked(`the ${annotation.config} annotation for ${name} is invalid: ${stream.message}`);
  const { source, config } = stream;
  return { kind: 'read', source, config, target, tag, mirror: mirrorName(config, source, tag.name) };
}

async function tagOf(
  client: KubernetesClient,
  { namespace, tag, target }: ReleaseId,
): Promise<{ target: ImageStream; tag: TagReference } | undefined> {
  const streamName = target ?? (await targetOf(client, namespace, tag));
  if (streamName === undefined) return undefined;
  const stream = await client.get<ImageStream>(imageStreams, namespace, streamName);
  const reference = stream?.spec?.tags?.find(({ name }) => name === tag);
  return stream === undefined || reference === undefined ? undefined : { target: stream, tag: reference };
}

async function targetOf(client: KubernetesClient, namespace: string, tag: string): Promise<string | undefined> {
  const payload = await client.get<ReleasePayload>(releasePayloads, namespace, tag);
  return payload?.spec.payloadCoordinates?.imagestreamName;
}
