import type { StreamId } from './contract.ts';

/** What the `stream` workflow asks for after acceptance, as types only. */
export interface PublishActivities {
  /**
   * Carries out every publish step that is due, as the cluster is now. Each step writes one image stream whole, with the
   * version it was read at; one that is as it should be is not written, so a repeat does nothing.
   */
  publishRelease(stream: StreamId): Promise<PublishOutcome>;
}

/** What a look found to be published; absent where there is nothing to do and nothing wrong. */
export interface PublishSurvey {
  /** the newest accepted release */
  release: string;
  /** names of the steps that have something to do */
  due: string[];
  /** what stands in the way of the others */
  errors: string[];
  /** what steps would copy and can not, since it is not there; absent where nothing is missing */
  lacking?: string[];
}

export interface PublishOutcome {
  errors: string[];
  /** others wrote at the same time, again and again */
  again: boolean;
}
