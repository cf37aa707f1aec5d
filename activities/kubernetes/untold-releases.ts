import { annotation } from '../../domain/payload/annotations.ts';
import { needsAttention } from '../../domain/payload/attention.ts';
import type { ImageStream, ReleasePayload } from '../../domain/payload/kinds.ts';
import type { Owner } from '../../domain/payload/routing.ts';
import { isUntold } from '../../domain/payload/untold.ts';
import type { KubernetesClient } from './client.ts';
import type { QualifierSource } from './qualifier-source.ts';
import type { ReleaseNamespaces } from './release-namespaces.ts';
import { imageStreams } from './resources.ts';

interface Reading {
  client: KubernetesClient;
  releaseNamespaces: ReleaseNamespaces;
  qualifiers: Pick<QualifierSource, 'load'> | undefined;
}

/**
 * Releases to begin again, since what became of them was not told while nobody watched. The thousand that were told cost one
 * read of each image stream that has their tags.
 */
export async function untoldReleases({ client, releaseNamespaces, qualifiers }: Reading, payloads: ReleasePayload[]): Promise<Owner[]> {
  // Those that need it anyway are begun for that.
  const finished = payloads.filter((payload) => payload.status !== undefined && !needsAttention(payload));
  const general = finished.length === 0 ? undefined : await qualifiers?.load();
  const owners: Owner[] = [];
  for (const [target, releases] of Map.groupBy(finished, targetOf)) {
    const [namespace = '', name = ''] = target.split('/');
    if (!(await releaseNamespaces.has(namespace))) continue;
    const marks = await marksOf(client, namespace, name);
    const untold = releases.filter((payload) => isUntold(payload, marks.get(payload.metadata.name), general));
    for (const { metadata } of untold) owners.push({ workflow: 'release', namespace, name: metadata.name, start: true, urgent: true });
  }
  return owners;
}

const targetOf = ({ metadata, spec }: ReleasePayload) => `${metadata.namespace ?? ''}/${spec.payloadCoordinates?.imagestreamName ?? ''}`;

async function marksOf(client: KubernetesClient, namespace: string, name: string): Promise<Map<string, string | undefined>> {
  const target = name === '' ? undefined : await client.get<ImageStream>(imageStreams, namespace, name);
  return new Map((target?.spec?.tags ?? []).map((tag) => [tag.name, tag.annotations?.[annotation.phase]]));
}
