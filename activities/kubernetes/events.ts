import { sha256Hex } from '../../domain/payload/sha256.ts';
import type { ImageStream, ReleasePayload } from '../../domain/payload/kinds.ts';
import type { PayloadEvent } from '../../domain/payload/payload-events.ts';
import type { Problem, StreamId } from '../contract.ts';
import { isAlreadyExists, KubernetesError, type KubernetesClient, type KubernetesObject } from './client.ts';
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
const normal = new Set(['VerificationSkipped', 'OrderedByHand']);

/**
 * Tells people through an event of the source stream. The event's name comes from what it says, so a repetition
 * counts up instead of adding another. A cluster that takes no events holds nothing up.
 */
export async function reportEvent(client: KubernetesClient, stream: StreamId, problem: Problem): Promise<void> {
  const source = await client.get<ImageStream>(imageStreams, stream.namespace, stream.name);
  if (source !== undefined) await reportEventOn(client, source, problem);
}

/** The same on any other object. */
export async function reportEventOn(client: KubernetesClient, object: KubernetesObject, problem: Problem): Promise<void> {
  const type = normal.has(problem.reason) ? 'Normal' : 'Warning';
  const event = eventOf(object, { type, ...problem }, '', 'release-controller');
  const { namespace, name } = event.metadata;
  try {
    await client.create(events, event);
  } catch (error) {
    if (isRefused(error)) return;
    if (!isAlreadyExists(error)) throw error;
    const before = await client.get<Event>(events, namespace, name);
    await client.patch(events, namespace, name, { count: (before?.count ?? 0) + 1, lastTimestamp: event.lastTimestamp });
  }
}

/**
 * Tells people through events of the payload what turns in it. Their names come from the version of the payload that
 * they happen to, so that whoever tries the same step again tells nothing twice.
 */
export async function reportPayloadEvents(client: KubernetesClient, payload: ReleasePayload, told: readonly PayloadEvent[]): Promise<void> {
  for (const one of told) {
    try {
      await client.create(events, eventOf(payload, one, payload.metadata.resourceVersion ?? '', 'release-payload-controller'));
    } catch (error) {
      if (!isAlreadyExists(error) && !isRefused(error)) throw error;
    }
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof KubernetesError && [403, 404, 422].includes(error.status);
}

function eventOf(about: KubernetesObject, { type, reason, message }: PayloadEvent, happening: string, component: string): Event {
  const { name, namespace = '', uid, resourceVersion } = about.metadata;
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const identity = [uid, reason, message, ...(happening === '' ? [] : [happening])].join(' ');
  return {
    metadata: { name: `${name}.${sha256Hex(identity).slice(0, 16)}`, namespace },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid, resourceVersion },
    reason,
    message: message.slice(0, longestMessage),
    type,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component },
  };
}
