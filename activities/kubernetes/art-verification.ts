import { versionedStream, withArtVerification } from '../../domain/payload/art-verification.ts';
import { isStable, type ReleaseConfig } from '../../domain/payload/config.ts';
import type { ImageStream, TagReference } from '../../domain/payload/kinds.ts';
import { streamUsable } from '../../domain/payload/stream-usable.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { imageStreams } from './resources.ts';
import { readStreamOf } from './stream-reader.ts';

export type FullConfig = { ok: true; config: ReleaseConfig } | { ok: false; message: string };

/**
 * The config that a release is verified by: its stream's, for a Stable release with the verification of the versioned
 * stream where the settings name a suffix. The messages are release-controller's.
 */
export async function fullConfig(
  { client, artSuffix }: Pick<PayloadDependencies, 'client' | 'artSuffix'>,
  { config, target, tag }: { config: ReleaseConfig; target: ImageStream; tag: TagReference },
): Promise<FullConfig> {
  if (artSuffix === undefined || !isStable(config)) return { ok: true, config };
  const refused = (why: string): FullConfig => ({ ok: false, message: `failed to get full stable verification jobs: ${why}` });
  const name = versionedStream(tag.name, artSuffix);
  if (name === undefined) return refused(`${tag.name} is not a semantic version`);
  const namespace = target.metadata.namespace ?? '';
  const source = await client.get<ImageStream>(imageStreams, namespace, name);
  if (source === undefined)
    return refused(`failed to get imagestream ${namespace}/${name}: imagestream.image.openshift.io "${name}" not found`);
  const read = await readStreamOf(client, source);
  const unusable = `failed to get release definition from stream ${namespace}/${name}`;
  if (read.kind === 'gone') return refused(`${unusable}: it has no release config`);
  if (read.kind === 'invalid') return refused(`${unusable}: ${read.message}`);
  const usable = streamUsable(read.source, read.target, read.config);
  return usable.ok ? { ok: true, config: withArtVerification(config, read.config) } : refused(`${unusable}: ${usable.why}`);
}
