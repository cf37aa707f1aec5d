import { annotation } from './annotations.ts';
import { isStable, parseReleaseConfig, type ReleaseConfig } from './config.ts';
import type { ImageStream, Phase, ReleasePayload, TagReference } from './kinds.ts';
import { payloadPhase, tagPhase } from './phase.ts';
import { publicPullSpec } from './pull-spec.ts';
import { isReferenceReleaseTag, referencePayloadTag } from './reference-release.ts';
import { createdAt, streamKey } from './stream-tags.ts';
import { streamUsable } from './stream-usable.ts';
import { bySemanticOrder, compareVersions, parseVersion, parseVersionTolerant, type Version } from './version.ts';

/** One stream of releases as the release-controller's clients see it. */
export interface CatalogStream {
  source: ImageStream;
  config: ReleaseConfig;
  /** for a Stable stream the source itself */
  target: ImageStream;
  /** its release tags, by the order of `releasestreams/*` and of pages */
  tags: TagReference[];
}

/** A stream that is configured, and why it is not served where it is not. */
export type ConfiguredStream = { source: ImageStream; config?: ReleaseConfig } & (
  | { visible: true; stream: CatalogStream }
  | { visible: false; why: string }
);

/**
 * Reads an image stream as the source of a stream of releases. A stream that is not visible does not exist for
 * clients of the release-controller (openshift/release-controller, pkg/release-controller/release.go).
 *
 * @param find an image stream by namespace and name
 * @returns undefined where the image stream has no release config
 */
export function configuredStream(source: ImageStream, find: FindImageStream): ConfiguredStream | undefined {
  const text = source.metadata.annotations?.[annotation.config];
  if (text === undefined) return undefined;
  const parsed = parseReleaseConfig(text);
  if (!parsed.ok) return { source, visible: false, why: `its release config is invalid: ${parsed.error}` };
  const { config } = parsed;
  const target = isStable(config) ? source : find(source.metadata.namespace ?? '', config.to);
  const usable = streamUsable(source, target, config);
  if (!usable.ok) return { source, config, visible: false, why: usable.why };
  if (target === undefined) return { source, config, visible: false, why: `image stream ${config.to} does not exist` };
  const stream = { source, config, target, tags: displayOrder(memberTags(source, config, target), config) };
  return { source, config, visible: true, stream };
}

export type FindImageStream = (namespace: string, name: string) => ImageStream | undefined;

/**
 * The order of streams on pages: hidden ones last, Stable ones first, then by the version in the name, newest first
 * (openshift/release-controller, cmd/release-controller-api/http_helper.go). Those without a valid config come last.
 */
export function byStreamOrder(a: ConfiguredStream, b: ConfiguredStream): number {
  const late = ({ config }: ConfiguredStream) => (config === undefined ? 2 : Number(config.hide));
  const stable = ({ config }: ConfiguredStream) => Number(config !== undefined && isStable(config));
  const name = ({ config, source }: ConfiguredStream) => config?.name ?? source.metadata.name;
  return late(a) - late(b) || stable(b) - stable(a) || newerSeries(name(a), name(b)) || -descending(name(a), name(b));
}

function newerSeries(a: string, b: string): number {
  const series = (name: string) => parseVersionTolerant(name.replace(/-.*$/s, ''));
  const [left, right] = [series(a), series(b)];
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
  return compareVersions(right, left);
}

/** Unlike the controller, whose Stable streams adopt tags of any source, the API shows a tag only under its own source. */
function memberTags(source: ImageStream, config: ReleaseConfig, target: ImageStream): TagReference[] {
  const key = streamKey(source);
  return (target.spec?.tags ?? []).filter(
    ({ annotations }) => annotations?.[annotation.source] === key && annotations[annotation.name] === config.name,
  );
}

/** Stable streams by version, all others by the text of their creation time; newest first. */
function displayOrder(tags: TagReference[], config: ReleaseConfig): TagReference[] {
  if (isStable(config)) return semanticOrder(tags);
  return tags.toSorted((a, b) => descending(createdAt(a), createdAt(b)) || descending(a.name, b.name));
}

/** By version, newest first; names that are no version come last. */
export function semanticOrder(tags: readonly TagReference[]): TagReference[] {
  return tags.toSorted((a, b) => bySemanticOrder(a.name, b.name));
}

/** The phase that is shown: a tag without a payload is `Unknown`, whatever its annotation says. */
export function displayPhase(payload: ReleasePayload | undefined): Phase | 'Unknown' {
  return payload === undefined ? 'Unknown' : payloadPhase(payload);
}

/** The phase that releases are selected by: a tag without a payload is judged by its annotation. */
export function selectionPhase(tag: TagReference, payload: ReleasePayload | undefined): Phase | '' {
  return payload === undefined ? tagPhase(undefined, tag) : payloadPhase(payload);
}

/** Where a release's image is pulled from; empty while there is none. */
export function releaseLocation({ target, config }: Pick<CatalogStream, 'target' | 'config'>, tag: TagReference): string {
  if (!isReferenceReleaseTag(tag, config)) return publicPullSpec(target, tag.name);
  const repository = config.referenceRelease?.pullRepository ?? '';
  return repository === '' ? '' : `${repository}:${referencePayloadTag(tag.name)}`;
}

export interface Selection {
  /** the tag's name begins with it */
  prefix?: string;
  /** from parseVersionRange; leaves out names that are no versions */
  within?: (version: Version) => boolean;
  /** how many matches are skipped; 0 takes the newest */
  skip: number;
}

/**
 * The newest accepted release by version, whatever kind the stream is.
 *
 * @param newestFirst the stream's tags by `semanticOrder`
 */
export function latestAccepted(
  newestFirst: readonly TagReference[],
  payloadOf: (tag: TagReference) => ReleasePayload | undefined,
  { prefix = '', within, skip }: Selection,
): TagReference | undefined {
  let left = skip;
  return newestFirst.find((tag) => {
    const fits = tag.name.startsWith(prefix) && isWithin(tag.name, within);
    return fits && selectionPhase(tag, payloadOf(tag)) === 'Accepted' && left-- === 0;
  });
}

function isWithin(name: string, within: Selection['within']): boolean {
  if (within === undefined) return true;
  const version = parseVersion(name);
  return version !== undefined && within(version);
}

function descending(a: string, b: string): number {
  return a > b ? -1 : Number(a < b);
}
