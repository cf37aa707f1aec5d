import { isConflict, KubernetesError, type KubernetesClient } from '../activities/kubernetes/client.ts';
import { releasePayloads } from '../activities/kubernetes/resources.ts';
import { overrideByAnnotation, overrideWithdrawnAnnotation } from '../domain/payload/override-annotations.ts';
import type { ReleasePayload } from '../domain/payload/kinds.ts';
import { payloadPhase } from '../domain/payload/phase.ts';
import { Problem } from './problem.ts';

export interface Override {
  override: 'Accepted' | 'Rejected';
  reason: string;
  /** who decided */
  by: string;
}

/** Taking an override back, so that the verdict is that of the jobs again. */
export type Withdrawal = Omit<Override, 'override'>;

/**
 * Writes a person's verdict into a payload, or takes it back. @returns false when it stands there already, or nothing is
 * there to take back
 *
 * @throws Problem 404 when the payload is gone, 409 when it has no image or keeps changing, 502 when the cluster refuses
 */
export interface OverrideWriter {
  write: (namespace: string, name: string, wanted: Override) => Promise<boolean>;
  withdraw: (namespace: string, name: string, withdrawal: Withdrawal) => Promise<boolean>;
}

/**
 * Tells a release's workflow at once that something of it changed, in the trace of the order. The watch tells it too,
 * so trouble is nobody's.
 */
export type WakeRelease = (namespace: string, tag: string) => Promise<void>;

const attempts = 5;

/** A write counts only on the version that was judged here, so that two people do not overwrite each other unseen. */
export function overrideWriter(client: KubernetesClient): OverrideWriter {
  const change = async (namespace: string, name: string, patchOf: (payload: ReleasePayload) => object | undefined) => {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const payload = await client.get<ReleasePayload>(releasePayloads, namespace, name);
      if (payload === undefined)
        throw new Problem(404, 'No such release', `ReleasePayload ${namespace}/${name} is gone`, 'list the releases of its stream');
      const patch = patchOf(payload);
      if (patch === undefined) return false;
      try {
        await client.patch(releasePayloads, namespace, name, patch);
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
  return {
    write: (namespace, name, wanted) => change(namespace, name, (payload) => writing(payload, wanted)),
    withdraw: (namespace, name, withdrawal) => change(namespace, name, (payload) => withdrawing(payload, withdrawal)),
  };
}

function writing(payload: ReleasePayload, wanted: Override): object | undefined {
  if (standsAlready(payload, wanted)) return undefined;
  refuseWithoutImage(payload);
  const { override, reason, by } = wanted;
  const annotations = { [overrideByAnnotation]: by, [overrideWithdrawnAnnotation]: null };
  return { metadata: { resourceVersion: payload.metadata.resourceVersion, annotations }, spec: { payloadOverride: { override, reason } } };
}

/** Who and why stay on the payload, since the override itself is gone. */
function withdrawing({ metadata, spec }: ReleasePayload, { reason, by }: Withdrawal): object | undefined {
  const { override = '', reason: why = '' } = spec.payloadOverride ?? {};
  if (override === '' && why === '') return undefined;
  const annotations = { [overrideByAnnotation]: null, [overrideWithdrawnAnnotation]: `${by}: ${reason}` };
  return { metadata: { resourceVersion: metadata.resourceVersion, annotations }, spec: { payloadOverride: null } };
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

function refusal(error: unknown, namespace: string, name: string): Problem {
  const why = error instanceof KubernetesError ? `${error.reason}: ${error.message}` : String(error);
  return new Problem(
    502,
    'The cluster refused',
    `ReleasePayload ${namespace}/${name} could not be written: ${why}`,
    'see whether the API server is up and the server may patch releasepayloads',
  );
}
