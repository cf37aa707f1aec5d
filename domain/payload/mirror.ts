import { annotation } from './annotations.ts';
import { isStable, type ReleaseConfig } from './config.ts';
import type { ImageStream, TagReference } from './kinds.ts';
import { inputHash } from './input-hash.ts';
import { mirrorTags } from './mirror-tags.ts';
import { importFailure, statusTag } from './pull-spec.ts';
import { isReferenceRelease } from './reference-release.ts';
import { stableHash } from './rewrite.ts';
import { streamKey } from './stream-tags.ts';

/** A release whose images are to be held. */
export interface MirroredRelease {
  source: ImageStream;
  target: ImageStream;
  config: ReleaseConfig;
  /** the release's spec tag in the target */
  tag: TagReference;
}

export type PlannedMirror = { ok: true; mirror: ImageStream } | { ok: false; error: string };

/**
 * Name of the image stream that holds a release's images; it lies in the source's namespace.
 *
 * @returns for example `4.15-art-latest-2024-08-30-110931`; in a Stable stream the tag itself
 */
export function mirrorName(config: ReleaseConfig, source: ImageStream, tag: string): string {
  if (isStable(config)) return tag;
  const suffix = tag.startsWith(config.name) ? tag.slice(config.name.length) : tag;
  return (config.mirrorPrefix || source.metadata.name) + suffix;
}

/**
 * The mirror of a release: its input images by digest, so that nothing can move or prune them
 * (openshift/release-controller, cmd/release-controller/sync_mirror.go).
 *
 * @returns an error that a change of the source repairs; until then it is worth repeating
 */
export function planMirror(release: MirroredRelease): PlannedMirror {
  const { source, config, tag } = release;
  const tags = contentOf(source, config);
  if (!Array.isArray(tags)) return { ok: false, error: tags.error };
  const { namespace } = source.metadata;
  const metadata = {
    name: mirrorName(config, source, tag.name),
    ...(namespace !== undefined && { namespace }),
    annotations: mirrorAnnotations(release),
  };
  return {
    ok: true,
    mirror: { apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', metadata, spec: { lookupPolicy: { local: false }, tags } },
  };
}

function contentOf(source: ImageStream, config: ReleaseConfig): TagReference[] | { error: string } {
  // the job of a Stable release fills its mirror
  if (isStable(config)) return [];
  return isReferenceRelease(source, config) ? referencedTags(source) : mirrorTags(source, config);
}

/** A reference release keeps its inputs where they are; only their import by schedule ends. */
function referencedTags(source: ImageStream): TagReference[] {
  const referring = (source.spec?.tags ?? []).filter((tag) => tag.from);
  return referring.map(({ generation: _, ...tag }) => ({ ...tag, importPolicy: { ...tag.importPolicy, scheduled: false } }));
}

function mirrorAnnotations({ source, target, config, tag }: MirroredRelease): Record<string, string> {
  const carried = [annotation.inconsistency, annotation.buildUrl, annotation.runtimeBrewEvent].flatMap((key) => {
    const value = source.metadata.annotations?.[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return {
    ...Object.fromEntries(carried),
    [annotation.source]: streamKey(source),
    [annotation.target]: streamKey(target),
    [annotation.releaseTag]: tag.name,
    // a Stable release is what its tag points at; any other is what it is made from
    [annotation.hash]: isStable(config) ? stableHash(tag) : inputHash(source),
    [annotation.generation]: String(target.metadata.generation ?? 0),
  };
}

/** How far a mirror's own imports are. */
export interface MirrorReadiness {
  ready: boolean;
  /** tags without their image yet, failed ones left out */
  waitingFor: string[];
  failed: { tag: string; message: string }[];
}

/** @param mirror as the cluster has it now */
export function mirrorReadiness(mirror: ImageStream): MirrorReadiness {
  // what only refers to its image is never imported
  const missing = (mirror.spec?.tags ?? []).filter((tag) => tag.reference !== true && !hasImage(mirror, tag)).map(({ name }) => name);
  const failed = missing.flatMap((tag) => {
    const message = importFailure(statusTag(mirror, tag));
    return message === undefined ? [] : [{ tag, message }];
  });
  const waitingFor = missing.filter((name) => !failed.some(({ tag }) => tag === name));
  return { ready: missing.length === 0, waitingFor, failed };
}

function hasImage(mirror: ImageStream, { name, generation }: TagReference): boolean {
  const newest = statusTag(mirror, name)?.items?.[0];
  return newest !== undefined && newest.generation >= (generation ?? 0);
}
