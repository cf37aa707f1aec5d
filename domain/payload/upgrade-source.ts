import { type AcceptedTag, acceptedUpTo, latestForStream, latestStableForVersion, type LatestTag } from './accepted-tags.ts';
import { isStable, type UpgradeFromRelease } from './config.ts';
import { releasePullSpec } from './pull-spec.ts';
import type { StreamSnapshot } from './stream-tags.ts';
import { type GraphNode, graphQuery, latestFromGraph, type OfficialRelease } from './update-graph.ts';
import { parseVersion } from './version.ts';

export interface UpgradeQuestion {
  /** release under test; never its own source */
  tag: string;
  /** the stream it is in */
  stream: StreamSnapshot;
  /** key of the verification entry, for messages */
  verify: string;
  /** empty for the default of the stream's kind */
  upgradeFrom: string;
  /** wins over `upgradeFrom` */
  upgradeFromRelease?: UpgradeFromRelease;
  /** all streams of the release namespaces */
  streams: readonly StreamSnapshot[];
  /** releases of the channel that an official release is asked from, see update-graph.ts */
  graph?: readonly GraphNode[];
}

export type UpgradeSource =
  | { kind: 'found'; tag: string; pullSpec: string }
  /** there is no such release, perhaps not yet */
  | { kind: 'none'; reason: string }
  /** the question cannot be answered as it is put */
  | { kind: 'error'; message: string };

/**
 * Chooses the release that an upgrade job starts from (openshift/release-controller,
 * cmd/release-controller/sync_verify.go). Unlike there it is never newer than the release under test: that would be
 * a downgrade.
 */
export function selectUpgradeSource(question: UpgradeQuestion): UpgradeSource {
  const { upgradeFromRelease: explicit } = question;
  return explicit === undefined ? previousRelease(question) : explicitRelease(question, explicit);
}

function previousRelease(question: UpgradeQuestion): UpgradeSource {
  const { tag, stream, streams, verify, upgradeFrom } = question;
  const accepted = acceptedUpTo(stream, tag).map((found) => ({ stream, tag: found }));
  const before = accepted.filter((found) => found.tag.name !== tag);
  const version = parseVersion(tag);
  // A build of an Integration stream is below every final version, which is what it is upgraded from.
  const below = isStable(stream.config) ? version : undefined;
  const stable = (minorsBack: number): UpgradeSource => {
    if (version === undefined) return { kind: 'none', reason: `${tag} is not a semantic version` };
    const [major, minor] = [version.major, version.minor - minorsBack];
    if (minor < 0) return { kind: 'none', reason: `${tag} is of the first minor version` };
    const highest = latestStableForVersion(streams, { major, minor, besides: tag, ...(below && { below }) });
    return answer(0, highest ? [highest] : [], `${major}.${minor} in any Stable stream`);
  };

  switch (upgradeFrom || (isStable(stream.config) ? 'PreviousPatch' : 'Previous')) {
    case 'Previous':
      return answer(0, before, stream.config.name);
    case 'PreviousMinus1':
      // the release itself counts where it is accepted, as it is for periodics
      return answer(1, accepted, stream.config.name);
    case 'PreviousPatch':
      return stable(0);
    case 'PreviousMinor':
      return stable(1);
    default:
      return {
        kind: 'error',
        message: `release ${stream.config.name} has job ${verify} which defines invalid upgradeFrom: ${upgradeFrom}`,
      };
  }
}

function explicitRelease(question: UpgradeQuestion, { prerelease, candidate, release }: UpgradeFromRelease): UpgradeSource {
  const { stream, streams, graph } = question;
  if (prerelease !== undefined) {
    const { lower, upper } = prerelease.version_bounds;
    return latest(latestForStream(streams, '4-stable', `>${lower} <${upper}`), '4-stable');
  }
  if (candidate !== undefined) {
    // a target for another architecture has it in its name, and so have the streams it is filled from
    const variant = stream.config.to.replace(/^release-5|^release/, '');
    const name = `${candidate.version}.0-0.${candidate.stream}${variant}`;
    return latest(latestForStream(streams, name, undefined, candidate.relative), name);
  }
  if (release !== undefined) return official(release, graph);
  return { kind: 'error', message: 'upgradeRelease fields must be set if upgradeRelease is set' };
}

function official(release: OfficialRelease, graph: readonly GraphNode[] | undefined): UpgradeSource {
  const { channel } = graphQuery(release);
  if (graph === undefined) return { kind: 'error', message: `the releases of channel ${channel} are not known` };
  const found = latestFromGraph(graph, release.version);
  return found ? { kind: 'found', ...found } : { kind: 'error', message: `channel ${channel} has no release ${release.version}` };
}

/** A stream that has nothing accepted yet is no mistake; one that does not exist is. */
function latest(result: LatestTag, name: string): UpgradeSource {
  if (result.ok) return found(result.found);
  if (result.noneFits) return { kind: 'none', reason: `no accepted release of ${name} that fits` };
  return { kind: 'error', message: `failed to get latest tag in stream ${name}: ${result.error}` };
}

function answer(place: number, candidates: AcceptedTag[], where: string): UpgradeSource {
  const chosen = candidates[place];
  if (chosen !== undefined) return found(chosen);
  return {
    kind: 'none',
    reason: place === 0 ? `no accepted release of ${where}` : `fewer than ${place + 1} accepted releases of ${where}`,
  };
}

function found({ stream, tag }: AcceptedTag): UpgradeSource {
  const pullSpec = releasePullSpec({ target: stream.target, tag, config: stream.config });
  return pullSpec === ''
    ? { kind: 'none', reason: `nobody knows yet where ${tag.name} can be pulled from` }
    : { kind: 'found', tag: tag.name, pullSpec };
}
