import { isStable } from './config.ts';
import { jobViews, summarize } from './job-view.ts';
import type { Phase, ReleasePayload, TagReference } from './kinds.ts';
import type { ReleaseSummary } from './release-view.ts';
import { displayPhase, releaseLocation, type CatalogStream, type ConfiguredStream } from './stream-catalog.ts';
import { createdAt, effectivePhase } from './stream-tags.ts';
import type { Waiting } from './waiting.ts';

/** One stream of releases as API, command line and pages show it. */
export interface StreamView {
  /** name in the release config; the image stream's where there is no valid one */
  name: string;
  namespace: string;
  imageStream: string;
  /** image stream that holds its releases */
  target: string;
  kind: 'Stable' | 'Integration';
  endOfLife: boolean;
  /** why it is not served and makes no releases */
  problem?: string;
  releases: Record<Phase | 'Unknown', number>;
  /** newest release in any phase, and the newest accepted one */
  newest?: ReleaseListItem;
  latestAccepted?: ReleaseListItem;
  waiting: Waiting[];
}

/** A release in a list. */
export interface ReleaseListItem {
  name: string;
  namespace: string;
  stream: string;
  phase: Phase | 'Unknown';
  created?: string;
  pullSpec: string;
  summary: ReleaseSummary;
}

export type PayloadOf = (tag: TagReference) => ReleasePayload | undefined;

/** @param payloadOf the payload of one of the stream's tags */
export function streamView(configured: ConfiguredStream, payloadOf: PayloadOf, waiting: readonly Waiting[] = []): StreamView {
  const { source, config } = configured;
  const stream = configured.visible ? configured.stream : undefined;
  const phases = (stream?.tags ?? []).map((tag) => shownPhase(tag, payloadOf(tag)));
  const newest = stream?.tags[0];
  const accepted = stream?.tags[phases.indexOf('Accepted')];
  return {
    name: config?.name ?? source.metadata.name,
    namespace: source.metadata.namespace ?? '',
    imageStream: source.metadata.name,
    target: stream?.target.metadata.name ?? config?.to ?? '',
    kind: config !== undefined && isStable(config) ? 'Stable' : 'Integration',
    endOfLife: config?.endOfLife ?? false,
    ...(!configured.visible && { problem: configured.why }),
    releases: census(phases),
    ...(stream && newest && { newest: releaseListItem(stream, newest, payloadOf(newest)) }),
    ...(stream && accepted && { latestAccepted: releaseListItem(stream, accepted, payloadOf(accepted)) }),
    waiting: [...waiting],
  };
}

export function releaseListItem(stream: CatalogStream, tag: TagReference, payload: ReleasePayload | undefined): ReleaseListItem {
  const created = createdAt(tag);
  return {
    name: tag.name,
    namespace: stream.target.metadata.namespace ?? '',
    stream: stream.config.name,
    phase: shownPhase(tag, payload),
    ...(created !== '' && { created }),
    pullSpec: releaseLocation(stream, tag),
    summary: summarize(payload === undefined ? [] : jobViews(payload)),
  };
}

/** As shown to people: a release that gave way to a newer one counts as failed, though its payload never says so. */
export function shownPhase(tag: TagReference, payload: ReleasePayload | undefined): Phase | 'Unknown' {
  const phase = displayPhase(payload);
  return phase === 'Unknown' ? phase : ((effectivePhase(tag, { [tag.name]: phase }) as Phase | undefined) ?? phase);
}

function census(phases: readonly (Phase | 'Unknown')[]): StreamView['releases'] {
  const counted = { Pending: 0, Ready: 0, Accepted: 0, Rejected: 0, Failed: 0, Unknown: 0 };
  for (const phase of phases) counted[phase] += 1;
  return counted;
}
