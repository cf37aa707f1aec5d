import type { StreamId } from './contract.ts';

/** What the `legacyResults` workflow asks of the cluster. May be repeated: a payload that is there is left alone. */
export interface LegacyActivities {
  /** Stable streams, whose releases may be older than payloads */
  listStableStreams(): Promise<StreamId[]>;
  migrateLegacyStream(stream: StreamId, dryRun: boolean): Promise<LegacyReport>;
}

/** What was done for one stream, or in a dry run would be. */
export interface LegacyReport {
  migrated: number;
  /** had a payload already */
  present: number;
  /** tags that only point at another one */
  aliases: number;
  /** without a verdict: their stream drives them */
  unfinished: number;
  /** migrated without results, since their tag has none that can be read; the first ones */
  withoutResults: string[];
}
