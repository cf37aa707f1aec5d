/** What the `graph` workflow asks of the cluster, as types only. */
export interface GraphActivities {
  /**
   * Reads the verification jobs of some releases and merges the upgrades they tested into the stored graph, which is
   * written only when something is new. Nothing is lost by running it again, at any time.
   */
  recordUpgrades(request: RecordRequest): Promise<RecordedUpgrades>;
  /** says on the graph's Secret what is wrong with it */
  reportGraphProblem(namespace: string, message: string): Promise<void>;
}

export interface RecordRequest {
  /** of the Secret */
  namespace: string;
  /** tags whose jobs have news; an empty name stands for jobs of no release's verification (periodics), `all` for every job there is */
  releases: string[] | 'all';
}

export interface RecordedUpgrades {
  edges: number;
  /** results that were new or have ended since */
  added: number;
  /** what is stored, compressed */
  bytes: number;
  /** what people have to look after; nothing was written unless it says so */
  trouble?: string;
}
