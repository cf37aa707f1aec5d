import { releasePayloads } from '../../activities/kubernetes/resources.ts';
import { annotation } from '../../domain/payload/annotations.ts';
import type { Phase, ReleasePayload, TagReference } from '../../domain/payload/kinds.ts';
import { conditionsWhen } from './recorded-cluster.ts';
import type { SceneConfig } from './release-configs.ts';
import type { ReleaseScene } from './release-scene.ts';

/** The tag of a release that ended so many hours ago, from images that there are no more. */
export function pastRelease(
  { namespace }: ReleaseScene,
  { name }: SceneConfig,
  phase: Phase,
  hours: number,
  more: Record<string, string> = {},
): TagReference {
  const at = new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19);
  const annotations = {
    [annotation.name]: name,
    [annotation.source]: `${namespace}/${name}`,
    [annotation.creationTimestamp]: `${at}Z`,
    [annotation.phase]: phase,
    [annotation.hash]: `sha256:${hours}`,
    ...more,
  };
  return { name: `${name}-${at.replace('T', '-').replaceAll(':', '')}`, annotations };
}

/** Its payload, as it was rejected then. */
export async function rejectedPayload(
  { kubernetes, namespace }: ReleaseScene,
  { to, name: stream }: SceneConfig,
  name: string,
): Promise<void> {
  const payload: ReleasePayload = {
    apiVersion: 'release.openshift.io/v1alpha1',
    kind: 'ReleasePayload',
    metadata: { name, namespace },
    spec: { payloadCoordinates: { namespace, streamName: stream, imagestreamName: to, imagestreamTagName: name } },
  };
  const made = await kubernetes.create(releasePayloads, payload);
  const releaseCreationJobResult = { status: 'Success', message: 'Release creation Job completed' };
  await kubernetes.replaceStatus(releasePayloads, { ...made, status: { conditions: conditionsWhen.rejected, releaseCreationJobResult } });
}
