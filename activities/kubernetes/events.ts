import { sha256Hex } from '../../domain/payload/sha256.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import type { Problem, StreamId } from '../contract.ts';
import { isAlreadyExists, type KubernetesClient, type KubernetesObject } from './client.ts';
import { events, imageStreams } from './resources.ts';

interface Event extends KubernetesObject {
  involvedObject: Record<string, string | undefined>;
  reason: string;
  message: string;
  type: 'Warning' | 'Normal';
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  source: { component: string };
}

const longestMessage = 1024;

/**
 * Tells people through an event of the source stream. The event's name comes from what it says, so a repetition
 * counts up instead of adding another.
 */
export async function reportEvent(client: KubernetesClient, stream: StreamId, problem: Problem): Promise<void> {
  const source = await client.get<ImageStream>(imageStreams, stream.namespace, stream.name);
  if (source !== undefined) await reportEventOn(client, source, problem);
}

/** The same on any other object. */
export async function reportEventOn(client: KubernetesClient, object: KubernetesObject, problem: Problem): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const event = eventOf(object, problem, now);
  try {
    await client.create(events, event);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const before = await client.get<Event>(events, event.metadata.namespace, event.metadata.name);
    await client.patch(events, event.metadata.namespace, event.metadata.name, { count: (before?.count ?? 0) + 1, lastTimestamp: now });
  }
}

function eventOf({ apiVersion, kind, metadata }: KubernetesObject, { reason, message }: Problem, now: string): Event {
  const { namespace = '', name, uid, resourceVersion } = metadata;
  return {
    metadata: { name: `${name}.${sha256Hex(`${uid} ${reason} ${message}`).slice(0, 16)}`, namespace },
    involvedObject: { apiVersion, kind, namespace, name, uid, resourceVersion },
    reason,
    message: message.slice(0, longestMessage),
    type: reason === 'VerificationSkipped' ? 'Normal' : 'Warning',
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: 'release-controller' },
  };
}
