import { annotation } from '../../domain/payload/annotations.ts';
import { isStable, parseReleaseConfig, type ReleaseConfig } from '../../domain/payload/config.ts';
import type { ImageStream, Phase, ReleasePayload, TagReference } from '../../domain/payload/kinds.ts';
import { payloadPhase, tagPhase } from '../../domain/payload/phase.ts';
import { streamKey } from '../../domain/payload/stream-tags.ts';
import type { StreamId } from '../contract.ts';
import type { Age, KubernetesClient } from './client.ts';
import { imageStreams, releasePayloads } from './resources.ts';
import { SharedReads } from './shared-reads.ts';

/** A release stream as it stands: its input, its parsed config and the stream that holds its releases. */
export type ReadStream =
  | { kind: 'gone' }
  | { kind: 'invalid'; message: string }
  | { kind: 'read'; source: ImageStream; config: ReleaseConfig; target: ImageStream | undefined };

/** More unfinished tags than this are read with one list. */
const readOneByOne = 20;

/** @param age of the target; the source is read as it is now */
export async function readStream(client: KubernetesClient, { namespace, name }: StreamId, age?: Age): Promise<ReadStream> {
  // The target that the stream had when it was last read is read at the same time; mostly it still has it.
  const key = `${namespace}/${name}`;
  const likely = targetsOf(client).get(key);
  const [source, target] = await Promise.all([
    client.get<ImageStream>(imageStreams, namespace, name),
    likely === undefined ? undefined : readTarget(client, namespace, likely, age),
  ]);
  if (source === undefined) return { kind: 'gone' };
  const read = await readStreamOf(client, source, undefined, (where, wanted) =>
    wanted === likely ? target : readTarget(client, where, wanted, age),
  );
  if (read.kind === 'read') targetsOf(client).set(key, read.config.to);
  return read;
}

/** Names of the targets that streams had, by `namespace/name`: a guess, never relied on. */
const lastTargets = new WeakMap<KubernetesClient, Map<string, string>>();

function targetsOf(client: KubernetesClient): Map<string, string> {
  const known = lastTargets.get(client) ?? new Map<string, string>();
  lastTargets.set(client, known);
  return known;
}

/** Targets are large, and shared by streams that are often looked at together. */
const targets = new WeakMap<KubernetesClient, SharedReads<ImageStream | undefined>>();

function readTarget(
  client: KubernetesClient,
  namespace: string | undefined,
  name: string,
  age: Age = 'now',
): Promise<ImageStream | undefined> {
  const reads = targets.get(client) ?? new SharedReads();
  targets.set(client, reads);
  return reads.read(`${namespace}/${name} ${age}`, () => client.get<ImageStream>(imageStreams, namespace, name, age));
}

/**
 * The same for a source that was read already.
 *
 * @param target where that was read too
 * @param find looks among streams that were read; without it the cluster is asked
 */
export async function readStreamOf(
  client: KubernetesClient,
  source: ImageStream,
  target?: ImageStream,
  find: (namespace: string | undefined, name: string) => ImageStream | undefined | Promise<ImageStream | undefined> = (namespace, name) =>
    readTarget(client, namespace, name),
): Promise<ReadStream> {
  const text = source.metadata.annotations?.[annotation.config];
  if (text === undefined) return { kind: 'gone' };
  const parsed = parseReleaseConfig(text);
  if (!parsed.ok) return { kind: 'invalid', message: parsed.error };
  const { config } = parsed;
  if (isStable(config)) return { kind: 'read', source, config, target: source };
  return { kind: 'read', source, config, target: target ?? (await find(source.metadata.namespace, config.to)) };
}

/**
 * Phases of a stream's releases in its target, by tag. A verdict in the tag's annotation is believed, since we write it with every
 * change of the payload; tags without one are read from their payloads, which are the authority.
 */
export async function phasesOf(client: KubernetesClient, source: ImageStream, target: ImageStream): Promise<Record<string, Phase>> {
  const namespace = target.metadata.namespace ?? '';
  const own = streamKey(source);
  const releases = (target.spec?.tags ?? []).filter(({ annotations }) => annotations?.[annotation.source] === own);
  const unfinished = releases.filter((tag) => isUnfinished(tagPhase(undefined, tag)));
  const payloads = unfinished.length > readOneByOne ? await listed(client, namespace) : await each(client, namespace, unfinished);
  const known = new Map(payloads.map((payload) => [payload.metadata.name, payloadPhase(payload)]));
  const phases = releases.map((tag) => [
    tag.name,
    (isUnfinished(tagPhase(undefined, tag)) ? known.get(tag.name) : undefined) ?? tagPhase(undefined, tag),
  ]);
  return Object.fromEntries(phases.filter(([, phase]) => phase !== '')) as Record<string, Phase>;
}

const isUnfinished = (phase: Phase | '') => phase === '' || phase === 'Pending' || phase === 'Ready';

/** They are megabytes, and the streams of a namespace are often looked at together. */
const payloadLists = new WeakMap<KubernetesClient, SharedReads<ReleasePayload[]>>();

function listed(client: KubernetesClient, namespace: string): Promise<ReleasePayload[]> {
  const reads = payloadLists.get(client) ?? new SharedReads();
  payloadLists.set(client, reads);
  return reads.read(namespace, async () => (await client.list<ReleasePayload>(releasePayloads, namespace)).items);
}

async function each(client: KubernetesClient, namespace: string, tags: TagReference[]): Promise<ReleasePayload[]> {
  const found = await Promise.all(tags.map(({ name }) => client.get<ReleasePayload>(releasePayloads, namespace, name)));
  return found.filter((payload) => payload !== undefined);
}
