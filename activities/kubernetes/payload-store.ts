import { buildReleasePayload } from '../../domain/payload/payload-spec.ts';
import type { ReleaseConfig } from '../../domain/payload/config.ts';
import type { ImageStream, ReleasePayload, ReleasePayloadStatus, TagReference } from '../../domain/payload/kinds.ts';
import { sameStatus } from '../../domain/payload/payload-status.ts';
import { isAlreadyExists, isConflict, type KubernetesClient } from './client.ts';
import { releasePayloads } from './resources.ts';

const attempts = 5;

/** Creates the payload of a tag; one that exists is used as it is, since its spec is a snapshot of the config. */
export async function ensurePayload(
  client: KubernetesClient,
  release: { config: ReleaseConfig; target: ImageStream; tag: TagReference },
  namespaces: { jobNamespace: string; prowNamespace: string },
): Promise<ReleasePayload> {
  const payload = buildReleasePayload({ ...release, ...namespaces });
  try {
    return await client.create(releasePayloads, payload);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const existing = await client.get<ReleasePayload>(releasePayloads, payload.metadata.namespace, payload.metadata.name);
    if (existing === undefined)
      throw new Error(`ReleasePayload ${payload.metadata.name} was deleted while it was created`, { cause: error });
    return existing;
  }
}

/**
 * Derives the status from the payload as it is now and writes it when it differs. A conflict means that somebody
 * else wrote: read again, derive again.
 *
 * @param derive pure; called once an attempt
 * @param announce called before a status is written, with the payload as it is and the status that comes; may be repeated
 * @returns the payload as it stands afterwards, undefined when there is none
 */
export async function updateStatus(
  client: KubernetesClient,
  namespace: string,
  name: string,
  derive: (payload: ReleasePayload) => Promise<ReleasePayloadStatus> | ReleasePayloadStatus,
  announce: (payload: ReleasePayload, status: ReleasePayloadStatus) => Promise<void> = async () => undefined,
): Promise<ReleasePayload | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const payload = await client.get<ReleasePayload>(releasePayloads, namespace, name);
    if (payload === undefined) return undefined;
    const status = await derive(payload);
    if (sameStatus(payload.status, status)) return payload;
    await announce(payload, status);
    try {
      return await client.replaceStatus(releasePayloads, { ...payload, status });
    } catch (error) {
      if (!isConflict(error) || attempt === attempts) throw error;
    }
  }
}
