import type { Problem, ReleaseId, StreamId } from './contract.ts';

/** What the workflows of a Stable stream ask of the cluster, as types only. The rules of PayloadActivities hold here too. */
export interface StableActivities {
  /** makes releases of the tags that people put into the stream; what somebody else changed meanwhile is left for the next look */
  adoptTags(stream: StreamId, now: number): Promise<void>;
  /** whether the image of a release is there; if so, it is also decided whether the release is rewritten */
  prepareRelease(release: ReleaseId): Promise<PreparedRelease>;
}

export type PreparedRelease =
  | { kind: 'gone' }
  | { kind: 'blocked'; problem: Problem }
  | { kind: 'importing'; why: string }
  | { kind: 'ready' };
