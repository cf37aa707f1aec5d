import { isConflict, KubernetesError, type KubernetesClient } from '../activities/kubernetes/client.ts';
import { releasePayloads } from '../activities/kubernetes/resources.ts';
import { overrideByAnnotation } from '../domain/payload/explain.ts';
import type { ReleasePayload } from '../domain/payload/kinds.ts';
import { payloadPhase } from '../domain/payload/phase.ts';
import { Problem } from './problem.ts';

export interface Override {
  override: 'Accepted' | 'Rejected';
  reason: string;
  /** who decided */
  by: string;
}

/**
 * Writes a person's verdict into a payload. @returns false when it stands there already
 *
 * @throws Problem 404 when the payload is gone, 409 when it has no image or keeps changing, 502 when the cluster refuses
 */
export type WriteOverride = (namespace: string, name: string, wanted: Override) => Promise<boolean>;

/**
 * Tells a release's workflow at once that something of it changed, in the trace of the order. The watch tells it too,
 * so trouble is nobody's.
 */
export type WakeRelease = (namespace: string, tag: string) => Promise<void>;

const attempts = 5;

/** A write counts only on the version that was judged here, so that two people do not overwrite each other unseen. */
export function overrideWriter(client: KubernetesClient): WriteOverride {
  return async (namespace, name, wanted) => {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const payload = await client.get<ReleasePayload>(releasePayloads, namespace, name);
      if (payload === undefined)
        throw new Problem(404, 'No such release', `ReleasePayload ${namespace}/${name} is gone`, 'list the releases of its stream');
      if (standsAlready(payload, wanted)) return false;
      refuseWithoutImage(payload);
      try {
        await client.patch(releasePayloads, namespace, name, patchOf(payload, wanted));
        return true;
      } catch (error) {
        if (!isConflict(error)) throw refusal(error, namespace, name);
      }
    }
    throw new Problem(
      409,
      'Conflict',
      `ReleasePayload ${namespace}/${name} changed during each of ${attempts} attempts to write it`,
      'try again',
    );
  };
}

function standsAlready({ spec }: ReleasePayload, { override, reason }: Override): boolean {
  return spec.payloadOverride?.override === override && spec.payloadOverride.reason === reason;
}

function refuseWithoutImage(payload: ReleasePayload): void {
  if (payloadPhase(payload) !== 'Failed') return;
  throw new Problem(
    409,
    'No release image',
    `release ${payload.metadata.name} failed: there is no image that a verdict could be about`,
    'wait for the next release of the stream',
  );
}

function patchOf({ metadata }: ReleasePayload, { override, reason, by }: Override) {
  return {
    metadata: { resourceVersion: metadata.resourceVersion, annotations: { [overrideByAnnotation]: by } },
    spec: { payloadOverride: { override, reason } },
  };
}

function refusal(error: unknown, namespace: string, name: string): Problem {
  const why = error instanceof KubernetesError ? `${error.reason}: ${error.message}` : String(error);
  return new Problem(
    502,
    'The cluster refused',
    `ReleasePayload ${namespace}/${name} could not be written: ${why}`,
    'see whether the API server is up and the server may patch releasepayloads',
  );
}
