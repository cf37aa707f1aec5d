import type { ReleaseConfig } from './config.ts';
import { parseImageReference } from './image-reference.ts';
import type { ImageStream, TagReference } from './kinds.ts';
import { specTag, statusTag } from './pull-spec.ts';
import { isReferenceReleaseTag } from './reference-release.ts';
import { streamKey } from './stream-tags.ts';

/*
 * The image whose `oc` runs in release jobs (openshift/release-controller, cmd/release-controller/audit.go and
 * sync_release.go).
 */

/** An image stream tag that an `overrideCLIImage` may mean. */
export interface InternalTag {
  namespace: string;
  name: string;
  tag: string;
}

/** The stream to read before an override can be resolved; undefined where it is an image outside the cluster. */
export function overrideCliImageTag(override: string, source: ImageStream | undefined): InternalTag | undefined {
  const reference = parseImageReference(override);
  if (reference === undefined || reference.tag === '' || reference.registry === '') return undefined;
  const internal = parseImageReference(source?.status?.dockerImageRepository ?? '');
  if (internal?.registry !== reference.registry) return undefined;
  const { namespace, name, tag } = reference;
  return { namespace, name, tag };
}

/**
 * Where an override names a tag of the cluster that only refers to its image, the image it refers to; the override
 * itself in every other case.
 *
 * @param streamOf the image stream of a name, undefined where it does not exist
 */
export function resolveOverrideCliImage(
  override: string,
  source: ImageStream | undefined,
  streamOf: (namespace: string, name: string) => ImageStream | undefined,
): string {
  const wanted = overrideCliImageTag(override, source);
  const stream = wanted && streamOf(wanted.namespace, wanted.name);
  const spec = stream && specTag(stream, wanted.tag);
  if (spec?.reference !== true || stream === undefined || wanted === undefined) return override;
  const imported = statusTag(stream, wanted.tag)?.items?.[0]?.dockerImageReference;
  return imported || (spec.from?.kind === 'DockerImage' && spec.from.name) || override;
}

export type CliImage = { ok: true; image: string } | { ok: false; error: string };

/** @param release its override already resolved */
export function cliImage(release: { config: ReleaseConfig; mirror: ImageStream | undefined; tag: TagReference }): CliImage {
  const { config, mirror, tag } = release;
  if (config.overrideCLIImage !== '') return { ok: true, image: config.overrideCLIImage };
  if (mirror === undefined) return { ok: false, error: 'unable to determine CLI image: mirror imagestream is nil' };
  return isReferenceReleaseTag(tag, config) ? referenceCliImage(mirror) : mirroredCliImage(mirror);
}

function referenceCliImage(mirror: ImageStream): CliImage {
  const from = specTag(mirror, 'cli')?.from;
  if (from?.kind === 'DockerImage' && from.name !== '') return { ok: true, image: from.name };
  return {
    ok: false,
    error: `unable to determine CLI image for reference release: ensure a 'cli' spec tag exists in the mirror imagestream ${streamKey(mirror)}`,
  };
}

function mirroredCliImage(mirror: ImageStream): CliImage {
  const repository = mirror.status?.dockerImageRepository;
  if (repository) return { ok: true, image: `${repository}:cli` };
  return { ok: false, error: `unable to determine CLI image: mirror imagestream ${streamKey(mirror)} has no DockerImageRepository` };
}
